// Lays out DER from nested calls, and small catalogs from it: inputs of tests and
// first inputs of fuzzers.  It shares nothing with repair/signature/der.h.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drydock::built {

// An element: its tag, its length in as few bytes as may be, `body`.
inline std::string element(std::uint8_t tag, std::string_view body) {
  std::string whole(1, static_cast<char>(tag));
  if (body.size() < 0x80) {
    whole += static_cast<char>(body.size());
  } else {
    std::string length;
    for (std::size_t rest = body.size(); rest != 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<char>(rest & 0xff));
    }
    whole += static_cast<char>(0x80 | length.size());
    whole += length;
  }
  return whole.append(body);
}

inline std::string sequence(std::string_view body) { return element(0x30, body); }
inline std::string set(std::string_view body) { return element(0x31, body); }
inline std::string octets(std::string_view body) { return element(0x04, body); }
inline std::string integer(std::uint8_t value) {
  return element(0x02, std::string(1, static_cast<char>(value)));
}
inline std::string null() { return element(0x05, ""); }
// [n], constructed.
inline std::string context(unsigned n, std::string_view body) {
  return element(static_cast<std::uint8_t>(0xa0 | n), body);
}

// From arcs: object({1, 3, 6, 1}).
inline std::string object(std::initializer_list<std::uint32_t> arcs) {
  std::string body;
  auto append = [&](std::uint32_t arc) {
    std::string digits(1, static_cast<char>(arc & 0x7f));
    while ((arc >>= 7) != 0) {
      digits.insert(digits.begin(), static_cast<char>(0x80 | (arc & 0x7f)));
    }
    body += digits;
  };
  const std::uint32_t* arc = arcs.begin();
  append(40 * arc[0] + arc[1]);
  for (arc += 2; arc != arcs.end(); ++arc) append(*arc);
  return element(0x06, body);
}
inline std::string microsoft(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return object({1, 3, 6, 1, 4, 1, 311, a, b, c});
}
inline std::string sha256_algorithm() {
  return sequence(object({2, 16, 840, 1, 101, 3, 4, 2, 1}) + null());
}
inline std::string sha1_algorithm() {
  return sequence(object({1, 3, 14, 3, 2, 26}) + null());
}

// ASCII as UTF-16, the low byte first or the high one.
inline std::string utf16(std::string_view text, bool high_first = false) {
  std::string bytes;
  for (char c : text) {
    bytes += high_first ? '\0' : c;
    bytes += high_first ? c : '\0';
  }
  return bytes;
}

inline std::string name_value(std::string_view name, std::string_view value) {
  return sequence(element(0x1e, utf16(name, true)) +
                  element(0x02, std::string_view("\x10\x01\x00\x01", 4)) +
                  octets(utf16(value) + std::string(2, '\0')));
}
inline std::string attribute(std::string_view object, std::string_view value) {
  return sequence(std::string(object) + set(value));
}
inline std::string name_attribute(std::string_view name, std::string_view value) {
  return attribute(microsoft(12, 2, 1), name_value(name, value));
}
inline std::string member_info(std::string_view guid) {
  return attribute(microsoft(12, 2, 2),
                   sequence(element(0x1e, utf16(guid, true)) + integer(2)));
}

// SpcIndirectDataContent.  `what` is { object, value }.
inline std::string indirect_data(std::string_view what, std::string_view algorithm,
                                 std::string_view digest) {
  return sequence(sequence(what) + sequence(std::string(algorithm) + octets(digest)));
}
inline std::string pe_image() {
  return microsoft(2, 1, 15) + sequence(element(0x03, std::string_view("\0", 1)) +
                                        context(0, context(2, element(0x80, ""))));
}
inline std::string flat_file() {
  return microsoft(2, 1, 25) + context(2, element(0x80, ""));
}

inline std::string member(std::string_view tag, std::string_view attributes) {
  return sequence(octets(tag) + set(attributes));
}
// As newer catalogs have it: the tag is the digest.
inline std::string pe_member(std::string_view sha256) {
  return member(sha256,
                attribute(microsoft(12, 2, 3), element(0x80, "")) +
                    name_attribute("File", "a.sys") +
                    attribute(microsoft(2, 1, 4),
                              indirect_data(pe_image(), sha256_algorithm(), sha256)));
}

// The message around a content, unsigned: `signers` and what is before them.
inline std::string message(std::string_view content_kind, std::string_view content,
                           std::string_view rest = element(0x31, "")) {
  return sequence(
      object({1, 2, 840, 113549, 1, 7, 2}) +
      context(0, sequence(integer(1) + set("") +
                          sequence(std::string(content_kind) + context(0, content)) +
                          std::string(rest))));
}
inline std::string trust_list() { return object({1, 3, 6, 1, 4, 1, 311, 10, 1}); }

struct BuiltCatalog {
  std::string members;
  std::string extensions = {};  // each { object, OCTET STRING }
  std::string time = "230722113900Z";
  std::uint32_t version = 3;  // 12.1.VERSION: 2 has tags of text
};
inline std::string list(const BuiltCatalog& catalog) {
  return sequence(
      sequence(microsoft(12, 1, 1)) + octets("0123456789abcdef") +
      element(0x17, catalog.time) +
      sequence(microsoft(12, 1, catalog.version) + null()) + sequence(catalog.members) +
      (catalog.extensions.empty() ? "" : context(0, sequence(catalog.extensions))));
}
inline std::string catalog(const BuiltCatalog& catalog) {
  return message(trust_list(), list(catalog));
}

}  // namespace drydock::built
