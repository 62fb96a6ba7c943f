#include "tests/vhd/vhd1_support.h"
#include "vhd/chain.h"
#include "vhd/create.h"

namespace drydock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CreateOptions vhd_of(ImageKind kind, std::uint64_t size) {
  return {.format = ImageFormat::vhd,
          .kind = kind,
          .virtual_size = size,
          .make_guid = counting_guids()};
}

ByteVector created(const CreateOptions& options) {
  MemoryDevice file(std::uint64_t{0});
  auto done = create_image(file, options);
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  return {file.bytes().begin(), file.bytes().end()};
}

Errc refused(const CreateOptions& options) {
  MemoryDevice file(std::uint64_t{0});
  auto done = create_image(file, options);
  EXPECT_FALSE(done);
  EXPECT_EQ(file.size(), 0u);
  return done.error().code();
}

TEST(VhdCreate, ADynamicDiskIsEmptyAndTakesWrites) {
  auto file =
      std::make_shared<MemoryDevice>(created(vhd_of(ImageKind::dynamic, 100 * kMiB)));
  auto image = opened(open_image(file, {.writable = true}));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().kind, ImageKind::dynamic);
  EXPECT_EQ(image->facts().block_size, 2 * kMiB);
  EXPECT_EQ(image->size(), 100 * kMiB);
  EXPECT_EQ(image->extent(0)->length, 100 * kMiB);
  EXPECT_TRUE(image->extent(0)->zero);
  EXPECT_TRUE(image->write(99 * kMiB, filled(100, 7)));
  EXPECT_TRUE(image->flush());
  EXPECT_EQ(byte_at(*opened(open_image(file)), 99 * kMiB + 99), 7u);
}

TEST(VhdCreate, NoStructureSharesASectorOf4096BytesWithAnother) {
  ByteVector bytes = created(vhd_of(ImageKind::dynamic, 100 * kMiB));
  EXPECT_EQ(get_big(bytes, 512 + 16, 8) % 4096, 0u);
  EXPECT_EQ(bytes.size() % 4096, 0u);
}

TEST(VhdCreate, AFixedDiskIsItsSizeAndAFooter) {
  ByteVector bytes = created(vhd_of(ImageKind::fixed, 3 * kMiB));
  EXPECT_EQ(bytes.size(), 3 * kMiB + 512);
  EXPECT_TRUE(is_zero(Bytes(bytes).first(3 * kMiB)));
  Bytes footer = Bytes(bytes).subspan(3 * kMiB);
  EXPECT_EQ(get_big(footer, 16, 8), ~0ull);
  EXPECT_EQ(get_big(footer, 48, 8), 3 * kMiB);
  EXPECT_EQ(get_big(footer, 64, 4), vhd_checksum(footer, 64));
}

