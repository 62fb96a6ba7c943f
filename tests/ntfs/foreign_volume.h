// A volume with what mkntfs and we don't make: compressed and sparse files, other
// streams, hard links, reparse points, files of WOF's, security descriptors.
// ntfs-3g makes them through FUSE; where that can't be had, these tests skip.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "ntfs/file_system.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/temp_folder.h"

namespace drydock {

// Lines of text.
std::string text_of(std::size_t size);

class ForeignVolume : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Fills what is mounted at mount_.
  virtual void fill() = 0;

  void write(const std::string& name, std::string_view text);
  void set_attribute(const std::string& name, const char* attribute, Bytes value);
  // A file of WOF's that holds `content`; false where nobody can compress it.
  bool write_wof(const std::string& name, Bytes content, std::uint32_t algorithm);

  // What was flushed, as another sees it who opens the device anew; copy_ is it.
  void check();
  std::string read(std::string_view path);
  Stat stat(std::string_view path);
  Details details(std::string_view path);

  TempFolder folder_;
  std::filesystem::path mount_;
  Place place_;
  Place copy_;
  FileSystemPtr volume_;

 private:
  void open();
};

}  // namespace drydock
