#include "harness/images/der.h"

#include <algorithm>
#include <charconv>

#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::images::der {

namespace {

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// The bytes of a number, the greatest first, without leading zeros.
ByteVector big_endian(std::uint64_t value) {
  ByteVector out;
  do {
    out.insert(out.begin(), static_cast<std::byte>(value));
    value >>= 8;
  } while (value != 0);
  return out;
}

// Seven bits a byte, all but the last marked.  [X.690] 8.19.2
void append_arc(ByteVector& out, std::uint64_t arc) {
  ByteVector bytes;
  std::byte mark{0};
  do {
    bytes.insert(bytes.begin(), static_cast<std::byte>(arc & 0x7f) | mark);
    mark = std::byte{0x80};
    arc >>= 7;
  } while (arc != 0);
  append(out, bytes);
}

}  // namespace

ByteVector element(std::uint8_t tag, Bytes content) {
  ByteVector out = {static_cast<std::byte>(tag)};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::byte>(content.size()));
  } else {
    ByteVector length = big_endian(content.size());
    out.push_back(static_cast<std::byte>(0x80 | length.size()));
    append(out, length);
  }
  append(out, content);
  return out;
}

ByteVector built(std::uint8_t tag, const std::vector<ByteVector>& parts) {
  ByteVector content;
  for (const ByteVector& part : parts) append(content, part);
  return element(tag, content);
}

ByteVector sequence(const std::vector<ByteVector>& parts) {
  return built(kSequence, parts);
}

ByteVector set(std::vector<ByteVector> parts) {
  std::sort(parts.begin(), parts.end());
  return built(kSet, parts);
}

ByteVector object_id(std::string_view dotted) {
  ByteVector out;
  std::uint64_t first = 0;
  const char* end = dotted.data() + dotted.size();
  std::size_t index = 0;
  for (const char* at = dotted.data(); at < end; ++at, ++index) {
    std::uint64_t arc = 0;
    at = std::from_chars(at, end, arc).ptr;
    if (index == 0) {
      first = arc;
    } else {
      append_arc(out, index == 1 ? first * 40 + arc : arc);
    }
  }
  return element(0x06, out);
}

ByteVector integer(std::uint32_t value) {
  ByteVector bytes = big_endian(value);
  // A leading bit would say that it is negative.
  if ((bytes[0] & std::byte{0x80}) != std::byte{0}) {
    bytes.insert(bytes.begin(), std::byte{0});
  }
  return element(0x02, bytes);
}

ByteVector null() { return element(0x05, {}); }

ByteVector octets(Bytes content) { return element(kOctets, content); }

ByteVector bmp_text(std::string_view utf8, std::uint8_t tag) {
  ByteVector out;
  std::u16string wide = to_utf16(utf8).value_or(u"");
  for (char16_t unit : wide) {
    append(out, bytes_of(be16(static_cast<std::uint16_t>(unit))));
  }
  return element(tag, out);
}

}  // namespace drydock::images::der
