// A GUID, in the mixed byte order in which Windows stores it on disk.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

struct Guid {
  // As on disk: the first three fields little-endian, the rest as written.
  std::array<std::byte, 16> bytes{};

  friend auto operator<=>(const Guid&, const Guid&) = default;
  bool is_zero() const { return *this == Guid{}; }
};

static_assert(sizeof(Guid) == 16 && alignof(Guid) == 1);

// "{9dea862c-5cdd-4e70-acc1-f32b344d4795}": lower case, with braces.
std::string to_string(const Guid& guid);

// Takes either case, with or without braces; nothing for anything else.
std::optional<Guid> parse_guid(std::string_view text);

// For constants in the source, where a wrong literal doesn't compile.
consteval Guid operator""_guid(const char* text, std::size_t size) {
  auto digit = [](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    throw "not a hex digit";
  };
  // Where each byte's two digits stand in the text.
  constexpr std::size_t place[16] = {6,  4,  2,  0,  11, 9,  16, 14,
                                     19, 21, 24, 26, 28, 30, 32, 34};
  if (size != 36) throw "a GUID is 36 characters";
  Guid guid;
  for (std::size_t i = 0; i < 16; ++i) {
    guid.bytes[i] =
        static_cast<std::byte>(digit(text[place[i]]) << 4 | digit(text[place[i] + 1]));
  }
  return guid;
}

}  // namespace drydock
