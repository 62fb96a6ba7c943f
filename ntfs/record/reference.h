// A file of an NTFS volume by its record's number, and by how often that record was
// given to a new file: a reference to a file that is gone is known by the latter.

#pragma once

#include <cstdint>

namespace drydock::ntfs {

struct Reference {
  std::uint64_t record = 0;  // 48 bits are used
  std::uint16_t sequence = 0;

  static Reference unpack(std::uint64_t packed) {
    return {.record = packed & 0xffff'ffff'ffff,
            .sequence = static_cast<std::uint16_t>(packed >> 48)};
  }
  std::uint64_t pack() const {
    return record | static_cast<std::uint64_t>(sequence) << 48;
  }
  friend bool operator==(const Reference&, const Reference&) = default;
};

}  // namespace drydock::ntfs
