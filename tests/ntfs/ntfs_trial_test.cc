// The trial of libntfs-3g: where it fails, nothing is written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/trial.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/ntfs/ntfs_patch.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kRootRecord = 5;

class LibraryTrial : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    ASSERT_TRUE(make_ntfs(folder_ / "volume.raw", 16 << 20));
    below_ = std::make_shared<Overlay>(open_place({folder_ / "volume.raw"}));
    above_ = std::make_shared<Overlay>(below_);
  }

  TempFolder folder_;
  std::shared_ptr<Overlay> below_;
  std::shared_ptr<Overlay> above_;  // nothing is written here
};

TEST_F(LibraryTrial, ComesBeforeTheFirstWrite) {
  auto mount = ntfs::Mount::open(above_, {.writable = true});
  ASSERT_TRUE(mount) << mount.error().describe();
  (*mount)->set_trial([](DevicePtr, const VolumeOptions&) -> Done {
    return Error(Errc::unsupported, "the library fails its trial");
  });
  // However often it is asked.
  for (int i = 0; i < 2; ++i) {
    Done begun = (*mount)->begin_change();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code(), Errc::unsupported);
    EXPECT_THAT(begun.error().describe(), HasSubstr("the library fails its trial"));
  }
  EXPECT_TRUE((*mount)->flush());
  EXPECT_TRUE(above_->changes()->empty());
}

// The root's index can't be read, so that no name can be put into it.
TEST_F(LibraryTrial, FailsOnAVolumeThatTheLibraryCannotWriteTo) {
  NtfsPatch(*below_).change_block(
      kRootRecord, 0, [](MutableBytes block) { block[0] = std::byte{'X'}; });
  Done tried = ntfs::try_library(write_trap(below_), {.writable = true});
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), Errc::unsupported);
  EXPECT_THAT(tried.error().describe(), HasSubstr("so nothing is written with it"));
}

}  // namespace
}  // namespace drydock
