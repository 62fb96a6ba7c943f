// What mkntfs and we don't make: compressed and sparse files, other streams,
// hard links, reparse points, files of WOF's, security ids.  ntfs-3g makes them
// through FUSE; where that can't be had, these tests skip.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/endian.h"

namespace drydock {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += fmt::format("line {} of many\r\n", text.size());
  text.resize(size);
  return text;
}

void write_host_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), std::ssize(text));
}

bool set_xattr(const std::filesystem::path& path, const char* name, Bytes value) {
  return ::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

// The value of a reparse point ([MS-FSCC] 2.1.2.1).
ByteVector reparse_point(std::uint32_t tag, Bytes data) {
  ByteVector bytes;
  auto append = [&](Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(bytes_of(le32{tag}));
  append(bytes_of(le16{static_cast<std::uint16_t>(data.size())}));
  append(bytes_of(le16{0}));
  append(data);
  return bytes;
}

class NtfsForeign : public ::testing::Test {
 protected:
  void SetUp() override {
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

  void TearDown() override { run({"umount", mount_.string()}); }

  void fill() {
    std::filesystem::create_directory(mount_ / "compressed");
    ASSERT_TRUE(set_xattr(mount_ / "compressed", "system.ntfs_attrib",
                          bytes_of(le32{attribute::compressed})));
    write_host_file(mount_ / "compressed/c.txt", text_of(300'000));
    write_host_file(mount_ / "sparse", "start");
    std::filesystem::resize_file(mount_ / "sparse", 3'000'000);
    std::filesystem::create_hard_link(mount_ / "sparse", mount_ / "other name");
    write_host_file(mount_ / "plain.txt", "plain");
    write_host_file(mount_ / "plain.txt:stream", "another stream");
    std::filesystem::create_directory(mount_ / "junction");
    ASSERT_TRUE(set_xattr(mount_ / "junction", "system.ntfs_reparse_data",
                          reparse_point(0xA0000003, junction_data())));
    fill_wof();
    std::filesystem::create_directory(mount_ / "secured");
    write_host_file(mount_ / "secured/first", "1");
    ASSERT_TRUE(set_xattr(mount_ / "secured/first", "system.ntfs_acl", descriptor()));
  }

  void fill_wof() {
    write_host_file(mount_ / "wof.dll", "");
    std::filesystem::resize_file(mount_ / "wof.dll", 50'000);
    write_host_file(mount_ / "wof.dll:WofCompressedData", text_of(7'000));
    // Version 1, the file provider; version 1, XPRESS 4K.
    ByteVector data;
    for (std::uint32_t number : {1, 2, 1, 0}) {
      le32 field = number;
      Bytes bytes = bytes_of(field);
      data.insert(data.end(), bytes.begin(), bytes.end());
    }
    ASSERT_TRUE(set_xattr(mount_ / "wof.dll", "system.ntfs_reparse_data",
                          reparse_point(0x80000017, data)));
  }

  // To \??\C:\x: four lengths and the two names.
  static ByteVector junction_data() {
    const std::u16string target = u"\\??\\C:\\x";
    ByteVector data;
    auto append = [&](Bytes more) {
      data.insert(data.end(), more.begin(), more.end());
    };
    for (std::size_t number : {std::size_t{0}, 16ul, 18ul, 0ul}) {
      append(bytes_of(le16{static_cast<std::uint16_t>(number)}));
    }
    for (char16_t c : target) append(bytes_of(le16{c}));
    append(bytes_of(le32{0}));
    return data;
  }

  // Owner and group are the administrators, who alone may do anything.
  static ByteVector descriptor() {
    constexpr std::uint8_t kSid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    std::vector<std::uint8_t> out{1, 0, 4, 0x80, 20, 0, 0,  0, 36, 0,
                                  0, 0, 0, 0,    0,  0, 52, 0, 0,  0};
    out.insert(out.end(), std::begin(kSid), std::end(kSid));
    out.insert(out.end(), std::begin(kSid), std::end(kSid));
    std::vector<std::uint8_t> acl{2, 0, 32, 0, 1,    0,    0,    0,
                                  0, 0, 24, 0, 0xff, 0x01, 0x1f, 0x00};
    out.insert(out.end(), acl.begin(), acl.end());
    out.insert(out.end(), std::begin(kSid), std::end(kSid));
    Bytes bytes = std::as_bytes(std::span(out));
    return {bytes.begin(), bytes.end()};
  }

  // ntfs-3g lets go of the file some time after umount has returned.
  void open() {
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

  // What was flushed, as another sees it who opens the device anew.
  void check() {
    ASSERT_TRUE(volume_->flush());
    Place copy = copy_of(place_);
    expect_sound(copy);
    auto opened = ntfs::open(open_place(copy));
    ASSERT_TRUE(opened) << opened.error().describe();
    volume_ = *opened;
    copy_ = copy;
  }

  std::string read(std::string_view path) {
    auto file = volume_->find(path);
    EXPECT_TRUE(file) << file.error().describe();
    auto bytes = file ? read_file(*file, 1 << 30) : Result<ByteVector>(ByteVector());
    EXPECT_TRUE(bytes) << bytes.error().describe();
    return bytes ? std::string(as_text(*bytes)) : "";
  }

  Stat stat(std::string_view path) {
    auto file = volume_->find(path);
    EXPECT_TRUE(file) << file.error().describe();
    return file ? file->stat() : Stat{};
  }

  TempFolder folder_;
  std::filesystem::path mount_;
  Place place_;
  Place copy_;
  FileSystemPtr volume_;
};

TEST_F(NtfsForeign, IsReadAsSleuthkitReadsIt) {
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  Tree tree = tree_by_us(*volume_);
  EXPECT_EQ(difference(tree, tree_by_fls(place_)), "");
  tree.erase("wof.dll");
  EXPECT_THAT(files_that_differ(*volume_, place_, tree), IsEmpty());
}

TEST_F(NtfsForeign, ReadsCompressedFilesAndDoesNotWriteIntoThem) {
  EXPECT_NE(stat("compressed/c.txt").attributes & attribute::compressed, 0u);
  EXPECT_EQ(read("compressed/c.txt"), text_of(300'000));
  auto data = *volume_->find("compressed/c.txt")->data();
  EXPECT_EQ(data->write(0, bytes_of(std::string_view("x"))).error().code(),
            Errc::unsupported);
  EXPECT_EQ(data->resize(5).error().code(), Errc::unsupported);
}

TEST_F(NtfsForeign, ReplacesACompressedFileByAPlainOne) {
  Stat before = stat("compressed/c.txt");
  std::string text = text_of(123'456);
  ASSERT_TRUE(volume_->put("compressed/c.txt", bytes_of(std::string_view(text))));
  ASSERT_TRUE(volume_->put("compressed/new.txt", bytes_of(std::string_view(text))));
  check();
  EXPECT_EQ(read("compressed/c.txt"), text);
  EXPECT_EQ(stat("compressed/c.txt").id, before.id);
  EXPECT_EQ(stat("compressed/c.txt").attributes & attribute::compressed, 0u);
  EXPECT_EQ(stat("compressed/new.txt").attributes & attribute::compressed, 0u);
}

TEST_F(NtfsForeign, TellsTheHolesOfASparseFileAndFillsThem) {
  auto data = *volume_->find("sparse")->data();
  auto first = data->extent(0);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->zero);
  EXPECT_LT(first->length, 100'000u);
  auto second = data->extent(first->length);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->zero);
  ASSERT_TRUE(data->write(2'000'000, bytes_of(std::string_view("in the hole"))));
  std::string expected = "start";
  expected.resize(3'000'000);
  expected.replace(2'000'000, 11, "in the hole");
  check();
  EXPECT_EQ(read("sparse"), expected);
}

TEST_F(NtfsForeign, CountsLinksAndKeepsAFileUntilItsLastNameGoes) {
  EXPECT_EQ(stat("sparse").link_count, 2u);
  EXPECT_EQ(stat("sparse").id, stat("other name").id);
  ASSERT_TRUE(volume_->put("other name", bytes_of(std::string_view("both"))));
  EXPECT_EQ(read("sparse"), "both");
  ASSERT_TRUE(volume_->rename("other name", "compressed/moved name"));
  ASSERT_TRUE(volume_->remove("sparse"));
  EXPECT_EQ(read("compressed/moved name"), "both");
  EXPECT_EQ(stat("compressed/moved name").link_count, 1u);
  check();
}

TEST_F(NtfsForeign, KeepsTheOtherStreamsOfAFileThatItReplaces) {
  ASSERT_TRUE(volume_->put("plain.txt", bytes_of(std::string_view("replaced"))));
  check();
  RunResult stream =
      run({"ntfscat", "-f", "-n", "stream", copy_.file.string(), "plain.txt"});
  EXPECT_EQ(stream.out, "another stream") << stream.err;
  EXPECT_EQ(read("plain.txt"), "replaced");
}

TEST_F(NtfsForeign, ReportsAJunctionAndDoesNotFollowIt) {
  auto junction = volume_->find("junction");
  ASSERT_TRUE(junction);
  EXPECT_EQ(junction->stat().kind, FileKind::reparse_point);
  EXPECT_FALSE(junction->is_directory());
  EXPECT_EQ(volume_->find("junction/x").error().code(), Errc::not_found);
  EXPECT_EQ(volume_->create("junction/x").error().code(), Errc::bad_argument);
  ASSERT_TRUE(volume_->remove("junction"));
  check();
}

TEST_F(NtfsForeign, NamesWofAndReplacesWhatItCompressed) {
  auto file = volume_->find("wof.dll");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->stat().kind, FileKind::file);
  auto data = file->data();
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code(), Errc::unsupported);
  EXPECT_THAT(data.error().words(), HasSubstr("WOF"));
  std::string text = text_of(60'000);
  ASSERT_TRUE(volume_->put("wof.dll", bytes_of(std::string_view(text))));
  check();
  EXPECT_EQ(read("wof.dll"), text);
  EXPECT_EQ(stat("wof.dll").id, file->stat().id);
  EXPECT_EQ(stat("wof.dll").attributes & (attribute::reparse_point | attribute::sparse),
            0u);
  RunResult facts = run({"ntfsinfo", "-f", "-F", "/wof.dll", copy_.file.string()});
  EXPECT_THAT(facts.out, Not(HasSubstr("WofCompressedData")));
  EXPECT_THAT(facts.out, Not(HasSubstr("REPARSE")));
}

TEST_F(NtfsForeign, GivesNewFilesTheSecurityOfTheirNeighbours) {
  Stat neighbour = stat("secured/first");
  ASSERT_TRUE(neighbour.security_id.value_or(0) != 0);
  ASSERT_TRUE(volume_->put("secured/second", bytes_of(std::string_view("2"))));
  EXPECT_EQ(stat("secured/second").security_id, neighbour.security_id);
  ASSERT_TRUE(volume_->put("secured/first", bytes_of(std::string_view("new"))));
  EXPECT_EQ(stat("secured/first").security_id, neighbour.security_id);
  ASSERT_TRUE(volume_->rename("secured/first", "moved"));
  EXPECT_EQ(stat("moved").security_id, neighbour.security_id);
  check();
}

}  // namespace
}  // namespace drydock
