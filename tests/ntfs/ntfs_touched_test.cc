// The check of what a change touched: what our engine does to a volume passes, and
// what a bug in it would do, doesn't.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/check/touched.h"
#include "ntfs/ntfs/volume.h"
#include "ntfs/record/layout.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/ntfs/ntfs_patch.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using ntfs::Reference;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TouchedNtfs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    ASSERT_TRUE(make_ntfs(folder_ / "volume.raw", 16 << 20));
    below_ = std::make_shared<Overlay>(open_place({folder_ / "volume.raw"}));
    change(below_, [](FileSystem& volume) {
      ASSERT_TRUE(volume.create_directory("many"));
      for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(volume.put(fmt::format("many/file {}", i), ByteVector(5000)));
      }
    });
    above_ = std::make_shared<Overlay>(below_);
  }

  static void change(const DevicePtr& device,
                     const std::function<void(FileSystem&)>& make) {
    auto volume = ntfs::open(device, {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    make(**volume);
    ASSERT_TRUE((*volume)->flush());
  }
  DevicePtr above() const { return above_; }

  std::vector<std::string> told() const {
    std::vector<ntfs::ByteRange> ranges;
    auto changes = above_->changes();
    for (const Overlay::Change& one : *changes) {
      ranges.push_back({.offset = one.offset, .length = one.after.size()});
    }
    auto check = ntfs::check_touched(*above_, ranges);
    if (!check) return {check.error().describe()};
    std::vector<std::string> words;
    for (const VolumeProblem& problem : check->problems) {
      words.push_back(problem.rule + ": " + problem.where + ": " + problem.what);
    }
    return words;
  }
  std::uint64_t record_of(std::string_view path) const {
    auto volume = ntfs::open(above_);
    return Reference::unpack((*volume)->find(path)->stat().id).record;
  }

 private:
  TempFolder folder_;
  std::shared_ptr<Overlay> below_;
  std::shared_ptr<Overlay> above_;
};

TEST_F(TouchedNtfs, WhatOurEngineDoesPasses) {
  change(above(), [](FileSystem& volume) {
    ASSERT_TRUE(volume.put("many/file 7", ByteVector(50000)));
    ASSERT_TRUE(volume.put("many/a new one", ByteVector(100)));
    ASSERT_TRUE(volume.remove("many/file 8"));
    ASSERT_TRUE(volume.rename("many/file 9", "elsewhere"));
  });
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TouchedNtfs, NothingIsLookedAtThatWasNotTouched) {
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TouchedNtfs, AFileThatLosesItsEntryIsTold) {
  NtfsPatch(*above()).change_value(
      record_of("many/file 7"), ntfs::kFileNameType,
      [](MutableBytes bytes) { bytes[0x42] = std::byte{'X'}; });
  // Its directory's block is touched, too, as by whoever changes a name.
  change(above(), [](FileSystem& volume) {
    ASSERT_TRUE(volume.put("many/file 70", ByteVector(9000)));
  });
  EXPECT_THAT(told(), Contains(HasSubstr("index.stale")));
  EXPECT_THAT(told(), Contains(HasSubstr("index.missing")));
}

TEST_F(TouchedNtfs, ClustersThatAreMarkedFreeAreTold) {
  NtfsPatch patch(*above());
  std::uint64_t record = record_of("many/file 7");
  std::uint64_t cluster = patch.cluster_of(record, ntfs::kDataType);
  patch.change_record(record, [](MutableBytes) {});  // Its fixups.
  patch.change_data(6, ntfs::kDataType, u"", cluster / 8, 1, [&](MutableBytes bytes) {
    bytes[0] &= ~static_cast<std::byte>(1 << cluster % 8);
  });
  EXPECT_THAT(told(), Contains(HasSubstr(fmt::format(
                          "clusters.free: record {}, cluster {}", record, cluster))));
}

TEST_F(TouchedNtfs, ATornRecordIsTold) {
  std::uint64_t record = record_of("many/file 7");
  std::uint64_t place = NtfsPatch(*above()).place_of(record);
  ASSERT_TRUE(above()->write(place + 510, ByteVector(2)));
  EXPECT_THAT(told(), Contains(HasSubstr("record.torn")));
}

}  // namespace
}  // namespace drydock
