// Bytes of an NTFS volume as mkntfs makes it, to be wounded: none of this comes from
// the code that reads volumes, so that the two can't be wrong alike.

#pragma once

#include <cstdint>

#include "vhd/block_device.h"

namespace drydock::images::raw_ntfs {

inline constexpr std::size_t kSector = 512;

// Little-endian numbers of `size` bytes.
void put(MutableBytes bytes, std::size_t at, std::size_t size, std::uint64_t value);
std::uint64_t get(Bytes bytes, std::size_t at, std::size_t size);

// Puts check number 1 at the end of each sector, and what was there aside, in the
// array at `array`.
void guard(MutableBytes block, std::size_t array);
// Puts back what was set aside.
void unguard(MutableBytes block);

struct Geometry {
  std::uint64_t cluster_size = 0;
  std::uint64_t record_size = 0;
  std::uint64_t mft_lcn = 0;
  std::uint64_t mirror_lcn = 0;

  // Where a record is, in bytes: of $MFT's first run, and its copy.
  std::uint64_t record_offset(std::uint64_t number) const {
    return mft_lcn * cluster_size + number * record_size;
  }
  std::uint64_t copy_offset(std::uint64_t number) const {
    return mirror_lcn * cluster_size + number * record_size;
  }
};

// bad_argument where it isn't as mkntfs makes it.
Result<Geometry> read_geometry(const BlockDevice& volume);

// A record, unguarded; bad_argument where there is none.
Result<ByteVector> read_record(const BlockDevice& volume, const Geometry& geometry,
                               std::uint64_t number);

// Where the first attribute of `type` begins in an unguarded record; nothing where
// there is none.
std::optional<std::size_t> find_attribute(Bytes record, std::uint32_t type);

Error not_as_made(std::string_view what);

}  // namespace drydock::images::raw_ntfs
