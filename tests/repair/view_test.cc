#include "repair/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "repair/commit.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/try.h"

namespace drydock::repair {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::uint64_t kDiskSize = 8 * 512;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path make_raw(const TempFolder& folder) {
  std::ofstream(folder / "disk.raw") << std::string(kDiskSize, 'o');
  return folder / "disk.raw";
}

// A complete journal that makes sector 1 into 'n', as a commit that was cut off
// before its first write leaves it.
void leave_unfinished(const fs::path& image) {
  JournalHead head;
  head.id = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
  head.number = 1;
  head.virtual_size = kDiskSize;
  auto folder = journals_beside(image);
  auto journal = Journal::write(*(*folder)->create(1), head,
                                {{.offset = 512,
                                  .before = ByteVector(512, std::byte{'o'}),
                                  .after = ByteVector(512, std::byte{'n'})}});
  ASSERT_TRUE(journal) << journal.error().describe();
}

char letter_at(const BlockDevice& device, std::uint64_t offset) {
  std::byte letter{};
  EXPECT_TRUE(device.read(offset, MutableBytes(&letter, 1)));
  return static_cast<char>(letter);
}

TEST(View, ShowsTheImageWhereNothingIsUnfinished) {
  TempFolder folder;
  auto view = open_view(make_raw(folder));
  ASSERT_TRUE(view) << view.error().describe();
  EXPECT_EQ(view->device, view->image);
  EXPECT_EQ(view->journal_problem, "");
  EXPECT_EQ(view->unsettled_change_count, 0u);
}

TEST(View, ShowsAnUnfinishedChangeAsFinishedAndWritesNothing) {
  TempFolder folder;
  fs::path image = make_raw(folder);
  leave_unfinished(image);
  std::string journal = content_of(folder / "disk.raw.0001.drydock");
  auto view = open_view(image);
  ASSERT_TRUE(view) << view.error().describe();
  EXPECT_EQ(view->unsettled_change_count, 1u);
  EXPECT_EQ(letter_at(*view->device, 512), 'n');
  EXPECT_EQ(letter_at(*view->device, 1024), 'o');
  EXPECT_EQ(content_of(image), std::string(kDiskSize, 'o'));
  EXPECT_EQ(content_of(folder / "disk.raw.0001.drydock"), journal);
}

TEST(View, ShowsTheImageAloneAndSaysWhyWhereSomebodyElseWrote) {
  TempFolder folder;
  fs::path image = make_raw(folder);
  leave_unfinished(image);
  std::ofstream(image) << std::string(kDiskSize, 'x');
  auto view = open_view(image);
  ASSERT_TRUE(view) << view.error().describe();
  EXPECT_EQ(letter_at(*view->device, 512), 'x');
  EXPECT_THAT(view->journal_problem, HasSubstr("something else has written"));
  EXPECT_THAT(view->journal_problem, HasSubstr("disk.raw.0001.drydock"));
}

TEST(View, KeepsWritersAwayAsLongAsItLasts) {
  TempFolder folder;
  fs::path image = make_raw(folder);
  auto view = open_view(image);
  ASSERT_TRUE(view);
  EXPECT_EQ(FileDevice::open(image, {.writable = true}).error().code(), Errc::busy);
}

// The whole way on real files, locks and all.
TEST(View, LeavesARealJournalThatSettlesAndIsUndone) {
  TempFolder folder;
  fs::path image = make_raw(folder);
  leave_unfinished(image);
  auto file = FileDevice::open(image, {.writable = true});
  ASSERT_TRUE(file);
  OpenForWriting open = [&] { return open_image(*file, {.writable = true}); };
  auto journals = journals_beside(image);
  auto settled = settle(open, **journals);
  ASSERT_TRUE(settled) << settled.error().describe();
  EXPECT_EQ(letter_at(**file, 512), 'n');
  auto undone = undo(open, **journals);
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(content_of(image), std::string(kDiskSize, 'o'));
}

}  // namespace
}  // namespace drydock::repair
