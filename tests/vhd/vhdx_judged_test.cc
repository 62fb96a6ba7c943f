// What we write, read by the judges: qemu-img and libvhdi, over real files.

#include "tests/vhd/libvhdi_judge.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The disk, by qemu-img, must be what a raw file that took the same writes is.
void expect_judges_agree(const std::filesystem::path& image,
                         const std::filesystem::path& raw) {
  shell("qemu-img check -q -f vhdx " + image.string());
  shell("qemu-img compare -q -f vhdx -F raw " + image.string() + " " + raw.string());
  RunResult info = run({"vhdiinfo", image.string()});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  expect_same_as_libvhdi(image, *open_path(image));
}

struct Shape {
  const char* options;
  std::uint64_t size;
  std::uint64_t stride;  // between writes
};

class VhdxJudged : public ::testing::TestWithParam<Shape> {};

TEST_P(VhdxJudged, WritesOverWhatQemuMadeAreSeenByQemuAndLibvhdi) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("qemu-io");
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhdx";
  std::filesystem::path raw = folder / "a.raw";
  std::string size = std::to_string(GetParam().size);
  shell("qemu-img create -q -f vhdx -o " + std::string(GetParam().options) + " " +
        path.string() + " " + size);
  shell("qemu-img create -q -f raw " + raw.string() + " " + size);
  for (const auto& file : {path, raw}) {
    std::string format = file == raw ? "raw" : "vhdx";
    shell("qemu-io -f " + format + " -c 'write -q -P 0x51 1000k 3000k' " +
          file.string());
  }
  auto twin = *FileDevice::open(raw, {.writable = true});
  ImagePtr image = open_path(path, true);
  ASSERT_TRUE(image);
  unsigned value = 1;
  for (std::uint64_t at = 512; at < GetParam().size; at += GetParam().stride) {
    ByteVector bytes =
        filled(std::min<std::uint64_t>(3072, GetParam().size - at), value);
    ASSERT_TRUE(image->write(at, bytes));
    ASSERT_TRUE(twin->write(at, bytes));
    if (++value % 17 == 0) {
      ASSERT_TRUE(image->flush());
    }
  }
  ASSERT_TRUE(image->flush());
  image.reset();
  twin.reset();
  expect_judges_agree(path, raw);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, VhdxJudged,
    ::testing::Values(Shape{"block_size=1M", 40 * kMiB, 700'000},
                      Shape{"block_size=8M", 100 * kMiB + 512, 5'000'000},
                      Shape{"subformat=fixed,block_size=1M", 20 * kMiB, 900'000},
                      Shape{"block_size=32M,log_size=3M", 200 * kMiB, 50'000'000},
                      Shape{"block_size=256M", 280 * kMiB, 200 * kMiB}));

TEST(VhdxJudgedOnce, AFlushOfMorePagesThanOneEntryHoldsIsWhole) {
  DRYDOCK_NEEDS("qemu-img");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhdx";
  shell("qemu-img create -q -f vhdx -o block_size=1M " + path.string() + " 150G");
  ImagePtr image = open_path(path, true);
  ASSERT_TRUE(image);
  // 512 entries to a page of the table, and a bitmap's after 4096.
  for (unsigned i = 0; i < 290; ++i) {
    ASSERT_TRUE(image->write(i * 512 * kMiB, filled(512, 1 + i % 255)));
  }
  ASSERT_TRUE(image->flush());
  image.reset();
  shell("qemu-img check -q -f vhdx " + path.string());
  image = open_path(path);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().log, ImageLog::clean);
  for (unsigned i = 0; i < 290; ++i) {
    EXPECT_EQ(byte_at(*image, i * 512 * kMiB), 1 + i % 255);
  }
}

TEST(VhdxJudgedOnce, AReplayIntoTheFileIsWhatQemuMakesOfIt) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_CORPUS_FILE(packed, "vhdx/qemu/iotest-dirtylog-10G-4M.vhdx.bz2");
  TempFolder folder;
  std::filesystem::path ours = folder / "ours.vhdx";
  std::filesystem::path theirs = folder / "theirs.vhdx";
  shell("bzip2 -dc " + packed.string() + " > " + ours.string());
  std::filesystem::copy_file(ours, theirs);
  shell("qemu-img check -q -r all " + theirs.string());
  ASSERT_TRUE(open_path(ours, true));
  shell("qemu-img check -q -f vhdx " + ours.string());
  shell("qemu-img compare -q -f vhdx -F vhdx " + ours.string() + " " + theirs.string());
}

// Writes at these places, and has qemu-io look for what was written there.
void expect_seen_by_qemu(const std::filesystem::path& path, Numbers places) {
  ImagePtr image = open_path(path, true);
  ASSERT_TRUE(image);
  std::string reads;
  for (std::uint64_t at : places) {
    ASSERT_TRUE(image->write(at, filled(4096, 0x99)));
    reads += " -c 'read -P 0x99 " + std::to_string(at) + " 4096'";
  }
  ASSERT_TRUE(image->flush());
  image.reset();
  shell("qemu-img check -q -f vhdx " + path.string());
  // It names a pattern that isn't there, and ends with 0 all the same.
  RunResult seen =
      run({"sh", "-c", "qemu-io -r -f vhdx" + reads + " " + path.string()});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_THAT(seen.out, Not(HasSubstr("Pattern verification failed")));
  expect_same_as_libvhdi(path, *open_path(path));
}

TEST(VhdxJudgedOnce, BlocksOfSeveralChunksAreWhereQemuLooksForThem) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("qemu-io");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhdx";
  shell("qemu-img create -q -f vhdx -o block_size=1M " + path.string() + " 20G");
  std::uint64_t chunk = 4096 * kMiB;
  expect_seen_by_qemu(
      path, {0, chunk - 4096, chunk, 2 * chunk - kMiB, 4 * chunk, 5 * chunk - 4096});
}

TEST(VhdxJudgedOnce, WritesIntoWhatWindowsMadeAreSeenByQemuAndLibvhdi) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("qemu-io");
  DRYDOCK_CORPUS_FILE(packed, "vhdx/qemu/iotest-dynamic-1G.vhdx.bz2");
  TempFolder folder;
  std::filesystem::path path = folder / "a.vhdx";
  shell("bzip2 -dc " + packed.string() + " > " + path.string());
  // The first block is there; Windows marked those from the fourth on as zeros.
  expect_seen_by_qemu(path, {0, 70 * kMiB, 200 * kMiB, 1024 * kMiB - 4096});
}

}  // namespace
}  // namespace drydock::testing
