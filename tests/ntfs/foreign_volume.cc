#include "tests/ntfs/foreign_volume.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/wof_files.h"
#include "tests/support/run.h"

namespace drydock {

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += fmt::format("line {} of many\r\n", text.size());
  text.resize(size);
  return text;
}

void ForeignVolume::SetUp() {
  place_.file = folder_ / "volume.raw";
  mount_ = folder_ / "mount";
  std::filesystem::create_directory(mount_);
  if (!have_program("mkntfs") || !have_program("ntfs-3g")) {
    GTEST_SKIP() << "no ntfs-3g here";
  }
  ASSERT_TRUE(make_ntfs(place_.file, 64 << 20));
  RunResult result = run({"ntfs-3g", "-o", "compression,streams_interface=windows",
                          place_.file.string(), mount_.string()});
  if (result.exit_code != 0) GTEST_SKIP() << "ntfs-3g can't mount here";
  fill();
  ASSERT_EQ(run({"umount", mount_.string()}).exit_code, 0);
  open();
}

void ForeignVolume::TearDown() { run({"umount", mount_.string()}); }

void ForeignVolume::write(const std::string& name, std::string_view text) {
  std::ofstream(mount_ / name, std::ios::binary).write(text.data(), std::ssize(text));
}

void ForeignVolume::set_attribute(const std::string& name, const char* attribute,
                                  Bytes value) {
  EXPECT_EQ(
      ::lsetxattr((mount_ / name).c_str(), attribute, value.data(), value.size(), 0), 0)
      << name;
}

bool ForeignVolume::write_wof(const std::string& name, Bytes content,
                              std::uint32_t algorithm) {
  ByteVector compressed =
      compressed_by_wimlib(content, static_cast<wof::Compression>(algorithm));
  if (compressed.empty()) return false;
  write(name, "");
  std::filesystem::resize_file(mount_ / name, content.size());
  write(name + ":WofCompressedData", as_text(compressed));
  set_attribute(name, "system.ntfs_reparse_data",
                reparse_point(0x80000017, wof_reparse_data(algorithm)));
  return true;
}

// ntfs-3g lets go of the file some time after umount has returned.
void ForeignVolume::open() {
  for (int i = 0; i < 100; ++i) {
    auto device = FileDevice::open(place_.file, {.writable = true});
    if (device) {
      auto opened = ntfs::open(*device, {.writable = true});
      ASSERT_TRUE(opened) << opened.error().describe();
      volume_ = *opened;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  FAIL() << "ntfs-3g doesn't let go of the volume";
}

void ForeignVolume::check() {
  ASSERT_TRUE(volume_->flush());
  Place copy = copy_of(place_);
  expect_sound(copy);
  auto opened = ntfs::open(open_place(copy));
  ASSERT_TRUE(opened) << opened.error().describe();
  volume_ = *opened;
  copy_ = copy;
}

std::string ForeignVolume::read(std::string_view path) {
  auto file = volume_->find(path);
  EXPECT_TRUE(file) << file.error().describe();
  auto bytes = file ? read_file(*file, 1 << 30) : Result<ByteVector>(ByteVector());
  EXPECT_TRUE(bytes) << bytes.error().describe();
  return bytes ? std::string(as_text(*bytes)) : "";
}

Stat ForeignVolume::stat(std::string_view path) {
  auto file = volume_->find(path);
  EXPECT_TRUE(file) << file.error().describe();
  return file ? file->stat() : Stat{};
}

Details ForeignVolume::details(std::string_view path) {
  auto file = volume_->find(path);
  EXPECT_TRUE(file) << file.error().describe();
  auto details = file ? file->details() : Result<Details>(Details());
  EXPECT_TRUE(details) << details.error().describe();
  return details ? *details : Details();
}

}  // namespace drydock
