#include "vhd/base/guid.h"

namespace drydock {

namespace {

// Where each on-disk byte's two digits stand in the 36-character text.
constexpr std::size_t kPlaces[16] = {6,  4,  2,  0,  11, 9,  16, 14,
                                     19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::size_t kTextSize = 36;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_string(const Guid& guid) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(kTextSize, '-');
  for (std::size_t i = 0; i < 16; ++i) {
    auto value = std::to_integer<unsigned>(guid.bytes[i]);
    text[kPlaces[i]] = kDigits[value >> 4];
    text[kPlaces[i] + 1] = kDigits[value & 15];
  }
  return '{' + text + '}';
}

std::optional<Guid> parse_guid(std::string_view text) {
  if (text.size() == kTextSize + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, kTextSize);
  }
  if (text.size() != kTextSize) return std::nullopt;
  for (std::size_t dash : {8, 13, 18, 23}) {
    if (text[dash] != '-') return std::nullopt;
  }
  Guid guid;
  for (std::size_t i = 0; i < 16; ++i) {
    int high = digit(text[kPlaces[i]]);
    int low = digit(text[kPlaces[i] + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    guid.bytes[i] = static_cast<std::byte>(high << 4 | low);
  }
  return guid;
}

}  // namespace drydock
