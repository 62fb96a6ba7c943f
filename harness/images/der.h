// Writes DER, as far as catalogs and signatures need it: each function gives one
// element, whole, and elements are put together like words.  [X.690] 8 and 10
//
// No reader of drydock's shares a line with it.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"

namespace drydock::images::der {

// Tags by what they are; a context's own are context(n) and its built-up form.
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctets = 0x04;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kBmpText = 0x1e;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
constexpr std::uint8_t context(std::uint8_t number) { return 0x80 | number; }
constexpr std::uint8_t context_built(std::uint8_t number) { return 0xa0 | number; }

ByteVector element(std::uint8_t tag, Bytes content);
// Of elements, one after the other.
ByteVector built(std::uint8_t tag, const std::vector<ByteVector>& parts);
ByteVector sequence(const std::vector<ByteVector>& parts);
// A SET OF: its parts in the order of their bytes.  [X.690] 11.6
ByteVector set(std::vector<ByteVector> parts);

// "1.3.6.1.4.1.311.10.1"; its text must be right.
ByteVector object_id(std::string_view dotted);
ByteVector integer(std::uint32_t value);
ByteVector null();
ByteVector octets(Bytes content);
// UTF-16 with the greater byte first, as BMPString has it.
ByteVector bmp_text(std::string_view utf8, std::uint8_t tag = kBmpText);

}  // namespace drydock::images::der
