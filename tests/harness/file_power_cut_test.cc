// A power cut while a file is replaced that NTFS or WOF compresses: the volume is as
// it was, or as it should be, and sleuthkit reads the file of either.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/power_cut/cuts.h"
#include "harness/power_cut/journal_folder.h"
#include "harness/scenarios/memory_copy.h"
#include "repair/commit.h"
#include "repair/plan.h"
#include "repair/transaction.h"
#include "tests/ntfs/foreign_volume.h"
#include "tests/ntfs/wof_files.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"
#include "vhd/base/try.h"
#include "vhd/content_hash.h"
#include "vhd/image.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using power_cut::Files;
using power_cut::Host;

constexpr const char* kImage = "disk.image";
constexpr std::size_t kOutcomeCountMax = 16;

repair::OpenForWriting opener(const std::shared_ptr<Host>& host) {
  return [host]() -> Result<std::shared_ptr<Image>> {
    return open_image(TRY(host->open_for_writing(kImage)), {.writable = true});
  };
}

class FilePowerCut : public ForeignVolume {
 protected:
  void fill() override {
    std::filesystem::create_directory(mount_ / "compressed");
    set_attribute("compressed", "system.ntfs_attrib",
                  bytes_of(le32{attribute::compressed}));
    write("compressed/c.txt", text_of(90'000));
    wof_ = write_wof("wof.dll", mixed_bytes(60'000), 0);
  }

  // What putting `text` there changes on the disk.
  std::vector<Overlay::Change> changes_of_put(std::string_view path,
                                              std::string_view text) {
    repair::TransactionOptions options{.dry_run = true};
    auto transaction = repair::Transaction::begin(place_.file, options);
    EXPECT_TRUE(transaction) << transaction.error().describe();
    repair::Plan plan;
    Bytes bytes = bytes_of(text);
    plan.edits.push_back(
        {.action = repair::FilePut{.file = {0, std::string(path)},
                                   .content = {bytes.begin(), bytes.end()}},
         .why = "a test"});
    auto outcomes = (*transaction)->rehearse(plan);
    EXPECT_TRUE(outcomes) << outcomes.error().describe();
    auto changes = (*transaction)->changes();
    EXPECT_TRUE(changes);
    return *changes;
  }

  // Cuts the commit of `changes` at every event.
  void cut_everywhere(const std::vector<Overlay::Change>& changes) {
    ASSERT_FALSE(changes.empty());
    auto file = FileDevice::open(place_.file);
    ASSERT_TRUE(file);
    auto memory = scenarios::MemoryCopy::of(**file);
    ASSERT_TRUE(memory);
    DevicePtr base = *memory;
    auto image = open_image(base);
    ASSERT_TRUE(image);
    Overlay mended(*image);
    for (const auto& change : changes) {
      ASSERT_TRUE(mended.write(change.offset, change.after));
    }
    std::string before = *content_hash(**image);
    std::string after = *content_hash(mended);
    auto work = [&](const std::shared_ptr<Host>& host) {
      auto folder = power_cut::journals_on(host, kImage);
      repair::JournalHead head;
      head.id = *parse_guid("{7a1f0a66-5a3c-4b1e-9d55-0c1d7f6ab101}");
      head.description = "{}";
      static_cast<void>(repair::commit(opener(host), *folder, head, changes));
    };
    auto judge = [&](const Files& files) -> Done {
      std::shared_ptr<Host> host = Host::start(files);
      auto folder = power_cut::journals_on(host, kImage);
      TRY(repair::settle(opener(host), *folder));
      std::string hash = TRY(content_hash(*TRY(open_image(TRY(host->open(kImage))))));
      if (hash == before || hash == after) return {};
      return Error(Errc::corrupt,
                   "the volume is neither as it was nor as it should be");
    };
    auto tally =
        power_cut::for_each_cut({{kImage, power_cut::Content(base)}}, work, judge,
                                {.outcome_count_max = kOutcomeCountMax});
    ASSERT_TRUE(tally) << tally.error().describe();
    EXPECT_GT(tally->cut_count, 5u);
  }

  // What sleuthkit reads of the file once the changes are there.
  std::string after(const std::vector<Overlay::Change>& changes,
                    std::string_view path) {
    std::uint64_t record = stat(path).id & 0xffff'ffff'ffff;
    volume_.reset();
    auto file = FileDevice::open(place_.file, {.writable = true});
    EXPECT_TRUE(file);
    for (const auto& change : changes) {
      EXPECT_TRUE((*file)->write(change.offset, change.after));
    }
    file->reset();
    expect_sound(place_);
    return std::string(as_text(data_by_icat(place_, record)));
  }

  bool wof_ = false;
};

TEST_F(FilePowerCut, LeavesACompressedFileWholeOrReplaced) {
  if (!have_program("icat")) GTEST_SKIP() << "no sleuthkit here";
  Stat before = stat("compressed/c.txt");
  volume_.reset();
  std::string text = text_of(150'000);
  auto changes = changes_of_put("\\compressed\\c.txt", text);
  cut_everywhere(changes);
  volume_ = *open_volume(open_place(place_));
  EXPECT_TRUE(after(changes, "compressed/c.txt") == text);
  volume_ = *open_volume(open_place(place_));
  EXPECT_EQ(details("compressed/c.txt").stored, "LZNT1");
  EXPECT_EQ(stat("compressed/c.txt").id, before.id);
}

TEST_F(FilePowerCut, LeavesAFileOfWofsWholeOrReplaced) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  if (!have_program("icat")) GTEST_SKIP() << "no sleuthkit here";
  volume_.reset();
  std::string text = text_of(70'000);
  auto changes = changes_of_put("\\wof.dll", text);
  cut_everywhere(changes);
  volume_ = *open_volume(open_place(place_));
  EXPECT_TRUE(after(changes, "wof.dll") == text);
  volume_ = *open_volume(open_place(place_));
  EXPECT_EQ(details("wof.dll").stored, "clusters");
}

}  // namespace
}  // namespace drydock
