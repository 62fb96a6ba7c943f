#include "harness/images/raw_ntfs.h"

#include <fmt/format.h>

#include "vhd/base/try.h"

namespace drydock::images::raw_ntfs {

void put(MutableBytes bytes, std::size_t at, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
}

std::uint64_t get(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i - 1]);
  }
  return value;
}

void guard(MutableBytes block, std::size_t array) {
  put(block, 4, 2, array);
  put(block, 6, 2, block.size() / kSector + 1);
  put(block, array, 2, 1);
  for (std::size_t i = 1; i <= block.size() / kSector; ++i) {
    put(block, array + 2 * i, 2, get(block, i * kSector - 2, 2));
    put(block, i * kSector - 2, 2, 1);
  }
}

void unguard(MutableBytes block) {
  std::size_t array = get(block, 4, 2);
  for (std::size_t i = 1; i <= block.size() / kSector; ++i) {
    put(block, i * kSector - 2, 2, get(block, array + 2 * i, 2));
  }
}

Error not_as_made(std::string_view what) {
  return Error(Errc::bad_argument, fmt::format("{} isn't as mkntfs makes it", what));
}

Result<Geometry> read_geometry(const BlockDevice& volume) {
  ByteVector sector(kSector);
  TRY(volume.read(0, sector));
  auto code = static_cast<std::int8_t>(get(sector, 0x40, 1));
  Geometry geometry{.cluster_size = get(sector, 0x0b, 2) * get(sector, 0x0d, 1),
                    .record_size = code < 0 ? std::uint64_t{1} << -code : 0,
                    .mft_lcn = get(sector, 0x30, 8),
                    .mirror_lcn = get(sector, 0x38, 8)};
  if (geometry.cluster_size < kSector || geometry.record_size != 1024 ||
      geometry.cluster_size % geometry.record_size != 0) {
    return not_as_made("the boot sector");
  }
  return geometry;
}

Result<ByteVector> read_record(const BlockDevice& volume, const Geometry& geometry,
                               std::uint64_t number) {
  ByteVector record(geometry.record_size);
  TRY(volume.read(geometry.record_offset(number), record));
  if (as_text(Bytes(record).first(4)) != "FILE") return not_as_made("a record");
  unguard(record);
  return record;
}

std::optional<std::size_t> find_attribute(Bytes record, std::uint32_t type) {
  for (std::size_t at = get(record, 0x14, 2); at + 0x18 < record.size();
       at += get(record, at + 4, 4)) {
    if (get(record, at, 4) == type) return at;
    if (get(record, at + 4, 4) == 0) break;
  }
  return std::nullopt;
}

}  // namespace drydock::images::raw_ntfs
