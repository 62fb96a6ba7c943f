// How a volume was left, and that one which isn't clean is read but not
// touched.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "ntfs/logfile/format.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/state.h"
#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/memory_device.h"

namespace drydock {
namespace {

using ntfs::LogState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kPageSize = 4096;

struct RestartFields {
  std::uint16_t major = 1;
  std::uint16_t minor = 1;
  std::uint64_t lsn = 100;
  std::uint16_t in_use = 0;
  std::uint16_t flags = ntfs::kLogIsClean;
};

// A restart page as Windows lays it out, with its fixups in place.
ByteVector restart_page(const RestartFields& fields) {
  ByteVector page(kPageSize);
  ntfs::RestartPage header{};
  std::ranges::copy(std::string_view("RSTR"), header.magic.begin());
  header.fixup_offset = 0x1e;
  header.fixup_count = 9;
  header.page_size = kPageSize;
  header.log_page_size = kPageSize;
  header.restart_area_offset = 0x30;
  header.minor_version = fields.minor;
  header.major_version = fields.major;
  ntfs::RestartArea area{};
  area.current_lsn = fields.lsn;
  area.client_count = 1;
  area.client_free_list = ntfs::kNoLogClient;
  area.client_in_use_list = fields.in_use;
  area.flags = fields.flags;
  EXPECT_TRUE(store(page, 0, header));
  EXPECT_TRUE(store(page, 0x30, area));
  EXPECT_TRUE(store(page, 0x1e, le16{7}));
  for (std::size_t end = 512; end <= kPageSize; end += 512) {
    EXPECT_TRUE(store(page, end - 2, le16{7}));
  }
  return page;
}

ByteVector log_of(const ByteVector& first, const ByteVector& second) {
  ByteVector log = first;
  log.insert(log.end(), second.begin(), second.end());
  log.resize(ntfs::kLogStartSize);
  return log;
}

LogState::Kind kind_of(const RestartFields& first, const RestartFields& second) {
  return ntfs::log_state(log_of(restart_page(first), restart_page(second))).kind;
}

TEST(NtfsLogState, IsCleanWhenItsClientsDismountedInOrder) {
  EXPECT_EQ(kind_of({}, {}), LogState::Kind::clean);
  EXPECT_EQ(kind_of({.in_use = ntfs::kNoLogClient, .flags = 0},
                    {.in_use = ntfs::kNoLogClient, .flags = 0}),
            LogState::Kind::clean);
}

TEST(NtfsLogState, GoesByTheLaterOfTheTwoPages) {
  EXPECT_EQ(kind_of({.lsn = 100}, {.lsn = 200, .flags = 0}), LogState::Kind::in_use);
  EXPECT_EQ(kind_of({.lsn = 300, .flags = 0}, {.lsn = 200}), LogState::Kind::in_use);
  EXPECT_EQ(kind_of({.lsn = 100, .flags = 0}, {.lsn = 200}), LogState::Kind::clean);
}

TEST(NtfsLogState, PassesOverAPageThatWasTorn) {
  ByteVector torn = restart_page({.lsn = 900, .flags = 0});
  torn[1022] = std::byte{8};
  EXPECT_EQ(ntfs::log_state(log_of(restart_page({}), torn)).kind,
            LogState::Kind::clean);
  EXPECT_EQ(ntfs::log_state(log_of(torn, torn)).kind, LogState::Kind::unreadable);
}

TEST(NtfsLogState, OfVersion2IsNeverClean) {
  RestartFields kept{.major = 2, .minor = 0};
  EXPECT_EQ(kind_of(kept, kept), LogState::Kind::kept);
  RestartFields open{.major = 2, .minor = 0, .flags = 0};
  EXPECT_EQ(kind_of(open, open), LogState::Kind::in_use);
}

TEST(NtfsLogState, IsEmptyWhereMkntfsFilledItAndUnreadableWhereItIsZero) {
  EXPECT_EQ(ntfs::log_state(ByteVector(ntfs::kLogStartSize, std::byte{0xff})).kind,
            LogState::Kind::empty);
  EXPECT_EQ(ntfs::log_state(ByteVector(ntfs::kLogStartSize)).kind,
            LogState::Kind::unreadable);
}

// dfir_ntfs names what each is: Windows 7's and 10's, and one that Windows 10
// turned back to 1.1 when it dismounted.
TEST(NtfsLogState, IsAsTheLogsOfWindowsAreNamed) {
  DRYDOCK_CORPUS_FILE(first, "ntfs/dfir_ntfs/LogFile_7.bin");
  auto state = [&](const std::string& name) {
    std::ifstream in(first.parent_path() / name, std::ios::binary);
    std::string text(ntfs::kLogStartSize, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    return ntfs::log_state(bytes_of(std::string_view(text)));
  };
  EXPECT_EQ(state("LogFile_7.bin").kind, LogState::Kind::clean);
  EXPECT_EQ(state("LogFile_7.bin").major_version, 1);
  EXPECT_EQ(state("LogFile_10.bin").kind, LogState::Kind::in_use);
  EXPECT_EQ(state("LogFile_10.bin").major_version, 2);
  EXPECT_EQ(state("LogFile_10_downgraded.bin").kind, LogState::Kind::clean);
  EXPECT_EQ(state("LogFile_10_large.bin").kind, LogState::Kind::in_use);
  EXPECT_EQ(state("LogFile_empty.bin").kind, LogState::Kind::empty);
  EXPECT_EQ(describe(state("LogFile_7.bin")), "1.1, closed");
  EXPECT_EQ(describe(state("LogFile_10.bin")), "2.0, in use");
  EXPECT_EQ(describe(state("LogFile_empty.bin")), "never used");
}

TEST(NtfsHibernation, IsTheMarkOfAWindowsThatWillBeResumed) {
  EXPECT_TRUE(ntfs::is_hibernated(bytes_of(std::string_view("HIBR and more"))));
  EXPECT_TRUE(ntfs::is_hibernated(bytes_of(std::string_view("hibr"))));
  EXPECT_FALSE(ntfs::is_hibernated(bytes_of(std::string_view("wake"))));
  EXPECT_FALSE(ntfs::is_hibernated(ByteVector(4096)));
  EXPECT_FALSE(ntfs::is_hibernated(bytes_of(std::string_view("hib"))));
}

// A volume with a file in it, wounded as a test likes.
class NtfsUnclean : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    place_.file = folder_ / "volume.raw";
    ASSERT_TRUE(make_ntfs(place_.file, 16 << 20));
    auto volume = open({.writable = true});
    ASSERT_TRUE((*volume)->put("file.txt", bytes_of(content_)));
    ASSERT_TRUE((*volume)->flush());
  }

