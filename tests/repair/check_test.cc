// The check of a whole disk, on one that is sound and on the same wounded.

#include "repair/check.h"

#include <gmock/gmock.h>

#include "tests/repair/windows_disk.h"

namespace drydock::repair {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// All that is wrong, "part: rule: what", and what couldn't be told.
std::vector<std::string> told(const DiskCheck& check) {
  std::vector<std::string> words;
  for (const CheckedPart& part : check.parts) {
    for (const std::string& why : part.why) words.push_back(part.what + ": " + why);
    for (const VolumeProblem& problem : part.problems) {
      words.push_back(part.what + ": " + problem.rule + ": " + problem.what);
    }
  }
  return words;
}

DiskCheck check_saved(WindowsDisk& windows) {
  auto view = open_view(windows.save());
  EXPECT_TRUE(view) << view.error().describe();
  auto check = check_disk(*view);
  EXPECT_TRUE(check) << check.error().describe();
  return *check;
}

TEST(DiskCheck, ASoundDiskIsHealthy) {
  DRYDOCK_WINDOWS_DISK(windows);
  DiskCheck check = check_saved(windows);
  EXPECT_THAT(told(check), IsEmpty());
  EXPECT_EQ(check.verdict, Verdict::healthy);
}

TEST(DiskCheck, AFaultInOneVolumeIsOneOfTheDisk) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  std::uint64_t windows_at = disk->find_partition(3)->offset;
  disk.reset();
  // The boot sector of the volume that Windows is on.
  ASSERT_TRUE(windows.device()->write(windows_at, ByteVector(512)));
  DiskCheck check = check_saved(windows);
  EXPECT_EQ(check.verdict, Verdict::fault);
  EXPECT_THAT(told(check), Contains(HasSubstr("partition 3: boot.sector")));
}

TEST(DiskCheck, WhatIsLockedCouldNotBeTold) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  std::uint64_t at = disk->find_partition(4)->offset;
  disk.reset();
  ASSERT_TRUE(windows.device()->write(at + 3, bytes_of(std::string_view("-FVE-FS-"))));
  DiskCheck check = check_saved(windows);
  EXPECT_EQ(check.verdict, Verdict::could_not_tell);
  EXPECT_THAT(told(check), Contains(HasSubstr("partition 4")));
}

}  // namespace
}  // namespace drydock::repair
