#include "repair/diagnose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/installation.h"
#include "repair/recipes/recipes.h"
#include "tests/repair/windows_disk.h"

namespace drydock::repair {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr char kBadDefault[] =
    "object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002\n"
    "23000003 = sz \"${absent}\"\n";

auto examined(const char* what, Verdict verdict) {
  return AllOf(Field(&Examined::what, HasSubstr(what)),
               Field(&Examined::verdict, verdict));
}

TEST(Diagnosis, OfAHealthyDiskSaysWhatWasExamined) {
  DRYDOCK_WINDOWS_DISK(windows);
  Diagnosis diagnosis = diagnose(*windows.open());
  EXPECT_EQ(diagnosis.verdict, Verdict::healthy);
  EXPECT_THAT(diagnosis.findings, IsEmpty());
  EXPECT_THAT(diagnosis.examined,
              Contains(examined("partition 1 (fat32)", Verdict::healthy)));
  EXPECT_THAT(diagnosis.examined,
              Contains(examined("partition 3 (ntfs)", Verdict::healthy)));
  EXPECT_THAT(
      diagnosis.examined,
      Contains(examined("bcd.default-missing on C:\\Windows", Verdict::healthy)));
}

TEST(Diagnosis, WritesNothing) {
  DRYDOCK_WINDOWS_DISK(windows);
  diagnose(*windows.open());
  EXPECT_THAT(*windows.device()->changes(), IsEmpty());
}

TEST(Diagnosis, FaultOutranksWhatCouldNotBeTold) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::uint64_t offset = windows.open()->find_partition(4)->offset;
  ASSERT_TRUE(windows.device()->write(offset + 3, bytes_of("-FVE-FS-")));
  Diagnosis diagnosis = diagnose(*windows.open());
  EXPECT_EQ(diagnosis.verdict, Verdict::fault);
  EXPECT_THAT(diagnosis.examined,
              Contains(examined("partition 4 (bitlocker)", Verdict::could_not_tell)));
}

TEST(Diagnosis, LockedVolumeIsNotCalledHealthy) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::uint64_t offset = windows.open()->find_partition(4)->offset;
  ASSERT_TRUE(windows.device()->write(offset + 3, bytes_of("-FVE-FS-")));
  EXPECT_EQ(diagnose(*windows.open()).verdict, Verdict::could_not_tell);
}

TEST(Diagnosis, UnreadableBootStoreIsNotCalledHealthy) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kStore, windows.read_damaged(kStore));
  Diagnosis diagnosis = diagnose(*windows.open());
  EXPECT_EQ(diagnosis.verdict, Verdict::could_not_tell);
  EXPECT_THAT(diagnosis.examined,
              Contains(examined("bcd.default-missing", Verdict::could_not_tell)));
}

TEST(Diagnosis, DiskWithoutWindowsIsNotCalledHealthy) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  ASSERT_TRUE((*disk->volume(3))->rename("\\Windows\\System32\\config\\SYSTEM", "\\S"));
  ASSERT_TRUE(disk->flush());
  Diagnosis diagnosis = diagnose(*windows.open());
  EXPECT_EQ(diagnosis.verdict, Verdict::could_not_tell);
  EXPECT_THAT(diagnosis.examined,
              Contains(examined("Windows", Verdict::could_not_tell)));
}

TEST(Diagnosis, OnlyTheNamedRecipesExamine) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  Diagnosis diagnosis =
      diagnose(*windows.open(), {&driver_disable()}, {{"driver", "FileCrypt"}});
  ASSERT_THAT(diagnosis.findings, SizeIs(1));
  EXPECT_EQ(diagnosis.findings[0].recipe, "driver.disable");
}

TEST(Diagnosis, EachWindowsIsExamined) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  auto disk = windows.open_writable();
  auto volume = *disk->volume(3);
  ASSERT_TRUE(volume->create_directory("\\Old"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32\\config"));
  ASSERT_TRUE(volume->put("\\Old\\System32\\config\\SYSTEM",
                          windows.read("C:\\Windows\\System32\\config\\SYSTEM")));
  ASSERT_TRUE(disk->flush());
  EXPECT_THAT(diagnose(*windows.open()).findings, SizeIs(2));
  Diagnosis second = diagnose(*windows.open(), {}, {}, 1);
  ASSERT_THAT(second.findings, SizeIs(1));
  EXPECT_EQ(second.findings[0].installation, 1u);
}

}  // namespace
}  // namespace drydock::repair