  Result<FileSystemPtr> open(VolumeOptions options) {
    return ntfs::open(open_place(place_, {.writable = options.writable}), options);
  }

  // Where on the device a file of NTFS's own, or another, has its first byte.
  std::uint64_t first_byte_of(const std::string& record) {
    RunResult result = run({"istat", place_.file.string(), record});
    std::size_t runs = result.out.find("Non-Resident");
    std::size_t line = result.out.find('\n', result.out.find("$DATA", runs - 80));
    return std::strtoull(result.out.c_str() + line + 1, nullptr, 10) * 4096;
  }

  void patch(std::uint64_t offset, Bytes bytes) {
    auto device = open_place(place_, {.writable = true});
    ASSERT_TRUE(device->write(offset, bytes));
  }

  // In both copies of $Volume's record, the third after $MFT's: the flags follow
  // the version, 3.1.
  void set_volume_flags(std::uint16_t flags) {
    std::uint64_t mft = first_byte_of("0");
    std::uint64_t mirror = first_byte_of("1");
    auto device = open_place(place_, {.writable = true});
    ByteVector records(4096);
    ASSERT_TRUE(device->read(mft, records));
    std::size_t version =
        as_text(records).find(std::string_view("\3\1\0\0", 4), 3 * 1024);
    ASSERT_NE(version, std::string_view::npos);
    le16 value{flags};
    ASSERT_TRUE(device->write(mft + version + 2, bytes_of(value)));
    ASSERT_TRUE(device->write(mirror + version + 2, bytes_of(value)));
  }

