#include "vhd/file_device.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temp_folder.h"

namespace drydock {
namespace {

TEST(FileDevice, RefusesASecondWriterAndSaysWhy) {
  TempFolder folder;
  auto first = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(first);
  auto second = FileDevice::open(folder / "a", {.writable = true});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::busy);
  EXPECT_NE(second.error().describe().find("another program has this file open"),
            std::string::npos);
}

TEST(FileDevice, LetsReadersShareAndKeepsThemFromAWriter) {
  TempFolder folder;
  ASSERT_TRUE(FileDevice::open(folder / "a", {.writable = true, .create = true}));
  auto reader = FileDevice::open(folder / "a");
  EXPECT_TRUE(FileDevice::open(folder / "a"));
  EXPECT_FALSE(FileDevice::open(folder / "a", {.writable = true}));
}

TEST(FileDevice, NamesAMissingFile) {
  TempFolder folder;
  auto missing = FileDevice::open(folder / "nothing.vhdx");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_NE(missing.error().describe().find("nothing.vhdx"), std::string::npos);
}

TEST(FileDevice, HasANameOfAnyLetters) {
  TempFolder folder;
  std::filesystem::path path = folder / std::filesystem::path(u8"Platte 1 – Größe ☃");
  ASSERT_TRUE(FileDevice::open(path, {.writable = true, .create = true}));
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(FileDevice::open(path));
}

TEST(FileDevice, ZerosWhatItIsToldToAndNothingBeside) {
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->resize(4 << 20));
  ASSERT_TRUE((*file)->write(0, ByteVector(4 << 20, std::byte{1})));
  ASSERT_TRUE((*file)->zero(1001, 3'000'000));
  ByteVector expected(4 << 20, std::byte{1});
  std::fill_n(expected.begin() + 1001, 3'000'000, std::byte{0});
  ByteVector found(4 << 20);
  ASSERT_TRUE((*file)->read(0, found));
  EXPECT_TRUE(found == expected);
}

TEST(FileDevice, IsRenamedAndRemovedWhileItIsOpen) {
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  std::filesystem::rename(folder / "a", folder / "b");
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  EXPECT_TRUE(std::filesystem::remove(folder / "b"));
}

TEST(FileDevice, RefusesAFolderAndAFileThatIsThereAlready) {
  TempFolder folder;
  EXPECT_EQ(FileDevice::open(folder.path()).error().code(), Errc::bad_argument);
  ASSERT_TRUE(FileDevice::open(folder / "a", {.writable = true, .create = true}));
  auto again = FileDevice::open(folder / "a", {.writable = true, .create = true});
  EXPECT_EQ(again.error().code(), Errc::bad_argument);
}

TEST(FileDevice, ReadsBackWhatItWrote) {
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->resize(8));
  ASSERT_TRUE((*file)->write(2, bytes_of("hello")));
  ByteVector into(8);
  ASSERT_TRUE((*file)->read(0, into));
  EXPECT_EQ(as_text(into), std::string_view("\0\0hello\0", 8));
  EXPECT_EQ((*file)->traffic().bytes_written, 5u);
}

}  // namespace
}  // namespace drydock
