// Changes of a volume, judged by sleuthkit and by ntfs-3g's own tools.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kVolumeSize = 32 << 20;
constexpr FileTime kTime = 133'500'000'000'000'000;  // in January 2024

ByteVector bytes_like(std::string_view text) {
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

ByteVector pattern(std::size_t size, unsigned seed = 1) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * 31 + i / 251 + seed) & 0xff);
  }
  return bytes;
}

// A volume that mkntfs has just made, opened for writing.
class NtfsWrite : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    place_.file = folder_ / "volume.raw";
    ASSERT_TRUE(make_ntfs(place_.file, kVolumeSize));
    reopen();
  }

  void reopen() {
    volume_.reset();
    auto opened = ntfs::open(open_place(place_, {.writable = true}),
                             {.writable = true, .clock = [] { return kTime; }});
    ASSERT_TRUE(opened) << opened.error().describe();
    volume_ = *opened;
  }

  // What was flushed, as others see it.
  void check() {
    ASSERT_TRUE(volume_->flush());
    Place copy = copy_of(place_);
    expect_sound(copy);
    auto opened = ntfs::open(open_place(copy));
    ASSERT_TRUE(opened) << opened.error().describe();
    Tree tree = tree_by_us(**opened);
    EXPECT_EQ(difference(tree, tree_by_us(*volume_)), "");
    if (!have_program("fls")) return;
    EXPECT_EQ(difference(tree, tree_by_fls(copy)), "");
    EXPECT_THAT(files_that_differ(**opened, copy, tree), IsEmpty());
  }

  Stat stat(std::string_view path) {
    auto file = volume_->find(path);
    EXPECT_TRUE(file) << file.error().describe();
    return file ? file->stat() : Stat{};
  }

  ByteVector read(std::string_view path) {
    auto file = volume_->find(path);
    EXPECT_TRUE(file) << file.error().describe();
    auto bytes = file ? read_file(*file, 1 << 30) : Result<ByteVector>(ByteVector());
    EXPECT_TRUE(bytes) << bytes.error().describe();
    return bytes ? *bytes : ByteVector();
  }

  TempFolder folder_;
  Place place_;
  FileSystemPtr volume_;
};

