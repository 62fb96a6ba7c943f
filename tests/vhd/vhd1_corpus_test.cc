// VHD files that others made, and what others say is in them.

#include "tests/vhd/vhd1_support.h"
#include "vhd/chain.h"
#include "vhd/check.h"

namespace drydock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path raw_by_qemu(const std::filesystem::path& image) {
  std::filesystem::path raw = image.string() + ".raw";
  shell("qemu-img convert -f vpc -O raw " + image.string() + " " + raw.string());
  return raw;
}

struct Known {
  const char* name;
  std::uint64_t size;
  const char* creator;
};

class VhdOfOthers : public ::testing::TestWithParam<Known> {};

TEST_P(VhdOfOthers, ShowsWhatQemuShows) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_CORPUS_FILE(packed, std::string("vhdx/qemu/") + GetParam().name + ".bz2");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhd";
  shell("bzip2 -dc " + packed.string() + " > " + path.string());
  auto image = open_file(path);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().kind, ImageKind::dynamic);
  EXPECT_EQ(image->facts().creator, GetParam().creator);
  EXPECT_EQ(image->size(), GetParam().size);
  EXPECT_TRUE(same_as_raw(*image, raw_by_qemu(path)));
}

// Both of 127 GiB: Virtual PC's counts 65278 x 16 x 255 sectors.
INSTANTIATE_TEST_SUITE_P(
    Corpus, VhdOfOthers,
    ::testing::Values(Known{"hyperv2012r2-dynamic.vhd", 136365211648, "win"},
                      Known{"virtualpc-dynamic.vhd", 136363130880, "vpc"},
                      Known{"d2v-zerofilled.vhd", 263454720, "d2v"}));

// Whoever made this pair changed the footers and the header, and left the sums as they
// were.
TEST(VhdCorpus, OpensAPairWhoseSumsDoNotHoldAsAChain) {
  DRYDOCK_CORPUS_FILE(child, "vhdx/dfvfs/image-differential.vhd");
  auto chain = open_chain(*FileDevice::open(child));
  ASSERT_TRUE(chain) << chain.error().describe();
  ASSERT_EQ(chain->files.size(), 2u);
  EXPECT_EQ(chain->files[1]->path().filename(), "image.vhd");
  EXPECT_THAT(chain->image->facts().notes, ElementsAre(HasSubstr("for reading only")));
  // An ext2: its mark is at 1024 + 56.
  EXPECT_EQ(read_all(*chain->image, 1080, 2),
            (ByteVector{std::byte{0x53}, std::byte{0xEF}}));
}

TEST(VhdCorpus, OfSumsThatDoNotHoldShowsWhatSleuthkitShows) {
  DRYDOCK_NEEDS("img_cat");
  DRYDOCK_CORPUS_FILE(path, "vhdx/dfvfs/image.vhd");
  TempFolder folder;
  shell("img_cat -i vhd " + path.string() + " > " + (folder / "raw").string());
  auto image = open_file(path);
  ASSERT_TRUE(image);
  EXPECT_TRUE(same_as_raw(*image, folder / "raw"));
}

TEST(VhdCorpus, GivesThemNewSumsThatQemuAndTheCheckBelieve) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_CORPUS_FILE(path, "vhdx/dfvfs/image.vhd");
  TempFolder folder;
  std::filesystem::path copy = folder / "image.vhd";
  write_file(copy, read_file(path));
  ASSERT_TRUE(mend_image(*FileDevice::open(copy, {.writable = true})));
  EXPECT_TRUE(check_image(*FileDevice::open(copy))->empty());
  EXPECT_TRUE(same_as_raw(*open_file(path), raw_by_qemu(copy)));
}

TEST(VhdCorpus, KnowsWhereTheParentOfAWindowsImageIs) {
  DRYDOCK_CORPUS_FILE(path, "vhdx/dfvfs/fat-differential.vhd");
  auto facts = examine_image(*FileDevice::open(path));
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->parent_paths,
              ElementsAre(".\\fat-parent.vhd",
                          "C:\\Projects\\dfvfs\\test_data\\fat-parent.vhd"));
  auto chain = open_chain(*FileDevice::open(path));
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().code(), Errc::not_found);
}

TEST(VhdCorpus, OnlyTheSectorsThatWindowsMarkedAreTheChilds) {
  DRYDOCK_CORPUS_FILE(path, "vhdx/dfvfs/fat-differential.vhd");
  VhdBuilder parent({.virtual_size = 4 * kMiB});
  auto image =
      open_image(*FileDevice::open(path),
                 {.parent = opened(open_vhd(parent.bytes)), .accept_any_parent = true});
  ASSERT_TRUE(image) << image.error().describe();
  // Its bitmap has 02 01 00 ff at byte 16.
  EXPECT_EQ((*image)->map(0)->length, (16 * 8 + 6) * 512u);
  EXPECT_TRUE((*image)->map((16 * 8 + 6) * 512)->present);
  EXPECT_EQ((*image)->map((16 * 8 + 6) * 512)->length, 512u);
  EXPECT_EQ((*image)->map((19 * 8) * 512)->length, 8 * 512u);
}

}  // namespace
}  // namespace drydock::testing
