// FAT volumes for the tests: mkfs.fat makes them, mtools writes and reads them,
// and fsck.fat judges them.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "ntfs/file_system.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/block_device.h"

namespace drydock {

// 2024-05-06 07:08:10 UTC.
inline constexpr FileTime kTestTime = 133'594'528'900'000'000;

// A small FAT32 volume in a sparse file of the host.  Skips where what makes
// and judges it isn't installed.
class FatVolume : public testing::Test {
 protected:
  // Just enough for 65,525 clusters of 512 bytes, which mtools insists on.
  static constexpr std::uint64_t kSize = 34 << 20;

  void SetUp() override;
  void format(std::uint64_t size, const std::vector<std::string>& words);

  const std::filesystem::path& path() const { return path_; }

  // The volume, writable, with a clock that stands still at kTestTime.
  FileSystemPtr open() const;

  // What fsck.fat says where it isn't content; else "clean".
  std::string fsck() const;

  // Runs one of mtools on the volume: "mdir", "mcopy"...
  RunResult mtools(std::vector<std::string> words) const;

  // The content of "/a/b", as mtype prints it.
  std::string mtype(const std::string& name) const;

  // Copies `content` to "/a/b" with mcopy.
  void mcopy(const std::string& content, const std::string& name) const;

  // Lets `change` at the struct at `offset` of the volume.
  template <class T, class Change>
  void edit(std::uint64_t offset, const Change& change) const {
    DevicePtr device = file();
    T value;
    ASSERT_TRUE(device->read(offset, std::as_writable_bytes(std::span(&value, 1))));
    change(value);
    ASSERT_TRUE(device->write(offset, bytes_of(value)));
  }

  // The file itself: one device for all who hold it, as it locks the file.
  DevicePtr file() const;

  TempFolder folder_;

 private:
  std::filesystem::path path_ = folder_ / "fat.raw";
  mutable std::weak_ptr<BlockDevice> file_;
};

// Every name in the volume, by path ("a/b"), with what is in it; "/" for
// directories.
using Contents = std::map<std::string, std::string>;
Contents contents_of(const FileSystem& volume);

std::string text_of(const FileSystem& volume, std::string_view path);
std::string describe(const Done& done);

template <class T>
std::string describe(const Result<T>& result) {
  if (result) return "fine";
  return describe(Done(Error(result.error().code(), result.error().describe())));
}

}  // namespace drydock
