// VHDX files that others made, and what others say is in them.

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

// Unpacks a file of the corpus's vhdx/ into `folder`.
std::filesystem::path unpack(const std::filesystem::path& packed,
                             const TempFolder& folder) {
  std::filesystem::path path = folder / packed.stem();
  std::string from = packed.string();
  if (packed.extension() == ".bz2") shell("bzip2 -dc " + from + " > " + path.string());
  if (packed.extension() == ".gz") shell("gzip -dc " + from + " > " + path.string());
  if (packed.extension() == ".zip") shell("unzip -p " + from + " > " + path.string());
  return path;
}

std::filesystem::path raw_by_qemu(const std::filesystem::path& image) {
  std::filesystem::path raw = image.string() + ".raw";
  shell("qemu-img convert -f vhdx -O raw " + image.string() + " " + raw.string());
  return raw;
}

class VhdxOfOthers : public ::testing::TestWithParam<const char*> {};

TEST_P(VhdxOfOthers, ShowsWhatQemuShows) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_CORPUS_FILE(packed, GetParam());
  TempFolder folder;
  std::filesystem::path path = unpack(packed, folder);
  ImagePtr image = open_path(path);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().log, ImageLog::clean);
  EXPECT_TRUE(same_as_raw(*image, raw_by_qemu(path)));
}

INSTANTIATE_TEST_SUITE_P(Corpus, VhdxOfOthers,
                         ::testing::Values("vhdx/qemu/iotest-dynamic-1G.vhdx.bz2",
                                           "vhdx/qemu/test-disk2vhd.vhdx.bz2",
                                           "vhdx/discutils/swap.vhdx.gz",
                                           "vhdx/velociraptor/test.vhdx.zip"));

TEST(VhdxCorpus, AReplayInMemoryShowsWhatQemuShowsAfterItsRepair) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_CORPUS_FILE(packed, "vhdx/qemu/iotest-dirtylog-10G-4M.vhdx.bz2");
  TempFolder folder;
  std::filesystem::path path = unpack(packed, folder);
  std::filesystem::path repaired = folder / "repaired.vhdx";
  std::filesystem::copy_file(path, repaired);
  shell("qemu-img check -q -r all " + repaired.string());
  ByteVector before = read_file(path);
  ImagePtr image = open_path(path);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().log, ImageLog::pending);
  EXPECT_TRUE(same_as_raw(*image, raw_by_qemu(repaired)));
  EXPECT_TRUE(before == read_file(path));
}

TEST(VhdxCorpus, KnowsWhoMadeAnImage) {
  DRYDOCK_CORPUS_FILE(packed, "vhdx/velociraptor/test.vhdx.zip");
  TempFolder folder;
  ImagePtr image = open_path(unpack(packed, folder));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().creator, "Microsoft Windows 10.0.20348.0");
  EXPECT_EQ(image->facts().physical_sector_size, 4096u);
}

TEST(VhdxCorpus, ReadsWithinABlockAreExactAtEveryEdge) {
  DRYDOCK_CORPUS_FILE(packed, "vhdx/qemu/test-disk2vhd.vhdx.bz2");
  TempFolder folder;
  ImagePtr image = open_path(unpack(packed, folder));
  ASSERT_TRUE(image);
  ByteVector whole = read_all(*image, 0, 8 * kMiB);
  for (std::uint64_t at : Numbers{1, 511, 2 * kMiB - 1, 2 * kMiB, 4 * kMiB - 700}) {
    ByteVector part = read_all(*image, at, 3 * kMiB + 3);
    EXPECT_EQ(std::memcmp(part.data(), whole.data() + at, part.size()), 0) << at;
  }
}

}  // namespace
}  // namespace drydock::testing
