// Makes volumes as BitLocker would, for tests.  It shares no line with vhd/bitlocker
// but the integers of vhd/base: what it makes, libbde and cryptsetup are asked about,
// too (tests/vhd/bitlocker_judged_test.cc).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/guid.h"

namespace drydock::testing {

inline constexpr Guid kBuiltVolumeId = "10000000-2000-3000-4000-500000000000"_guid;
inline constexpr Guid kBuiltClearId = "10000000-2000-3000-4000-500000000001"_guid;
inline constexpr Guid kBuiltRecoveryId = "10000000-2000-3000-4000-500000000002"_guid;
inline constexpr Guid kBuiltPasswordId = "10000000-2000-3000-4000-500000000003"_guid;
inline constexpr Guid kBuiltStartupId = "10000000-2000-3000-4000-500000000004"_guid;

// 000011, then 000022, and so on: the least of all.
inline constexpr const char* kBuiltRecovery =
    "000011-000022-000033-000044-000055-000066-000077-000088";

struct BitlockerBuild {
  std::uint16_t method = 0x8004;  // AES-XTS-128
  std::uint32_t sector_size = 512;
  bool clear_key = true;
  std::string recovery = {};  // "" for none
  std::string password = {};
  bool startup_key = false;
  bool tpm = false;

  std::uint16_t state = 4;
  std::uint64_t encrypted_size = ~std::uint64_t{0};  // the whole
  std::uint32_t converting_size = 0;
  bool encrypts_on_write = false;
  bool to_go = false;

  // Where what is BitLocker's own lies; 0: the copies at 5/8, 6/8 and 7/8 of the
  // volume, and its head after the first.  The volume holds zeros there.
  std::array<std::uint64_t, 3> copies = {0, 0, 0};
  std::uint64_t head = 0;
  std::uint64_t head_size = 8192;
};

// `plain` is the volume as its file system sees it.
ByteVector build_bitlocker(Bytes plain, const BitlockerBuild& build);

// Where build_bitlocker() puts them.
std::array<std::uint64_t, 3> built_copies(std::uint64_t size,
                                          const BitlockerBuild& build);
std::uint64_t built_head(std::uint64_t size, const BitlockerBuild& build);

// Puts the checksum right of a copy that was changed.
void seal_bitlocker(MutableBytes volume, std::uint64_t copy);

// The file that goes with BitlockerBuild::startup_key.
ByteVector built_startup_key();

// The volume's key, in hexadecimal.
std::string built_volume_key(const BitlockerBuild& build);

}  // namespace drydock::testing
