// What mkntfs and we don't make, read as sleuthkit reads it, and changed.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/ntfs/foreign_volume.h"
#include "tests/ntfs/wof_files.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"

namespace drydock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NtfsForeign : public ForeignVolume {
 protected:
  void fill() override {
    std::filesystem::create_directory(mount_ / "compressed");
    set_attribute("compressed", "system.ntfs_attrib",
                  bytes_of(le32{attribute::compressed}));
    write("compressed/c.txt", text_of(300'000));
    write("sparse", "start");
    std::filesystem::resize_file(mount_ / "sparse", 3'000'000);
    std::filesystem::create_hard_link(mount_ / "sparse", mount_ / "other name");
    write("plain.txt", "plain");
    write("plain.txt:stream", "another stream");
    std::filesystem::create_directory(mount_ / "junction");
    set_attribute("junction", "system.ntfs_reparse_data",
                  reparse_point(0xA0000003, junction_data()));
    wof_ = write_wof("wof.dll", mixed_bytes(150'000), 0) &&
           write_wof("lzx.dll", mixed_bytes(150'000), 1);
    std::filesystem::create_directory(mount_ / "secured");
    write("secured/first", "1");
    set_attribute("secured/first", "system.ntfs_acl", descriptor());
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

  bool wof_ = false;  // whether its files could be made
};

TEST_F(NtfsForeign, IsReadAsSleuthkitReadsIt) {
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  Tree tree = tree_by_us(*volume_);
  EXPECT_EQ(difference(tree, tree_by_fls(place_)), "");
  // It reads the hole that WOF leaves.
  tree.erase("wof.dll");
  tree.erase("lzx.dll");
  EXPECT_THAT(files_that_differ(*volume_, place_, tree), IsEmpty());
}

TEST_F(NtfsForeign, KeepsACompressedFileCompressedWhenItReplacesIt) {
  Stat before = stat("compressed/c.txt");
  ASSERT_NE(before.attributes & attribute::compressed, 0u);
  EXPECT_EQ(read("compressed/c.txt"), text_of(300'000));
  std::string text = text_of(423'456);
  ASSERT_TRUE(volume_->put("compressed/c.txt", bytes_of(std::string_view(text))));
  ASSERT_TRUE(volume_->put("compressed/new.txt", bytes_of(std::string_view(text))));
  check();
  EXPECT_EQ(read("compressed/c.txt"), text);
  EXPECT_EQ(stat("compressed/c.txt").id, before.id);
  EXPECT_NE(stat("compressed/c.txt").attributes & attribute::compressed, 0u);
  EXPECT_EQ(details("compressed/c.txt").stored, "LZNT1");
  EXPECT_LT(details("compressed/c.txt").allocated, text.size() / 2);
  EXPECT_EQ(stat("compressed/new.txt").attributes & attribute::compressed, 0u);
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  EXPECT_THAT(
      files_that_differ(*volume_, copy_,
                        {{"compressed/c.txt", {.record = before.id & 0xffff'ffff}}}),
      IsEmpty());
}

TEST_F(NtfsForeign, WritesAnywhereIntoACompressedFileAndResizesIt) {
  std::string expected = text_of(300'000);
  auto data = *volume_->find("compressed/c.txt")->data();
  std::mt19937 dice(5);
  for (int step = 0; step < 60; ++step) {
    std::size_t offset = dice() % (expected.size() + 1);
    std::string part(std::min<std::size_t>(dice() % 70'000, expected.size() - offset),
                     static_cast<char>('a' + step % 26));
    if (step % 3 == 0) std::ranges::generate(part, dice);
    ASSERT_TRUE(data->write(offset, bytes_of(std::string_view(part)))) << step;
    expected.replace(offset, part.size(), part);
    if (step % 4 != 3) continue;
    std::size_t size = 1'000 + dice() % 500'000;
    auto resized = data->resize(size);
    ASSERT_TRUE(resized) << resized.error().describe();
    expected.resize(size);
  }
  EXPECT_EQ(read("compressed/c.txt"), expected);
  check();
  EXPECT_EQ(read("compressed/c.txt"), expected);
  EXPECT_EQ(details("compressed/c.txt").stored, "LZNT1");
  std::uint64_t record = stat("compressed/c.txt").id & 0xffff'ffff;
  if (!have_program("fls")) GTEST_SKIP() << "no sleuthkit here";
  EXPECT_TRUE(std::string(as_text(data_by_icat(copy_, record))) == expected);
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

TEST_F(NtfsForeign, ReadsWhatWofCompressedAsAFileOfItsSize) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  for (const char* name : {"wof.dll", "lzx.dll"}) {
    EXPECT_EQ(stat(name).kind, FileKind::file);
    EXPECT_EQ(stat(name).size, 150'000u);
    EXPECT_TRUE(read(name) == as_text(mixed_bytes(150'000))) << name;
  }
  EXPECT_EQ(details("wof.dll").stored, "WOF XPRESS 4K");
  EXPECT_EQ(details("lzx.dll").stored, "WOF LZX");
  EXPECT_LT(details("wof.dll").allocated, 110'000u);
}

TEST_F(NtfsForeign, ReplacesWhatWofCompressedByAPlainFile) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  Stat before = stat("wof.dll");
  auto held = *volume_->find("wof.dll")->data();
  std::string text = text_of(60'000);
  ASSERT_TRUE(volume_->put("wof.dll", bytes_of(std::string_view(text))));
  EXPECT_EQ(held->size(), text.size());
  EXPECT_EQ(as_text(*read_bytes(*held, 0, 9, 9)), text.substr(0, 9));
  check();
  EXPECT_EQ(read("wof.dll"), text);
  EXPECT_EQ(stat("wof.dll").id, before.id);
  EXPECT_EQ(stat("wof.dll").attributes & (attribute::reparse_point | attribute::sparse),
            0u);
  EXPECT_EQ(details("wof.dll").stored, "clusters");
  RunResult facts = run({"ntfsinfo", "-f", "-F", "/wof.dll", copy_.file.string()});
  EXPECT_THAT(facts.out, Not(HasSubstr("WofCompressedData")));
  EXPECT_THAT(facts.out, Not(HasSubstr("REPARSE")));
}

TEST_F(NtfsForeign, MakesWhatWofCompressedPlainBeforeItWritesIntoIt) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  auto data = *volume_->find("lzx.dll")->data();
  ASSERT_TRUE(data->write(100'000, bytes_of(std::string_view("written"))));
  ASSERT_TRUE(data->resize(150'003));
  std::string expected(as_text(mixed_bytes(150'000)));
  expected.replace(100'000, 7, "written");
  expected.resize(150'003);
  EXPECT_TRUE(read("lzx.dll") == expected);
  check();
  EXPECT_TRUE(read("lzx.dll") == expected);
  EXPECT_EQ(details("lzx.dll").stored, "clusters");
  EXPECT_THAT(details("lzx.dll").streams, IsEmpty());
  EXPECT_FALSE(details("lzx.dll").reparse_point);
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

TEST_F(NtfsForeign, FindsPutsAndRemovesStreamsByName) {
  EXPECT_EQ(read("plain.txt:stream"), "another stream");
  EXPECT_EQ(read("PLAIN.TXT:Stream:$DATA"), "another stream");
  EXPECT_EQ(read("plain.txt::$DATA"), "plain");
  EXPECT_EQ(stat("plain.txt:stream").size, 14u);
  EXPECT_EQ(volume_->find("plain.txt:none").error().code(), Errc::not_found);
  std::string text = text_of(70'000);
  ASSERT_TRUE(volume_->put("plain.txt:STREAM", bytes_of(std::string_view(text))));
  ASSERT_TRUE(volume_->put("new.txt:zone", bytes_of(std::string_view("3"))));
  ASSERT_TRUE(volume_->put("secured:on a folder", bytes_of(std::string_view("x"))));
  ASSERT_TRUE(volume_->put("compressed/c.txt:s", bytes_of(std::string_view(text))));
  ASSERT_TRUE(volume_->put("sparse:gone", bytes_of(std::string_view("x"))));
  ASSERT_TRUE(volume_->remove("sparse:gone"));
  EXPECT_EQ(volume_->create("plain.txt:made").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->rename("plain.txt:stream", "other").error().code(),
            Errc::bad_argument);
  check();
  EXPECT_EQ(read("plain.txt:stream"), text);
  EXPECT_EQ(read("plain.txt"), "plain");
  EXPECT_EQ(read("new.txt:zone"), "3");
  EXPECT_EQ(read("new.txt"), "");
  EXPECT_EQ(read("secured:on a folder"), "x");
  EXPECT_EQ(read("compressed/c.txt:s"), text);
  EXPECT_THAT(details("sparse").streams, IsEmpty());
  RunResult stream =
      run({"ntfscat", "-f", "-n", "stream", copy_.file.string(), "plain.txt"});
  EXPECT_EQ(stream.out, text) << stream.err;
}

TEST_F(NtfsForeign, KeepsAFileWithMoreStreamsThanARecordHolds) {
  std::string text = text_of(300);
  for (int i = 0; i < 200; ++i) {
    auto put = volume_->put(fmt::format("plain.txt:stream number {}", i),
                            bytes_of(std::string_view(text)));
    ASSERT_TRUE(put) << put.error().describe();
  }
  check();
  EXPECT_EQ(details("plain.txt").streams.size(), 201u);
  EXPECT_EQ(read("plain.txt:stream number 137"), text);
  RunResult stream = run(
      {"ntfscat", "-f", "-n", "stream number 199", copy_.file.string(), "plain.txt"});
  EXPECT_EQ(stream.out, text) << stream.err;
}

TEST_F(NtfsForeign, TellsEveryNameAndStreamOfAFile) {
  EXPECT_THAT(details("sparse").names, ElementsAre("\\other name", "\\sparse"));
  EXPECT_EQ(details("sparse").stored, "sparse");
  EXPECT_THAT(details("compressed/c.txt").names, ElementsAre("\\compressed\\c.txt"));
  Details plain = details("plain.txt");
  ASSERT_EQ(plain.streams.size(), 1u);
  EXPECT_EQ(plain.streams[0].name, "stream");
  EXPECT_EQ(plain.streams[0].size, 14u);
  EXPECT_EQ(plain.stored, "resident");
  EXPECT_EQ(plain.short_name, "");
  ASSERT_TRUE(volume_->put("a long name.txt", {}));
  EXPECT_EQ(details("a long name.txt").short_name, "ALONGN~1.TXT");
  EXPECT_EQ(stat("alongn~1.txt").id, stat("a long name.txt").id);
  EXPECT_EQ(details("compressed").stored, "none");
}

TEST_F(NtfsForeign, TellsWhereAJunctionLeads) {
  auto point = details("junction").reparse_point;
  ASSERT_TRUE(point);
  EXPECT_EQ(point->tag, 0xA0000003u);
  EXPECT_EQ(point->kind, "mount_point");
  EXPECT_EQ(point->target, "\\??\\C:\\x");
}

TEST_F(NtfsForeign, GivesAFileTimesAndAttributes) {
  Stat wanted{.attributes = attribute::hidden | attribute::read_only |
                            attribute::compressed | attribute::directory,
              .created = 131'000'000'000'000'000,
              .modified = 131'000'000'010'000'000,
              .accessed = 131'000'000'020'000'000};
  Stat before = stat("plain.txt");
  ASSERT_TRUE(volume_->set_stat("plain.txt", wanted));
  check();
  Stat after = stat("plain.txt");
  EXPECT_EQ(after.attributes, attribute::hidden | attribute::read_only);
  EXPECT_EQ(after.created, wanted.created);
  EXPECT_EQ(after.modified, wanted.modified);
  EXPECT_EQ(after.accessed, wanted.accessed);
  EXPECT_EQ(after.changed, before.changed);
  EXPECT_EQ(read("plain.txt"), "plain");
}

}  // namespace
}  // namespace drydock