  // Reads as before, names `state`, and can't be changed: not by a byte.
  void expect_readable_and_untouchable(VolumeState state, std::string_view reason) {
    auto volume = ntfs::open(write_trap(open_place(place_)), {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    auto facts = (*volume)->facts();
    ASSERT_TRUE(facts) << facts.error().describe();
    EXPECT_THAT(facts->condition.states, ElementsAre(state));
    auto file = (*volume)->find("FILE.TXT");
    ASSERT_TRUE(file) << file.error().describe();
    auto bytes = read_file(*file, 1000);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(as_text(*bytes), content_);
    expect_refused((*volume)->put("file.txt", {}), reason);
    expect_refused((*volume)->put("new.txt", {}), reason);
    expect_refused((*volume)->create("new.txt"), reason);
    expect_refused((*volume)->create_directory("new"), reason);
    expect_refused((*volume)->remove("file.txt"), reason);
    expect_refused((*volume)->rename("file.txt", "b"), reason);
    auto data = file->data();
    ASSERT_TRUE(data);
    expect_refused((*data)->write(0, bytes_of(std::string_view("x"))), reason);
    expect_refused((*data)->resize(0), reason);
  }

  template <class T>
  void expect_refused(const Result<T>& result, std::string_view reason) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::busy);
    EXPECT_THAT(result.error().words(), HasSubstr(std::string(reason)));
  }

  std::string_view content_ = "what is in the file";
  TempFolder folder_;
  Place place_;
};

TEST_F(NtfsUnclean, CleanIsWhatMkntfsMakes) {
  auto volume = open({});
  ASSERT_TRUE(volume);
  EXPECT_TRUE((*volume)->facts()->condition.clean());
}

TEST_F(NtfsUnclean, DirtyIsWrittenAndStaysSo) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  set_volume_flags(ntfs::kVolumeIsDirty);
  {
    auto volume = open({.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    EXPECT_THAT((*volume)->condition()->states, ElementsAre(VolumeState::dirty));
    ASSERT_TRUE((*volume)->put("new.txt", bytes_of(content_)));
    ASSERT_TRUE((*volume)->flush());
    EXPECT_THAT((*volume)->settlements(), IsEmpty());
  }
  EXPECT_THAT((*open({}))->condition()->states, ElementsAre(VolumeState::dirty));
}

TEST_F(NtfsUnclean, UnderChkdskIsReadAndNotWritten) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  set_volume_flags(ntfs::kChkdskUnderway);
  expect_readable_and_untouchable(VolumeState::dirty, "chkdsk");
}

TEST_F(NtfsUnclean, IsNotEvenReadByWhoeverRefusesThat) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  ASSERT_TRUE(open({.unclean = Unclean::refuse}));
  ByteVector page = restart_page({.major = 2, .minor = 0, .flags = 0});
  patch(first_byte_of("2"), log_of(page, page));
  expect_refused(open({.unclean = Unclean::refuse}), "$LogFile");
}

TEST_F(NtfsUnclean, AnUnfinishedLogIsGivenUpByWhoeverDiscardsItAndTheVolumeIsMarked) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  ByteVector page = restart_page({.major = 2, .minor = 0, .flags = 0});
  patch(first_byte_of("2"), log_of(page, page));
  {
    auto volume = open({.writable = true, .unclean = Unclean::discard});
    ASSERT_TRUE(volume) << volume.error().describe();
    EXPECT_THAT((*volume)->condition()->states,
                ElementsAre(VolumeState::log_unfinished));
    EXPECT_THAT((*volume)->settlements(), IsEmpty());
    ASSERT_TRUE((*volume)->put("new.txt", bytes_of(content_)));
    ASSERT_TRUE((*volume)->flush());
    ASSERT_THAT((*volume)->settlements(), SizeIs(1));
    EXPECT_EQ((*volume)->settlements()[0].kind, "volume.discard");
  }
  auto after = open({});
  EXPECT_THAT((*after)->condition()->states, ElementsAre(VolumeState::dirty));
  EXPECT_TRUE((*after)->find("new.txt"));
  // The library, which would not take an unfinished log, takes this one.
  RunResult info = run({"ntfsinfo", "-f", "-m", place_.file.string()});
  EXPECT_EQ(info.exit_code, 0) << info.err;
}

TEST_F(NtfsUnclean, AHibernatedWindowsIsForgottenOnlyWhereThatIsAsked) {
  {
    auto volume = open({.writable = true});
    ByteVector hiberfile(8192);
    std::ranges::copy(bytes_of(std::string_view("HIBR")), hiberfile.begin());
    ASSERT_TRUE((*volume)->put("hiberfil.sys", hiberfile));
    ASSERT_TRUE((*volume)->flush());
  }
  {
    auto volume = open({.writable = true, .unclean = Unclean::discard});
    expect_refused((*volume)->put("new.txt", {}), "hibernated");
  }
  {
    auto volume = open({.writable = true, .discard_hibernation = true});
    ASSERT_TRUE((*volume)->put("new.txt", {}));
    ASSERT_TRUE((*volume)->flush());
    ASSERT_THAT((*volume)->settlements(), SizeIs(1));
    EXPECT_EQ((*volume)->settlements()[0].kind, "hibernation.discard");
  }
  EXPECT_TRUE((*open({}))->condition()->clean());
}

