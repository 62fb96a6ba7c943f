// What we write, read by the judges: qemu-img and libvhdi, over real files.

#include "tests/vhd/libvhdi_judge.h"
#include "tests/vhd/vhd1_support.h"

namespace drydock::testing {
namespace {

// Writes all over the disk, and the same into a raw twin.
void write_all_over(Image& image, BlockDevice& twin, std::uint64_t stride) {
  unsigned value = 1;
  for (std::uint64_t at = 512; at < image.size(); at += stride) {
    ByteVector bytes =
        filled(std::min<std::uint64_t>(3072, image.size() - at), value % 255 + 1);
    ASSERT_TRUE(image.write(at, bytes));
    ASSERT_TRUE(twin.write(at, bytes));
    if (++value % 7 == 0) {
      ASSERT_TRUE(image.flush());
    }
  }
  ASSERT_TRUE(image.flush());
}

class VhdJudged : public ::testing::TestWithParam<const char*> {};

TEST_P(VhdJudged, WritesOverWhatQemuMadeAreSeenByQemuAndLibvhdi) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("qemu-io");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhd";
  std::filesystem::path raw = folder / "a.raw";
  shell("qemu-img create -q -f vpc -o " + std::string(GetParam()) + " " +
        path.string() + " 40M");
  shell("qemu-io -f vpc -c 'write -q -P 0x51 1000k 3000k' " + path.string());
  shell("qemu-img convert -f vpc -O raw " + path.string() + " " + raw.string());
  auto image = open_file(path, true);
  ASSERT_TRUE(image);
  EXPECT_TRUE(same_as_raw(*image, raw));
  write_all_over(*image, **FileDevice::open(raw, {.writable = true}), 1'700'000);
  EXPECT_DONE(image->zero(8 * kMiB, 4 * kMiB));
  EXPECT_DONE((*FileDevice::open(raw, {.writable = true}))->zero(8 * kMiB, 4 * kMiB));
  EXPECT_DONE(image->flush());
  image.reset();
  shell("qemu-img compare -q -f vpc -F raw " + path.string() + " " + raw.string());
  expect_same_as_libvhdi(path, *open_file(path));
}

INSTANTIATE_TEST_SUITE_P(Shapes, VhdJudged,
                         ::testing::Values("subformat=dynamic,force_size=on",
                                           "subformat=fixed,force_size=on",
                                           "subformat=dynamic", "subformat=fixed"));

TEST(VhdJudgedOnce, WhatBecomesOfAnImageIsSeenByQemuAndLibvhdi) {
  DRYDOCK_NEEDS("qemu-img");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhd";
  std::filesystem::path raw = folder / "a.raw";
  shell("qemu-img create -q -f vpc -o force_size=on " + path.string() + " 40M");
  shell("qemu-img create -q -f raw " + raw.string() + " 40M");
  auto image = open_file(path, true);
  auto twin = *FileDevice::open(raw, {.writable = true});
  ASSERT_TRUE(image);
  write_all_over(*image, *twin, 900'000);
  // Back to the size that it was made with, which is the one that libvhdi goes by.
  for (std::uint64_t size : Numbers{1500 * kMiB, 30 * kMiB, 40 * kMiB}) {
    EXPECT_DONE(image->resize(size));
    EXPECT_DONE(twin->resize(size));
  }
  EXPECT_DONE(image->zero(0, 10 * kMiB));
  EXPECT_DONE(twin->zero(0, 10 * kMiB));
  ASSERT_TRUE(image->compact({}));
  image.reset();
  twin.reset();
  shell("qemu-img compare -q -f vpc -F raw " + path.string() + " " + raw.string());
  expect_same_as_libvhdi(path, *open_file(path));
}

}  // namespace
}  // namespace drydock::testing
