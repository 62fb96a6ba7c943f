#include "vhd/base/utf16.h"

#include <algorithm>
#include <cstring>

#include "vhd/base/endian.h"

namespace drydock {

namespace {

bool is_high(char16_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char16_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void append(std::string& out, char32_t c) {
  auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// How many bytes follow a lead byte, and the least number that may be
// written with so many; nothing for a byte that can't lead.
struct Lead {
  std::size_t follow_count;
  char32_t bits;
  char32_t least;
};
std::optional<Lead> lead(unsigned char byte) {
  if (byte < 0x80) return Lead{0, byte, 0};
  if ((byte & 0xE0) == 0xC0) return Lead{1, static_cast<char32_t>(byte & 0x1F), 0x80};
  if ((byte & 0xF0) == 0xE0) return Lead{2, static_cast<char32_t>(byte & 0x0F), 0x800};
  if ((byte & 0xF8) == 0xF0)
    return Lead{3, static_cast<char32_t>(byte & 0x07), 0x10000};
  return std::nullopt;
}

// Draws four units of UTF-16 together to four letters, if all are ASCII.
bool put_four_letters(Bytes from, char* into) {
  constexpr std::uint64_t kNotAscii = 0xFF80'FF80'FF80'FF80;
  std::uint64_t units = *load<le64>(from, 0);
  if ((units & kNotAscii) != 0) return false;
  units = (units | units >> 8) & 0x0000'FFFF'0000'FFFF;
  le32 four = static_cast<std::uint32_t>(units | units >> 16);
  std::memcpy(into, &four, sizeof(four));
  return true;
}

}  // namespace

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (is_high(text[i]) && i + 1 < text.size() && is_low(text[i + 1])) {
      c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00);
    }
    append(out, c);
  }
  return out;
}

std::optional<std::u16string> to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    auto start = lead(static_cast<unsigned char>(text[i]));
    if (!start || start->follow_count >= text.size() - i) return std::nullopt;
    char32_t c = start->bits;
    for (std::size_t k = 1; k <= start->follow_count; ++k) {
      auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0) != 0x80) return std::nullopt;
      c = c << 6 | (byte & 0x3F);
    }
    if (c < start->least || c > 0x10FFFF) return std::nullopt;
    if (c < 0x10000) {
      out.push_back(static_cast<char16_t>(c));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
    i += 1 + start->follow_count;
  }
  return out;
}

std::u16string utf16le(Bytes bytes) {
  std::u16string out(bytes.size() / 2, u'\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<char16_t>(std::to_integer<unsigned>(bytes[2 * i]) |
                                   std::to_integer<unsigned>(bytes[2 * i + 1]) << 8);
  }
  return out;
}

ByteVector utf16le_bytes(std::u16string_view text) {
  ByteVector out;
  out.reserve(text.size() * 2);
  for (char16_t unit : text) {
    out.push_back(static_cast<std::byte>(unit & 0xff));
    out.push_back(static_cast<std::byte>(unit >> 8));
  }
  return out;
}

std::string utf8_from_utf16le(Bytes bytes) {
  // Most text is ASCII, and a directory may hold a hundred thousand names.
  constexpr std::size_t kStep = 4;
  std::size_t count = bytes.size() / 2;
  if (count < kStep) return to_utf8(utf16le(bytes));
  std::string out(count, '\0');
  for (std::size_t i = 0; i < count; i += kStep) {
    std::size_t at = std::min(i, count - kStep);  // the last may draw some again
    if (!put_four_letters(bytes.subspan(2 * at, 2 * kStep), out.data() + at)) {
      return to_utf8(utf16le(bytes));
    }
  }
  return out;
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return ascii_lower(c); });
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

}  // namespace drydock
