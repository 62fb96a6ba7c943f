// What the tests of BitLocker share.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/bitlocker_builder.h"
#include "vhd/base/endian.h"
#include "vhd/bitlocker/volume.h"
#include "vhd/memory_device.h"

namespace drydock::testing {

inline constexpr std::uint64_t kVolumeSize = 1 << 20;

// A volume as its file system sees it: every sector differs, and zeros stand where
// BitLocker keeps what is its own.
inline ByteVector plain_volume(const BitlockerBuild& build,
                               std::uint64_t size = kVolumeSize) {
  ByteVector plain(size);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    plain[i] = static_cast<std::byte>((i * 7) ^ (i >> 9) ^ (i >> 17));
  }
  // libbde looks for NTFS, and asks it how large the volume is.
  std::fill_n(plain.begin(), 64, std::byte{0});
  std::memcpy(plain.data(), "\xeb\x52\x90NTFS    ", 11);
  static_cast<void>(store(plain, 11, le16(std::uint16_t(build.sector_size))));
  static_cast<void>(store(plain, 40, le64(size / build.sector_size)));
  static_cast<void>(store(plain, 510, le16(0xaa55)));
  auto clear = [&](std::uint64_t at, std::uint64_t length) {
    std::fill_n(plain.begin() + static_cast<std::ptrdiff_t>(at), length, std::byte{0});
  };
  for (std::uint64_t copy : built_copies(size, build)) clear(copy, 65536);
  clear(built_head(size, build), build.head_size);
  return plain;
}

struct Built {
  ByteVector plain;
  std::shared_ptr<MemoryDevice> below;
};
inline Built build_volume(const BitlockerBuild& build,
                          std::uint64_t size = kVolumeSize) {
  ByteVector plain = plain_volume(build, size);
  ByteVector encrypted = build_bitlocker(plain, build);
  return {plain, std::make_shared<MemoryDevice>(std::move(encrypted))};
}

inline Result<std::shared_ptr<bitlocker::Volume>> open_volume_of(
    const DevicePtr& below, const bitlocker::KeyRing& ring = {}) {
  return bitlocker::Volume::open(below, ring);
}

inline ByteVector all_of(const BlockDevice& device) {
  auto bytes = read_bytes(device, 0, device.size(), device.size());
  return bytes ? *std::move(bytes) : ByteVector();
}

// The method's number, for names of tests.
inline std::string method_name(const ::testing::TestParamInfo<std::uint16_t>& info) {
  std::string name(to_string(static_cast<bitlocker::Method>(info.param)));
  std::erase(name, '-');
  return name;
}
inline auto all_methods() {
  return ::testing::Values<std::uint16_t>(0x8000, 0x8001, 0x8002, 0x8003, 0x8004,
                                          0x8005);
}

}  // namespace drydock::testing
