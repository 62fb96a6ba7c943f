// The small fixed volume that the `logfile` target lays its input into: a boot
// sector, $MFT of one run with three system records, $Bitmap's cluster and two
// small files, and a $LogFile of 192 KiB in which an unfinished log lies.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/images/unfinished_log.h"
#include "vhd/memory_device.h"

namespace drydock::fuzz {

inline constexpr std::size_t kLogPlace = 64 << 10;  // of $LogFile's data, in bytes
inline constexpr std::size_t kLogSize = 192 << 10;
inline constexpr std::size_t kVolumeSize = 320 << 10;

namespace logfile_volume {

inline constexpr std::size_t kCluster = 4096;
inline constexpr std::size_t kRecord = 1024;
inline constexpr std::size_t kMft = 4 * kCluster;

inline void put(MutableBytes bytes, std::size_t at, std::size_t size,
                std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
}

inline void put_text(MutableBytes bytes, std::size_t at, std::string_view text) {
  std::ranges::copy(bytes_of(text), bytes.begin() + at);
}

// A record with one attribute, $DATA, whose first `attribute` bytes are given.
inline void put_record(MutableBytes volume, std::size_t number, Bytes attribute) {
  MutableBytes record = volume.subspan(kMft + number * kRecord, kRecord);
  put_text(record, 0, "FILE");
  put(record, 0x04, 2, 0x30);
  put(record, 0x06, 2, 3);
  put(record, 0x14, 2, 0x38);
  put(record, 0x16, 2, 1);
  put(record, 0x18, 4, 0x38 + attribute.size() + 8);
  put(record, 0x1c, 4, kRecord);
  std::ranges::copy(attribute, record.begin() + 0x38);
  put(record, 0x38 + attribute.size(), 4, 0xffffffff);
}

inline ByteVector run_of_clusters(std::size_t offset, std::size_t size) {
  ByteVector attribute(0x48);
  put(attribute, 0x00, 4, 0x80);
  put(attribute, 0x04, 4, attribute.size());
  put(attribute, 0x08, 1, 1);
  put(attribute, 0x18, 8, size / kCluster - 1);
  put(attribute, 0x20, 2, 0x40);
  for (std::size_t at : {0x28, 0x30, 0x38}) put(attribute, at, 8, size);
  put(attribute, 0x40, 1, 0x11);
  put(attribute, 0x41, 1, size / kCluster);
  put(attribute, 0x42, 1, offset / kCluster);
  return attribute;
}

inline ByteVector resident(std::size_t size) {
  ByteVector attribute(0x18 + size);
  put(attribute, 0x00, 4, 0x80);
  put(attribute, 0x04, 4, attribute.size());
  put(attribute, 0x10, 4, size);
  put(attribute, 0x14, 2, 0x18);
  return attribute;
}

}  // namespace logfile_volume

// With a log of `major_version` as lay_unfinished_log() makes it.
inline ByteVector make_volume(std::uint16_t major_version) {
  using logfile_volume::kCluster;
  using logfile_volume::kMft;
  using logfile_volume::put;
  using logfile_volume::put_record;
  using logfile_volume::put_text;
  using logfile_volume::resident;
  using logfile_volume::run_of_clusters;
  ByteVector bytes(kVolumeSize);
  put_text(bytes, 3, "NTFS    ");
  put(bytes, 0x0b, 2, 512);
  put(bytes, 0x0d, 1, kCluster / 512);
  put(bytes, 0x28, 8, kVolumeSize / 512);
  put(bytes, 0x30, 8, kMft / kCluster);
  put(bytes, 0x38, 8, 8);
  put(bytes, 0x40, 1, 0xf6);  // records of 2^10 bytes
  put(bytes, 0x44, 1, 0xf4);
  put(bytes, 0x1fe, 2, 0xaa55);
  put_record(bytes, 0, run_of_clusters(kMft, 4 * kCluster));
  put_record(bytes, 1, run_of_clusters(8 * kCluster, kCluster));
  put_record(bytes, 2, run_of_clusters(kLogPlace, kLogSize));
  put_record(bytes, 8, resident(24));
  put_record(bytes, 9, resident(40));
  MemoryDevice volume(std::move(bytes));
  auto laid = images::lay_unfinished_log(
      volume,
      {.major_version = major_version, .finished_record = 8, .unfinished_record = 9});
  if (!laid) std::abort();
  return {volume.bytes().begin(), volume.bytes().end()};
}

}  // namespace drydock::fuzz
