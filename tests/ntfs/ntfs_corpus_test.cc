// Volumes that Windows wrote, read by us and by sleuthkit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Sample {
  const char* name;
  std::uint64_t offset;  // in bytes, of the volume
  VolumeState state;
};

class NtfsSample : public ::testing::TestWithParam<Sample> {};

TEST_P(NtfsSample, HasTheTreeTheBytesAndTheStateThatOthersSee) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  TempFolder folder;
  Place place{folder / "disk.raw", GetParam().offset};
  ASSERT_TRUE(unpack(packed, place.file));
  auto volume = ntfs::open(write_trap(open_place(place)), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  auto facts = (*volume)->facts();
  ASSERT_TRUE(facts) << facts.error().describe();
  EXPECT_THAT(facts->states, ElementsAre(GetParam().state));
  Tree tree = tree_by_us(**volume);
  EXPECT_EQ(difference(tree, tree_by_fls(place)), "");
  EXPECT_FALSE(tree.empty());
  EXPECT_THAT(files_that_differ(**volume, place, tree), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, NtfsSample,
    ::testing::Values(
        Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512,
               VolumeState::clean},
        Sample{"ntfs/ntfs-samples/ntfs-si-vs-fn.raw.gz", 128 * 512, VolumeState::clean},
        Sample{"ntfs/dfir_ntfs/ntfs3.raw.gz", 0, VolumeState::clean},
        Sample{"ntfs/dfir_ntfs/ntfs3_attrlist.raw.gz", 0, VolumeState::clean},
        Sample{"ntfs/dfir_ntfs/ntfs_index.raw.gz", 128 * 512, VolumeState::clean},
        Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0,
               VolumeState::log_unfinished}));

}  // namespace
}  // namespace drydock
