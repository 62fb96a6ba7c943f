#include "repair/journal_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace drydock::repair {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

fs::path make_image(const TempFolder& folder) {
  std::ofstream(folder / "disk.vhdx") << "x";
  return folder / "disk.vhdx";
}

TEST(JournalFolder, KeepsJournalsBesideTheImage) {
  TempFolder folder;
  auto journals = journals_beside(make_image(folder));
  ASSERT_TRUE(journals);
  auto file = (*journals)->create(1);
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_TRUE((*file)->resize(100));
  EXPECT_TRUE((*journals)->flush());
  EXPECT_TRUE(fs::exists(folder / "disk.vhdx.0001.drydock"));
  EXPECT_EQ((*journals)->describe(1), (folder / "disk.vhdx.0001.drydock").string());
}

TEST(JournalFolder, ListsItsOwnJournalsAndNoOthers) {
  TempFolder folder;
  auto journals = journals_beside(make_image(folder));
  for (const char* name :
       {"disk.vhdx.0010.drydock", "disk.vhdx.0002.drydock", "disk.vhdx.10000.drydock",
        "disk.vhdx.3.drydock", "disk.vhd.0004.drydock", "disk.vhdx.0005.drydock.old"}) {
    std::ofstream(folder / name) << "";
  }
  auto numbers = (*journals)->list();
  ASSERT_TRUE(numbers);
  EXPECT_THAT(*numbers, ElementsAre(2, 10, 10000));
}

TEST(JournalFolder, NeverMakesANumberTwice) {
  TempFolder folder;
  auto journals = journals_beside(make_image(folder));
  ASSERT_TRUE((*journals)->create(1));
  auto again = (*journals)->create(1);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::bad_argument);
}

TEST(JournalFolder, RemovesWhatWasCreated) {
  TempFolder folder;
  auto journals = journals_beside(make_image(folder));
  ASSERT_TRUE((*journals)->create(1));
  EXPECT_TRUE((*journals)->remove(1));
  EXPECT_TRUE((*journals)->list()->empty());
  EXPECT_EQ((*journals)->remove(1).error().code(), Errc::not_found);
  EXPECT_EQ((*journals)->open(1).error().code(), Errc::not_found);
}

TEST(JournalFolder, IsTheSameByWhicheverLinkTheImageIsNamed) {
  TempFolder folder;
  fs::path image = make_image(folder);
  fs::create_directory(folder / "links");
  fs::create_symlink(image, folder / "links/other.vhdx");
  auto journals = journals_beside(folder / "links/other.vhdx");
  ASSERT_TRUE(journals);
  EXPECT_EQ((*journals)->describe(1), (folder / "disk.vhdx.0001.drydock").string());
}

// It holds the disk's old bytes, the password hashes of SAM among them.
TEST(JournalFolder, LetsNobodyReadAJournalWhoMayNotReadTheImage) {
  TempFolder folder;
  fs::path image = make_image(folder);
  fs::permissions(image, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE((*journals_beside(image))->create(1));
  EXPECT_EQ(fs::status(folder / "disk.vhdx.0001.drydock").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(JournalFolder, SaysThatTheFolderOfTheImageCannotBeWrittenTo) {
  // Nobody, not even root, makes files in /sys.
  fs::path image = "/sys/kernel/uevent_seqnum";
  if (!fs::exists(image)) GTEST_SKIP() << "there is no " << image;
  auto journals = journals_beside(image);
  ASSERT_TRUE(journals) << journals.error().describe();
  auto file = (*journals)->create(1);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), Errc::read_only);
  EXPECT_THAT(file.error().describe(),
              HasSubstr("the journal goes beside the image, and the host doesn't let"));
}

TEST(JournalFolder, IsNotThereForAnImageThatIsNot) {
  TempFolder folder;
  auto journals = journals_beside(folder / "nothing.vhdx");
  ASSERT_FALSE(journals);
  EXPECT_EQ(journals.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace drydock::repair
