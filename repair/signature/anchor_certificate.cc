// Lays out a certificate around a name and a key.  RFC 5280, 4.1.

#include <array>
#include <string>
#include <utility>

#include "repair/signature/chain.h"
#include "repair/signature/der.h"

namespace drydock::signature {

namespace {

using namespace std::string_literals;

constexpr std::uint8_t kPrintableString = 0x13;
constexpr std::uint8_t kIa5String = 0x16;

const std::string kRsa = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"s;
const std::string kRsaWithSha256 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"s;
const std::string kBasicConstraints = "\x55\x1d\x13"s;

std::string element(std::uint8_t tag, std::string_view body) {
  std::string whole(1, static_cast<char>(tag));
  if (body.size() < 0x80) {
    whole += static_cast<char>(body.size());
  } else {
    whole += '\x82';  // two bytes: nothing here has 64 KiB
    whole += static_cast<char>(body.size() >> 8);
    whole += static_cast<char>(body.size() & 0xff);
  }
  return whole.append(body);
}
std::string sequence(std::string_view body) { return element(der::kSequence, body); }
std::string bit_string(std::string_view body) {
  return element(der::kBitString, '\0' + std::string(body));
}

// "CN" and so on: under 2.5.4, but for DC.  RFC 4519.
std::string attribute_kind(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 6> kKinds{
      {{"CN", 3}, {"C", 6}, {"L", 7}, {"ST", 8}, {"O", 10}, {"OU", 11}}};
  for (const auto& [known, number] : kKinds) {
    if (known == name) return "\x55\x04"s + number;
  }
  return "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"s;
}

// From "C=US/CN=...".  A name is compared without regard to the kinds of its
// strings.
std::string name(std::string_view subject) {
  std::string parts;
  while (!subject.empty()) {
    std::string_view part = subject.substr(0, subject.find('/'));
    subject.remove_prefix(std::min(subject.size(), part.size() + 1));
    std::string_view kind = part.substr(0, part.find('='));
    std::string value = element(kind == "DC" ? kIa5String : kPrintableString,
                                part.substr(kind.size() + 1));
    parts += element(der::kSet,
                     sequence(element(der::kObject, attribute_kind(kind)) + value));
  }
  return sequence(parts);
}

// A positive INTEGER from its hex digits; 1 where there are none.
std::string integer(std::string_view hex) {
  std::string bytes(1, '\0');
  std::string padded = (hex.size() % 2 == 0 ? "" : "0") + std::string(hex);
  for (std::size_t i = 0; i + 1 < padded.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(padded.substr(i, 2), nullptr, 16));
  }
  if (bytes.size() == 1) return element(der::kInteger, "\x01");
  bool is_positive = (static_cast<unsigned char>(bytes[1]) & 0x80) == 0;
  return element(der::kInteger, std::string_view(bytes).substr(is_positive ? 1 : 0));
}

}  // namespace

ByteVector anchor_certificate(const Root& root) {
  std::string null = element(der::kNull, "");
  std::string algorithm = sequence(element(der::kObject, kRsaWithSha256) + null);
  std::string subject = name(root.subject);
  std::string always = sequence(element(der::kUtcTime, "500101000000Z") +
                                element(der::kUtcTime, "491231235959Z"));
  std::string key = sequence(integer(root.modulus) + integer("010001"));
  std::string may_issue =
      sequence(element(der::kObject, kBasicConstraints) +
               element(der::kOctetString, sequence(element(der::kBoolean, "\xff"))));
  std::string tbs =
      element(der::constructed(0), element(der::kInteger, "\x02")) +  // version 3
      integer(root.serial) + algorithm + subject + always + subject +
      sequence(sequence(element(der::kObject, kRsa) + null) + bit_string(key)) +
      element(der::constructed(3), sequence(may_issue));
  std::string whole = sequence(sequence(tbs) + algorithm + bit_string(""));
  auto bytes = bytes_of(whole);
  return {bytes.begin(), bytes.end()};
}

}  // namespace drydock::signature