TEST_F(NtfsWrite, CreatesWhatOthersFind) {
  ASSERT_TRUE(volume_->create_directory("\\Windows"));
  ASSERT_TRUE(volume_->create_directory("Windows/System32"));
  ASSERT_TRUE(volume_->put("windows/SYSTEM32/a long name.dll", pattern(100'000)));
  ASSERT_TRUE(volume_->put("Windows/System32/small.ini", bytes_like("[boot]\r\n")));
  ASSERT_TRUE(volume_->create("Windows/empty"));
  check();
  EXPECT_EQ(tree_by_us(*volume_).size(), 5u);
  EXPECT_EQ(read("Windows/System32/a long name.dll"), pattern(100'000));
}

TEST_F(NtfsWrite, StampsWithTheGivenClock) {
  ASSERT_TRUE(volume_->put("a file of a long name", pattern(10)));
  Stat made = stat("a file of a long name");
  EXPECT_EQ(made.created, kTime);
  EXPECT_EQ(made.modified, kTime);
  EXPECT_EQ(made.changed, kTime);
  EXPECT_EQ(made.accessed, kTime);
  EXPECT_EQ(stat("").modified, kTime);
}

TEST_F(NtfsWrite, IsTheSameByteForByteWhenRepeated) {
  auto act = [&](const std::filesystem::path& file) {
    place_.file = file;
    ASSERT_TRUE(make_ntfs(file, kVolumeSize));
    reopen();
    ASSERT_TRUE(volume_->create_directory("some directory"));
    ASSERT_TRUE(volume_->put("some directory/a file of a long name", pattern(70'000)));
    ASSERT_TRUE(volume_->put("b", pattern(7)));
    ASSERT_TRUE(volume_->rename("b", "some directory/c"));
    ASSERT_TRUE(volume_->remove("some directory/a file of a long name"));
    ASSERT_TRUE(volume_->flush());
    volume_.reset();
  };
  act(folder_ / "1.raw");
  act(folder_ / "2.raw");
  RunResult result =
      run({"cmp", (folder_ / "1.raw").string(), (folder_ / "2.raw").string()});
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(NtfsWrite, PutKeepsWhatAFileIsAndChangesItsBytes) {
  ASSERT_TRUE(volume_->put("driver.sys", pattern(50'000)));
  Stat before = stat("driver.sys");
  for (std::size_t size : {50'000, 3, 0, 700, 900'000, 4096}) {
    ASSERT_TRUE(volume_->put("DRIVER.SYS", pattern(size, 9)));
    EXPECT_EQ(read("driver.sys"), pattern(size, 9));
    EXPECT_EQ(stat("driver.sys").size, size);
  }
  Stat after = stat("driver.sys");
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.attributes, before.attributes);
  EXPECT_EQ(after.security_id, before.security_id);
  check();
}

TEST_F(NtfsWrite, GivesAnAliasToANameThatDosCouldNotSay) {
  ASSERT_TRUE(volume_->put("Program Files.txt", pattern(1)));
  ASSERT_TRUE(volume_->put("Program Fires.txt", pattern(2)));
  EXPECT_EQ(stat("PROGRA~1.TXT").id, stat("Program Files.txt").id);
  EXPECT_EQ(stat("progra~2.txt").id, stat("Program Fires.txt").id);
  EXPECT_EQ(stat("PROGRA~1.TXT").link_count, 1u);
  EXPECT_EQ(tree_by_us(*volume_).size(), 2u);
  check();
}

TEST_F(NtfsWrite, RemovesByTheAliasToo) {
  ASSERT_TRUE(volume_->put("Program Files.txt", pattern(1)));
  ASSERT_TRUE(volume_->remove("progra~1.txt"));
  EXPECT_EQ(volume_->find("Program Files.txt").error().code(), Errc::not_found);
  check();
}

TEST_F(NtfsWrite, RemovesEmptyDirectoriesOnly) {
  ASSERT_TRUE(volume_->create_directory("a"));
  ASSERT_TRUE(volume_->put("a/b", pattern(10)));
  EXPECT_EQ(volume_->remove("a").error().code(), Errc::bad_argument);
  ASSERT_TRUE(volume_->remove("a/b"));
  ASSERT_TRUE(volume_->remove("A"));
  EXPECT_TRUE(tree_by_us(*volume_).empty());
  check();
}

TEST_F(NtfsWrite, GivesBackTheRoomOfWhatItRemoves) {
  ASSERT_TRUE(volume_->create("first"));  // $MFT grows for that one.
  auto before = volume_->facts();
  ASSERT_TRUE(volume_->put("large", pattern(5 << 20)));
  auto between = volume_->facts();
  ASSERT_TRUE(volume_->remove("large"));
  auto after = volume_->facts();
  ASSERT_TRUE(before && between && after);
  EXPECT_EQ(between->free, before->free - (5 << 20));
  EXPECT_EQ(after->free, before->free);
}

TEST_F(NtfsWrite, RenamesWithinADirectoryAndAcross) {
  ASSERT_TRUE(volume_->create_directory("x"));
  ASSERT_TRUE(volume_->create_directory("y"));
  ASSERT_TRUE(volume_->put("x/a rather long name", pattern(5'000)));
  Stat before = stat("x/a rather long name");
  ASSERT_TRUE(volume_->rename("x/a rather long name", "x/b"));
  ASSERT_TRUE(volume_->rename("x/b", "y/another long name"));
  EXPECT_EQ(stat("y/ANOTHE~1").id, before.id);
  EXPECT_EQ(read("y/another long name"), pattern(5'000));
  ASSERT_TRUE(volume_->rename("y", "x/inner directory"));
  EXPECT_EQ(read("x/inner directory/another long name"), pattern(5'000));
  check();
}

TEST_F(NtfsWrite, GivesAFileASecondName) {
  ASSERT_TRUE(volume_->create_directory("x"));
  ASSERT_TRUE(volume_->put("x/a rather long name.sys", pattern(5'000)));
  ASSERT_TRUE(ntfs::link(*volume_, "x/a rather long name.sys", "twin.sys"));
  EXPECT_EQ(stat("twin.sys").id, stat("x/a rather long name.sys").id);
  EXPECT_EQ(stat("twin.sys").link_count, 2u);
  ASSERT_TRUE(volume_->put("twin.sys", pattern(9'000, 2)));
  EXPECT_EQ(read("x/a rather long name.sys"), pattern(9'000, 2));
  check();
  ASSERT_TRUE(volume_->remove("x/a rather long name.sys"));
  EXPECT_EQ(stat("twin.sys").link_count, 1u);
  EXPECT_EQ(read("twin.sys"), pattern(9'000, 2));
  check();
}

TEST_F(NtfsWrite, GivesNoDirectoryASecondNameAndNoNameThatIsTaken) {
  ASSERT_TRUE(volume_->create_directory("x"));
  ASSERT_TRUE(volume_->put("a", pattern(5)));
  EXPECT_EQ(ntfs::link(*volume_, "x", "y").error().code(), Errc::bad_argument);
  EXPECT_EQ(ntfs::link(*volume_, "a", "X").error().code(), Errc::bad_argument);
  EXPECT_EQ(ntfs::link(*volume_, "a", "a:stream").error().code(), Errc::bad_argument);
  EXPECT_EQ(ntfs::link(*volume_, "b", "c").error().code(), Errc::not_found);
  EXPECT_EQ(ntfs::link(*volume_, "$MFT", "c").error().code(), Errc::bad_argument);
}

TEST_F(NtfsWrite, RenamesWhereOnlyTheCaseDiffers) {
  ASSERT_TRUE(volume_->put("readme.txt", pattern(5)));
  ASSERT_TRUE(volume_->rename("README.TXT", "ReadMe.txt"));
  Tree tree = tree_by_us(*volume_);
  EXPECT_EQ(tree.size(), 1u);
  EXPECT_TRUE(tree.contains("ReadMe.txt"));
  check();
}

// Where libntfs-3g moves a file's bytes out of its record, it forgets to say so
// in the directory.
TEST_F(NtfsWrite, TellsTheDirectoryHowMuchRoomAGrownFileTakes) {
  ASSERT_TRUE(volume_->put("small", pattern(16)));
  ASSERT_TRUE((*volume_->find("small")->data())->resize(3'000));
  ASSERT_TRUE(volume_->flush());
  RunResult facts =
      run({"ntfsinfo", "-f", "-v", "-F", "/", copy_of(place_).file.string()});
  std::size_t name = facts.out.find("'small'");
  ASSERT_NE(name, std::string::npos) << facts.out << facts.err;
  std::size_t size = facts.out.rfind("Allocated Size:", name);
  EXPECT_EQ(facts.out.substr(size, facts.out.find('(', size) - size),
            "Allocated Size:\t\t 4096 ");
}

TEST_F(NtfsWrite, RefusesToMoveADirectoryIntoItself) {
  ASSERT_TRUE(volume_->create_directory("a"));
  ASSERT_TRUE(volume_->create_directory("a/b"));
  EXPECT_EQ(volume_->rename("a", "a/b/c").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->rename("a", "a/c").error().code(), Errc::bad_argument);
  check();
}

TEST_F(NtfsWrite, RefusesATakenName) {
  ASSERT_TRUE(volume_->put("a", pattern(1)));
  ASSERT_TRUE(volume_->put("b", pattern(1)));
  EXPECT_EQ(volume_->create("A").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->create_directory("a").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->rename("a", "B").error().code(), Errc::bad_argument);
}

TEST_F(NtfsWrite, RefusesNamesThatWindowsHasNot) {
  for (const char* name : {"a:b", "what?", "a*", "tab\there", "NUL", "com1.txt", "x.",
                           "x ", "a|b", "\"q\"", "<", ">"}) {
    EXPECT_EQ(volume_->create(name).error().code(), Errc::bad_argument) << name;
  }
  EXPECT_TRUE(volume_->create("com10.txt"));
  EXPECT_TRUE(volume_->create("nulls"));
  check();
}

TEST_F(NtfsWrite, RefusesToTouchItsOwnFiles) {
  EXPECT_EQ(volume_->remove("$MFT").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->put("$Boot", pattern(1)).error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->rename("$LogFile", "l").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->remove("$Extend/$Quota").error().code(), Errc::bad_argument);
  EXPECT_EQ(volume_->create("$Extend/x").error().code(), Errc::bad_argument);
  EXPECT_FALSE((*volume_->find("$UpCase")->data())->writable());
}

TEST_F(NtfsWrite, PassesUnpairedSurrogatesAndOtherScripts) {
  const std::string lone = "a\xED\xA0\x80z";  // U+D800 between
  ASSERT_TRUE(volume_->put(lone, pattern(3)));
  ASSERT_TRUE(volume_->put("\xC3\x84rger \xE6\xBC\xA2\xF0\x9F\x98\x80", pattern(4)));
  Tree tree = tree_by_us(*volume_);
  EXPECT_TRUE(tree.contains(lone));
  EXPECT_EQ(read("\xC3\xA4RGER \xE6\xBC\xA2\xF0\x9F\x98\x80"), pattern(4));
  ASSERT_TRUE(volume_->remove(lone));
  check();
}

TEST_F(NtfsWrite, WritesThroughAFilesDevice) {
  ASSERT_TRUE(volume_->put("hive", pattern(20'000)));
  auto file = volume_->find("hive");
  auto device = *file->data();
  ByteVector expected = pattern(20'000);
  ByteVector piece = pattern(500, 77);
  std::copy(piece.begin(), piece.end(), expected.begin() + 4'000);
  ASSERT_TRUE(device->write(4'000, piece));
  ASSERT_TRUE(device->resize(30'000));
  expected.resize(30'000);
  ASSERT_TRUE(device->write(29'999, ByteVector(1, std::byte{1})));
  expected[29'999] = std::byte{1};
  EXPECT_EQ(read("hive"), expected);
  ASSERT_TRUE(device->resize(100));
  expected.resize(100);
  EXPECT_EQ(read("hive"), expected);
  EXPECT_EQ(stat("hive").size, 100u);
  check();
}

TEST_F(NtfsWrite, ShowsTwoHoldersOfAFileTheSameBytesAndSize) {
  ASSERT_TRUE(volume_->put("f", pattern(1'000)));
  auto one = *volume_->find("f")->data();
  auto two = *volume_->find("F")->data();
  ASSERT_TRUE(one->resize(2'000));
  EXPECT_EQ(two->size(), 2'000u);
  ASSERT_TRUE(volume_->put("f", pattern(10, 5)));
  EXPECT_EQ(one->size(), 10u);
  ByteVector bytes(10);
  ASSERT_TRUE(two->read(0, bytes));
  EXPECT_EQ(bytes, pattern(10, 5));
  ASSERT_TRUE(volume_->remove("f"));
  EXPECT_EQ(one->size(), 0u);
}

TEST_F(NtfsWrite, SaysThatItIsFull) {
  EXPECT_EQ(volume_->put("huge", pattern(kVolumeSize)).error().code(), Errc::no_space);
}

TEST_F(NtfsWrite, IsSeenByAnotherAfterFlush) {
  ASSERT_TRUE(volume_->put("seen", pattern(9'000)));
  auto data = *volume_->find("seen")->data();
  ASSERT_TRUE(data->resize(9'001));
  ASSERT_TRUE(data->flush());
  auto other = ntfs::open(open_place(copy_of(place_)));
  ASSERT_TRUE(other);
  auto found = (*other)->find("seen");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->stat().size, 9'001u);
}

TEST_F(NtfsWrite, FillsADirectoryOfTenThousandNames) {
  ASSERT_TRUE(volume_->create_directory("many"));
  for (unsigned i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(volume_->create("many/f" + std::to_string(i)));
  }
  auto start = std::chrono::steady_clock::now();
  std::size_t count = 0;
  auto directory = volume_->find("many");
  ASSERT_TRUE(volume_->list(*directory, [&](const Entry& entry) {
    count += entry.stat.created == kTime;
    return true;
  }));
  auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(count, 10'000u);
  EXPECT_LT(took, std::chrono::seconds(2));
  ASSERT_TRUE(volume_->flush());
  expect_sound(copy_of(place_));
}

}  // namespace
}  // namespace drydock
