// Volumes that Windows wrote, read by us and by sleuthkit; and changed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct Sample {
  const char* name;
  std::uint64_t offset;  // in bytes, of the volume
  std::vector<VolumeState> states;
};

class NtfsSample : public ::testing::TestWithParam<Sample> {};

TEST_P(NtfsSample, HasTheTreeTheBytesAndTheStateThatOthersSee) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  TempFolder folder;
  Place place{folder / "disk.raw", GetParam().offset};
  ASSERT_TRUE(unpack(packed, place.file));
  // As it lies, since the others don't heed the log.
  auto volume = ntfs::open(write_trap(open_place(place)),
                           {.writable = true, .unclean = Unclean::discard});
  ASSERT_TRUE(volume) << volume.error().describe();
  auto facts = (*volume)->facts();
  ASSERT_TRUE(facts) << facts.error().describe();
  EXPECT_THAT(facts->condition.states, ElementsAreArray(GetParam().states));
  Tree tree = tree_by_us(**volume);
  EXPECT_EQ(difference(tree, tree_by_fls(place)), "");
  EXPECT_FALSE(tree.empty());
  EXPECT_THAT(files_that_differ(**volume, place, tree), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, NtfsSample,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512, {}},
                      Sample{"ntfs/ntfs-samples/ntfs-si-vs-fn.raw.gz", 128 * 512, {}},
                      Sample{"ntfs/dfir_ntfs/ntfs3.raw.gz", 0, {}},
                      Sample{"ntfs/dfir_ntfs/ntfs3_attrlist.raw.gz", 0, {}},
                      Sample{"ntfs/dfir_ntfs/ntfs_index.raw.gz", 128 * 512, {}},
                      Sample{"ntfs/ntfs-samples/ntfs-ramslack.raw.gz", 128 * 512, {}},
                      Sample{"ntfs/colinfinck/testfs1", 0, {}},
                      Sample{"ntfs/radare2/ntfs.img", 0, {}},
                      Sample{"ntfs/dfvfs/windows_volume.qcow2", 0, {}},
                      Sample{"ntfs/plaso/vsstest.qcow2", 0, {}},
                      Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz",
                             0,
                             {VolumeState::log_unfinished}}));

// Sleuthkit knows no clusters of 2 MiB; 7z does.
TEST(NtfsCorpus, OfLargeClustersIsReadAs7zReadsIt) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/ntfs-samples/ntfs-2m.raw.gz");
  if (!have_program("7z")) GTEST_SKIP() << "no 7z here";
  TempFolder folder;
  Place whole{folder / "disk.raw", 128 * 512};
  ASSERT_TRUE(unpack(packed, whole.file));
  Place place = cut_out(whole);
  auto volume = ntfs::open(write_trap(open_place(place)), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  std::size_t count = 0;
  for (const auto& [path, found] : tree_by_us(**volume)) {
    if (found.directory) continue;
    auto bytes = read_file(*(*volume)->find(path), 1 << 30);
    ASSERT_TRUE(bytes) << path << ": " << bytes.error().describe();
    EXPECT_EQ(data_by_7z(place, path), as_text(*bytes)) << path;
    ++count;
  }
  EXPECT_EQ(count, 2u);
}

// A disk of 64 GiB, sparse.
TEST(NtfsCorpus, OfADiskIsReadAsSleuthkitReadsIt) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/ntfs-samples/ntfs.tgz");
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  TempFolder folder;
  RunResult result = run({"tar", "xzf", packed.string(), "-C", folder.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  Place place{folder / "ntfs.raw", 2048 * 512};
  auto volume = ntfs::open(write_trap(open_place(place)), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  Tree tree = tree_by_us(**volume);
  EXPECT_EQ(difference(tree, tree_by_fls(place)), "");
  EXPECT_THAT(files_that_differ(**volume, place, tree), IsEmpty());
}

class NtfsSampleChange : public ::testing::TestWithParam<Sample> {};

ByteVector read(const FileSystem& volume, const std::string& path) {
  auto file = volume.find(path);
  EXPECT_TRUE(file) << file.error().describe();
  auto bytes = file ? read_file(*file, 1 << 30) : Result<ByteVector>(ByteVector());
  return bytes ? *bytes : ByteVector();
}

TEST_P(NtfsSampleChange, ChangesOnlyWhatIsAskedFor) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  TempFolder folder;
  Place whole{folder / "disk.raw", GetParam().offset};
  ASSERT_TRUE(unpack(packed, whole.file));
  Place place = cut_out(whole);
  auto volume = ntfs::open(open_place(place, {.writable = true}), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  Tree before = tree_by_us(**volume);
  std::map<std::string, ByteVector> bytes;
  for (const auto& [path, found] : before) {
    if (!found.directory) bytes[path] = read(**volume, path);
  }
  ByteVector content(200'000, std::byte{0x5a});
  ASSERT_TRUE((*volume)->create_directory("a new directory"));
  ASSERT_TRUE((*volume)->put("a new directory/file", content));
  auto beside = (*volume)->put("System Volume Information/new.dat", content);
  ASSERT_TRUE(beside) << beside.error().describe();
  auto neighbour = (*volume)->find("System Volume Information/WPSettings.dat");
  ASSERT_TRUE(neighbour);
  EXPECT_EQ(beside->stat().security_id, neighbour->stat().security_id);
  ASSERT_TRUE((*volume)->put("System Volume Information/WPSettings.dat", content));
  bytes["System Volume Information/WPSettings.dat"] = content;
  ASSERT_TRUE((*volume)->rename("a new directory/file", "moved"));
  ASSERT_TRUE((*volume)->remove("moved"));
  ASSERT_TRUE((*volume)->remove("a new directory"));
  ASSERT_TRUE((*volume)->remove("System Volume Information/new.dat"));
  ASSERT_TRUE((*volume)->flush());
  Place copy = copy_of(place);
  expect_sound(copy);
  auto after = ntfs::open(open_place(copy));
  ASSERT_TRUE(after) << after.error().describe();
  EXPECT_TRUE((*after)->facts()->condition.clean());
  EXPECT_EQ(difference(tree_by_us(**after), before), "");
  for (const auto& [path, content_before] : bytes) {
    EXPECT_EQ(read(**after, path), content_before) << path;
  }
  EXPECT_THAT(files_that_differ(**after, copy, before), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, NtfsSampleChange,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512, {}},
                      Sample{"ntfs/dfir_ntfs/ntfs_index.raw.gz", 128 * 512, {}}));

// The disk inside a VHDX of Windows Server 2022's.
TEST(NtfsCorpus, IsFoundInAServersVhdx) {
  DRYDOCK_CORPUS_FILE(packed, "vhdx/velociraptor/test.vhdx.zip");
  if (!have_program("qemu-img") || !have_program("fls")) {
    GTEST_SKIP() << "no qemu-img or no sleuthkit here";
  }
  TempFolder folder;
  ASSERT_TRUE(unpack(packed, folder / "disk.vhdx"));
  Place place{folder / "disk.raw", 128 * 512};
  RunResult result = run({"qemu-img", "convert", "-O", "raw",
                          (folder / "disk.vhdx").string(), place.file.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  auto volume = ntfs::open(write_trap(open_place(place)), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_TRUE((*volume)->facts()->condition.clean());
  Tree tree = tree_by_us(**volume);
  EXPECT_EQ(difference(tree, tree_by_fls(place)), "");
  EXPECT_THAT(files_that_differ(**volume, place, tree), IsEmpty());
}

}  // namespace
}  // namespace drydock
