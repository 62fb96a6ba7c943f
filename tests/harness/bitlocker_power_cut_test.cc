// Power cuts while a volume that BitLocker encrypts is written: each sector of the
// plain volume is as it was or as it was written, and the volume opens.

#include <gtest/gtest.h>

#include <iostream>

#include "harness/power_cut/cuts.h"
#include "tests/support/bitlocker_builder.h"
#include "tests/support/sector_history.h"
#include "vhd/base/try.h"
#include "vhd/bitlocker/volume.h"

namespace drydock::testing {
namespace {

using power_cut::Content;
using power_cut::Files;
using power_cut::Host;

constexpr std::uint64_t kSize = 1 << 20;
constexpr const char* kDisk = "volume";

Result<std::shared_ptr<bitlocker::Volume>> open_disk(DevicePtr below) {
  return bitlocker::Volume::open(std::move(below), bitlocker::KeyRing());
}

// Whole sectors; parts of sectors that hold the value already, which are read,
// encrypted and written again; over the end of the volume's head.
struct Write {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  unsigned value = 0;
  bool flushed = false;
};
constexpr Write kWrites[] = {
    {512, 1024, 0x11, false},    {8192 - 512, 1024, 0x22, true},
    {600, 100, 0x11, false},     {8192 - 200, 300, 0x22, false},
    {65'536, 4096, 0x33, false}, {512, 512, 0x44, true}};

Done write_all(BlockDevice& volume, SectorHistory* history) {
  for (const Write& write : kWrites) {
    std::uint64_t first = write.offset / kSectorSize * kSectorSize;
    std::uint64_t end = (write.offset + write.length + kSectorSize - 1) / kSectorSize;
    if (history) {
      history->written(first, end * kSectorSize - first, write.value);
    }
    ByteVector bytes(write.length, static_cast<std::byte>(write.value));
    TRY(volume.write(write.offset, bytes));
    if (!write.flushed) continue;
    TRY(volume.flush());
    if (history) history->flushed();
  }
  return {};
}

TEST(BitlockerPowerCut, EverySectorIsOldOrNew) {
  BitlockerBuild build;
  Files before = {{kDisk, Content(build_bitlocker(ByteVector(kSize), build))}};
  SectorHistory history(kSize, {});
  auto work = [&](const std::shared_ptr<Host>& host) {
    history = SectorHistory(kSize, {});
    auto file = host->open_for_writing(kDisk);
    if (!file) return;
    auto volume = open_disk(*file);
    if (volume) static_cast<void>(write_all(**volume, &history));
  };
  auto judge = [&](const Files& after) -> Done {
    return history.judge(*TRY(open_disk(after.at(kDisk).device())));
  };
  auto tally = power_cut::for_each_cut(before, work, judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_GT(tally->outcome_count, 50u);
  std::cout << to_string(*tally, 1) << std::endl;
}

}  // namespace
}  // namespace drydock::testing