// From the table of the specification's appendix, worked out by hand.
TEST(VhdCreate, CountsCylindersAsThePaperDoes) {
  auto geometry = [](std::uint64_t size) {
    ByteVector bytes = created(vhd_of(ImageKind::dynamic, size));
    return get_big(bytes, 56, 4);
  };
  // 8192 sectors: 481 tracks of 17 make 120 cylinders of 4 heads.
  EXPECT_EQ(geometry(4 * kMiB), 0x00780411u);
  // 2097152 sectors: 33288 tracks of 63 make 2080 cylinders of 16 heads.
  EXPECT_EQ(geometry(1024 * kMiB), 0x0820103Fu);
  // More than can be counted.
  EXPECT_EQ(geometry(200'000 * kMiB), 0xFFFF10FFu);
}

TEST(VhdCreate, SaysWhenItWasMade) {
  CreateOptions options = vhd_of(ImageKind::dynamic, kMiB);
  options.made_at = 946'684'800 + 77;
  EXPECT_EQ(get_big(created(options), 24, 4), 77u);
  options.made_at = 5;
  EXPECT_EQ(get_big(created(options), 24, 4), 0u);
}

TEST(VhdCreate, AChildKnowsItsParent) {
  CreateOptions base = vhd_of(ImageKind::fixed, 3 * kMiB);
  base.made_at = 946'684'800 + 77;
  auto parent = opened(open_vhd(created(base)));
  CreateOptions options = vhd_of(ImageKind::differencing, 0);
  options.parent = parent;
  options.parent_link = {.link_id = {},
                         .link_id2 = {},
                         .relative_path = ".\\base.vhd",
                         .absolute_path = "C:\\vm\\base.vhd"};
  ByteVector bytes = created(options);
  auto child = opened(open_vhd(bytes, {.parent = parent}));
  ASSERT_TRUE(child);
  EXPECT_EQ(child->size(), 3 * kMiB);
  EXPECT_EQ(child->facts().parent_link_id, parent->facts().link_id);
  EXPECT_THAT(child->facts().parent_paths,
              ElementsAre(".\\base.vhd", "C:\\vm\\base.vhd"));
  EXPECT_EQ(get_big(bytes, 512 + 56, 4), 77u);
}

TEST(VhdCreate, WhatCannotBeIsRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(refused(vhd_of(ImageKind::dynamic, 0)), Errc::bad_argument);
  EXPECT_EQ(refused(vhd_of(ImageKind::dynamic, 1000)), Errc::bad_argument);
  EXPECT_EQ(refused(vhd_of(ImageKind::dynamic, 2041ull << 30)), Errc::bad_argument);
  EXPECT_EQ(refused(vhd_of(ImageKind::differencing, kMiB)), Errc::bad_argument);
  EXPECT_EQ(refused(vhd_of(ImageKind::raw, kMiB)), Errc::unsupported);
  CreateOptions options = vhd_of(ImageKind::dynamic, kMiB);
  options.block_size = 3 * kMiB;
  EXPECT_EQ(refused(options), Errc::bad_argument);
  options = vhd_of(ImageKind::dynamic, kMiB);
  options.logical_sector_size = 4096;
  EXPECT_EQ(refused(options), Errc::bad_argument);
  options = vhd_of(ImageKind::differencing, kMiB);
  options.parent = opened(open_vhd(filled(kMiB, 0)));
  EXPECT_EQ(refused(options), Errc::bad_argument);
}

TEST(VhdCreate, AzureTakesFixedDisksOfWholeMebibytes) {
  CreateOptions options = vhd_of(ImageKind::fixed, 3 * kMiB);
  options.azure = true;
  EXPECT_EQ(created(options).size(), 3 * kMiB + 512);
  options.virtual_size += 512;
  EXPECT_EQ(refused(options), Errc::bad_argument);
  options = vhd_of(ImageKind::dynamic, 3 * kMiB);
  options.azure = true;
  EXPECT_EQ(refused(options), Errc::bad_argument);
}

// The judges.

class VhdCreateJudged
    : public ::testing::TestWithParam<std::pair<ImageKind, std::uint64_t>> {};

TEST_P(VhdCreateJudged, QemuAndLibvhdiTakeIt) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("vhdiinfo");
  auto [kind, size] = GetParam();
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhd";
  {
    auto file = *FileDevice::open(path, {.writable = true, .create = true});
    auto done = create_image(*file, vhd_of(kind, size));
    ASSERT_TRUE(done) << done.error().describe();
  }
  RunResult info = run({"qemu-img", "info", "-f", "vpc", path.string()});
  EXPECT_THAT(info.out, HasSubstr("(" + std::to_string(size) + " bytes)")) << info.err;
  RunResult theirs = run({"vhdiinfo", path.string()});
  EXPECT_EQ(theirs.exit_code, 0) << theirs.err;
  EXPECT_THAT(theirs.out, HasSubstr("(" + std::to_string(size) + " bytes)"));
  EXPECT_THAT(open_file(path)->facts().notes, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Kinds, VhdCreateJudged,
                         ::testing::Values(std::pair(ImageKind::dynamic, 40 * kMiB),
                                           std::pair(ImageKind::dynamic,
                                                     40 * kMiB + 512),
                                           std::pair(ImageKind::dynamic, 2040ull << 30),
                                           std::pair(ImageKind::fixed, 40 * kMiB),
                                           std::pair(ImageKind::fixed, 300ull << 30)));

TEST(VhdCreateJudgedOnce, LibvhdiSeesAChildAndItsParent) {
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  auto base =
      *FileDevice::open(folder / "base.vhd", {.writable = true, .create = true});
  ASSERT_TRUE(create_image(*base, vhd_of(ImageKind::dynamic, 8 * kMiB)));
  CreateOptions options = vhd_of(ImageKind::differencing, 0);
  options.parent = opened(open_image(base));
  options.parent_link.relative_path = ".\\base.vhd";
  options.parent_link.absolute_path = "C:\\vm\\base.vhd";
  auto file = *FileDevice::open(folder / "a.avhd", {.writable = true, .create = true});
  ASSERT_TRUE(create_image(*file, options));
  file.reset();
  options.parent.reset();
  base.reset();
  RunResult info = run({"vhdiinfo", (folder / "a.avhd").string()});
  EXPECT_THAT(info.out, HasSubstr("Differential"));
  EXPECT_THAT(info.out, HasSubstr("base.vhd"));
  EXPECT_TRUE(open_chain(*FileDevice::open(folder / "a.avhd")));
}

}  // namespace
}  // namespace drydock::testing
