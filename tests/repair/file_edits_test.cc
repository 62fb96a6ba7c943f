// What edits of files come to, on a volume with links and WOF's files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/security/sddl.h"
#include "repair/plan.h"
#include "tests/ntfs/foreign_volume.h"
#include "tests/ntfs/wof_files.h"
#include "vhd/overlay.h"

namespace drydock::repair {
namespace {

using ::testing::HasSubstr;

class FileEdits : public ForeignVolume {
 protected:
  void fill() override {
    write("one name", "linked");
    std::filesystem::create_hard_link(mount_ / "one name", mount_ / "twin");
    wof_ = write_wof("wof.dll", mixed_bytes(100'000), 0);
    std::filesystem::create_directories(mount_ / "Windows/System32/drivers");
  }

  void SetUp() override {
    ForeignVolume::SetUp();
    if (!volume_) return;
    volume_.reset();
    overlay_ = std::make_shared<Overlay>(open_place(place_));
    auto disk = Disk::open(overlay_, {.writable = true});
    ASSERT_TRUE(disk) << disk.error().describe();
    disk_ = *std::move(disk);
    volume_ = *disk_->volume(0);
  }

  Outcome apply(Action action) {
    Plan plan;
    plan.edits.push_back({.action = std::move(action), .why = "a test"});
    auto outcomes = rehearse(plan, *disk_);
    EXPECT_TRUE(outcomes) << outcomes.error().describe();
    return outcomes && outcomes->size() == 1 ? (*outcomes)[0] : Outcome();
  }

  static ByteVector bytes(std::string_view text) {
    Bytes view = bytes_of(text);
    return {view.begin(), view.end()};
  }

  bool wof_ = false;
  std::shared_ptr<Overlay> overlay_;
  std::unique_ptr<Disk> disk_;
};

TEST_F(FileEdits, SayWhichOtherNamesChangeToo) {
  Outcome outcome = apply(FilePut{.file = {0, "\\one name"}, .content = bytes("both")});
  EXPECT_THAT(outcome.after,
              HasSubstr("one file with 2 names, so these change with it: 0:\\twin"));
  EXPECT_EQ(read("twin"), "both");
  outcome = apply(FilePut{.file = {0, "\\one name"}, .content = bytes("both")});
  EXPECT_FALSE(outcome.changed);
}

TEST_F(FileEdits, SayThatWofsFileBecomesAPlainOne) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  Outcome outcome = apply(FilePut{.file = {0, "\\wof.dll"}, .content = bytes("new")});
  EXPECT_THAT(outcome.before, HasSubstr("100000 bytes, sha256 "));
  EXPECT_THAT(outcome.after, HasSubstr("kept plainly from now on, and not as WOF"));
  EXPECT_EQ(read("wof.dll"), "new");
}

TEST_F(FileEdits, GiveANewDriverToTrustedInstaller) {
  apply(FilePut{.file = {0, "\\Windows\\System32\\drivers\\new.sys"},
                .content = bytes("driver")});
  auto details = this->details("Windows/System32/drivers/new.sys");
  ASSERT_TRUE(details.security);
  auto descriptor = security::decode_descriptor(*details.security);
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->owner, security::trusted_installer());
  EXPECT_NE(stat("Windows/System32/drivers/new.sys").security_id.value_or(0), 0u);
}

TEST_F(FileEdits, ShareOneDescriptorAmongFiles) {
  auto wanted = security::encode_descriptor(
      *security::parse_sddl("O:BAG:SYD:P(A;;FA;;;BA)(A;;FR;;;WD)"));
  ASSERT_TRUE(wanted);
  for (const char* path : {"\\one name", "\\wof.dll", "\\Windows"}) {
    Outcome outcome = apply(FileSecure{.file = {0, path}, .descriptor = *wanted});
    EXPECT_EQ(outcome.after, "O:BAG:SYD:P(A;;FA;;;BA)(A;;FR;;;WD)");
  }
  EXPECT_EQ(stat("one name").security_id, stat("Windows").security_id);
  EXPECT_FALSE(apply(FileSecure{.file = {0, "\\twin"}, .descriptor = *wanted}).changed);
}

TEST_F(FileEdits, MakeAFolderOnce) {
  EXPECT_TRUE(apply(FolderMake{.folder = {0, "\\new"}}).changed);
  EXPECT_FALSE(apply(FolderMake{.folder = {0, "\\new"}}).changed);
  EXPECT_EQ(stat("new").kind, FileKind::directory);
}

TEST_F(FileEdits, MarkAFileAndLeaveItsOtherAttributes) {
  ASSERT_TRUE(volume_->set_stat(
      "one name", {.attributes = attribute::archive | attribute::temporary}));
  Outcome outcome =
      apply(FileMark{.file = {0, "\\one name"},
                     .attributes = attribute::read_only | attribute::compressed});
  EXPECT_EQ(outcome.edit, "file.attributes");
  EXPECT_EQ(outcome.before, "archive");
  EXPECT_EQ(outcome.after, "read-only");
  EXPECT_EQ(stat("one name").attributes, attribute::read_only | attribute::temporary);
  EXPECT_FALSE(
      apply(FileMark{.file = {0, "\\twin"}, .attributes = attribute::read_only})
          .changed);
}

TEST_F(FileEdits, PutWhatACopyKeeps) {
  FileFacts facts{.stat = {.attributes = attribute::hidden, .modified = 131'000'000},
                  .streams = {{"zone", bytes("3")}}};
  apply(FilePut{
      .file = {0, "\\copy"}, .content = bytes("content"), .facts = std::move(facts)});
  EXPECT_EQ(stat("copy").attributes, attribute::hidden);
  EXPECT_EQ(stat("copy").modified, 131'000'000u);
  EXPECT_EQ(read("copy:zone"), "3");
}

}  // namespace
}  // namespace drydock::repair
