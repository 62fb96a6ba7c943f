#include "ntfs/open_volume.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/ntfs/fat_images.h"
#include "tests/support/corpus.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock {
namespace {

using testing::HasSubstr;

// What is found in a boot sector of which the first bytes are these.
std::string detect(std::string_view start) {
  ByteVector boot(512);
  std::ranges::copy(bytes_of(start), boot.begin());
  boot[510] = std::byte{0x55};
  boot[511] = std::byte{0xAA};
  auto found = detect_file_system(MemoryDevice(boot));
  return found ? *found : found.error().describe();
}

std::string detect_file(const std::filesystem::path& path) {
  auto found = detect_file_system(**FileDevice::open(path));
  return found ? *found : found.error().describe();
}

TEST(DetectFileSystem, GoesByTheNamesOfWindowsFileSystems) {
  EXPECT_EQ(detect("\xEB\x52\x90NTFS    "), "ntfs");
  EXPECT_EQ(detect("\xEB\x58\x90-FVE-FS-"), "bitlocker");
  EXPECT_EQ(detect("\xEB\x76\x90"
                   "EXFAT   "),
            "exfat");
  EXPECT_EQ(detect(std::string_view("\0\0\0ReFS\0\0\0\0", 11)), "refs");
  EXPECT_EQ(detect("something else"), "");
  EXPECT_EQ(*detect_file_system(MemoryDevice(ByteVector(100))), "");
}

class DetectFat : public FatVolume {};

TEST_F(DetectFat, GoesByTheParametersNotByTheWords) {
  EXPECT_EQ(detect_file(path()), "fat32");
  edit<std::array<char, 8>>(0x52, [](auto& type) { type.fill('?'); });
  EXPECT_EQ(detect_file(path()), "fat32");
  format(1 << 20, {"-F", "12"});
  EXPECT_EQ(detect_file(path()), "fat12");
  format(16 << 20, {"-F", "16"});
  EXPECT_EQ(detect_file(path()), "fat16");
}

TEST_F(DetectFat, OpensFat32) {
  mcopy("content", "/FILE");
  auto volume = open_volume(file());
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_EQ((*volume)->facts()->file_system, "fat32");
  EXPECT_EQ(text_of(**volume, "file"), "content");
}

TEST(OpenVolume, OpensNtfs) {
  if (!have_program("mkntfs")) GTEST_SKIP() << "mkntfs isn't installed";
  TempFolder folder;
  std::filesystem::path path = folder / "ntfs.raw";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, 8 << 20);
  ASSERT_EQ(run({"mkntfs", "-F", "-Q", "-q", "-s", "512", "-p", "0", "-H", "0", "-S",
                 "0", path.string()})
                .exit_code,
            0);
  auto volume = open_volume(*FileDevice::open(path));
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_EQ((*volume)->facts()->file_system, "ntfs");
}

TEST(OpenVolume, NamesWhatItCannotOpen) {
  auto open = [](std::string_view start) {
    ByteVector boot(4096);
    std::ranges::copy(bytes_of(start), boot.begin());
    return describe(open_volume(std::make_shared<MemoryDevice>(boot)));
  };
  EXPECT_THAT(open("\xEB\x58\x90-FVE-FS-"), HasSubstr("BitLocker"));
  EXPECT_THAT(open("\xEB\x76\x90"
                   "EXFAT   "),
              HasSubstr("unsupported: a volume of exfat"));
  EXPECT_THAT(open("nothing"), HasSubstr("not_found: there is no file system"));
}

TEST(DetectFileSystem, KnowsRealBootSectors) {
  DRYDOCK_CORPUS_FILE(ntfs, "ntfs/dfir_ntfs/64k.boot");
  EXPECT_EQ(detect_file(ntfs), "ntfs");
  DRYDOCK_CORPUS_FILE(fat12, "ntfs/dfir_ntfs/fat12_bs.bin");
  EXPECT_EQ(detect_file(fat12), "fat12");
  DRYDOCK_CORPUS_FILE(fat16, "ntfs/dfir_ntfs/fat16_edge.bin");
  EXPECT_EQ(detect_file(fat16), "fat16");
  DRYDOCK_CORPUS_FILE(fat32, "ntfs/dfir_ntfs/fat32_bs.bin");
  EXPECT_EQ(detect_file(fat32), "fat32");
}

}  // namespace
}  // namespace drydock