TEST_F(NtfsUnclean, AnUnfinishedLogIsReadAndNotWritten) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  ByteVector page = restart_page({.major = 2, .minor = 0, .flags = 0});
  patch(first_byte_of("2"), log_of(page, page));
  expect_readable_and_untouchable(VolumeState::log_unfinished, "$LogFile");
}

TEST_F(NtfsUnclean, AFastStartsLogIsReadAndNotWritten) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  ByteVector page = restart_page({.major = 2, .minor = 0});
  patch(first_byte_of("2"), log_of(page, page));
  expect_readable_and_untouchable(VolumeState::hibernated, "fast start");
}

TEST_F(NtfsUnclean, AHibernatedWindowsIsReadAndNotWritten) {
  {
    auto volume = open({.writable = true});
    ByteVector hiberfile(8192);
    std::ranges::copy(bytes_of(std::string_view("HIBR")), hiberfile.begin());
    ASSERT_TRUE((*volume)->put("hiberfil.sys", hiberfile));
    ASSERT_TRUE((*volume)->flush());
  }
  expect_readable_and_untouchable(VolumeState::hibernated, "hiberfil.sys");
}

TEST_F(NtfsUnclean, AResumedWindowsIsOfNoAccount) {
  {
    auto volume = open({.writable = true});
    ASSERT_TRUE((*volume)->put("hiberfil.sys", ByteVector(8192)));
    ASSERT_TRUE((*volume)->flush());
  }
  EXPECT_TRUE((*open({}))->facts()->condition.clean());
}

TEST_F(NtfsUnclean, AMirrorThatDiffersIsReadAndNotWritten) {
  if (!have_program("istat")) GTEST_SKIP() << "no sleuthkit here";
  // A byte of the mirror's first record, past its header: a time.
  patch(first_byte_of("1") + 0x50, bytes_of(le64{0x0123456789abcdef}));
  expect_readable_and_untouchable(VolumeState::dirty, "$MFTMirr");
}

TEST_F(NtfsUnclean, SaysReadOnlyWhereWritingWasNotAskedFor) {
  auto volume = open({});
  EXPECT_EQ((*volume)->put("x", {}).error().code(), Errc::read_only);
  EXPECT_FALSE((*(*volume)->find("file.txt")->data())->writable());
}

// What Windows left unfinished is read without a write, and written once it is
// finished: libntfs-3g, which takes no such log, then takes the volume.
TEST(NtfsUncleanCorpus, IsReadAsItIsAndWrittenOnceItsLogIsReplayed) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/velociraptor/test.ntfs.dd.raw.xz");
  TempFolder folder;
  Place place{folder / "disk.raw"};
  ASSERT_TRUE(unpack(packed, place.file));
  {
    auto volume = ntfs::open(write_trap(open_place(place)), {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    EXPECT_FALSE(tree_by_us(**volume).empty());
    auto condition = (*volume)->condition();
    EXPECT_THAT(condition->states, ElementsAre(VolumeState::log_unfinished));
    ASSERT_TRUE(condition->replay) << condition->replay_problem;
    EXPECT_EQ(condition->replay->version, "2.0");
  }
  {
    auto volume = ntfs::open(open_place(place, {.writable = true}), {.writable = true});
    ASSERT_TRUE((*volume)->put("new.txt", bytes_of(std::string_view("new"))));
    ASSERT_TRUE((*volume)->flush());
    ASSERT_THAT((*volume)->settlements(), SizeIs(1));
    EXPECT_EQ((*volume)->settlements()[0].kind, "volume.replay");
  }
  auto after = ntfs::open(open_place(place));
  EXPECT_TRUE((*after)->condition()->clean());
  Tree tree = tree_by_us(**after);
  EXPECT_EQ(difference(tree, tree_by_fls(place)), "");
  EXPECT_THAT(files_that_differ(**after, place, tree), IsEmpty());
  RunResult info = run({"ntfsinfo", "-m", place.file.string()});
  EXPECT_EQ(info.exit_code, 0) << info.err;
}

}  // namespace
}  // namespace drydock
