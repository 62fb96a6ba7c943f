// A VHDX image loses power at every write, resize and flush of some sessions, and
// is opened again.  Each sector must hold what it held at the last flush, or what
// was written to it since: never another block's bytes, never half of a sector.

#include <fstream>

#include "tests/harness/image_story.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/check.h"
#include "vhd/memory_device.h"
#include "vhd/vhdx/image.h"

namespace drydock::testing {
namespace {

using power_cut::Content;
using power_cut::Files;
using power_cut::Host;

constexpr const char* kName = "a.vhdx";

// An image, what it shows, and what is done to it.
struct Story {
  VhdxBuilder file;
  SectorHistory history;
  std::vector<Step> steps;
  std::shared_ptr<const Image> parent = nullptr;
};

Result<std::shared_ptr<vhdx::Image>> open_for_reading(const Story& story,
                                                      const Files& files) {
  return vhdx::Image::open(files.at(kName).device(), {.parent = story.parent});
}

Result<std::shared_ptr<vhdx::Image>> open_on(const Story& story, Host& host,
                                             std::uint64_t guids) {
  return vhdx::Image::open(TRY(host.open_for_writing(kName)),
                           {.writable = true,
                            .make_guid = guids_from(guids),
                            .data_guid = {},
                            .parent = story.parent});
}

// The image in `after` opens, for reading and for writing, and shows the same.
Done judge_image(const Story& story, const Files& after, const SectorHistory& history,
                 const Guid& first_guid) {
  auto reader = TRY(open_for_reading(story, after).in("reading"));
  TRY(history.judge(*reader).in("reading"));
  if (reader->facts().data_guid == first_guid && !history.is_untouched(*reader)) {
    return Error(Errc::corrupt, "the disk changed and its DataWriteGuid didn't");
  }
  std::shared_ptr<Host> host = Host::start(after);
  auto writer = TRY(open_on(story, *host, 0xE0E000).in("writing"));
  TRY(history.judge_again(*writer).in("writing"));
  ByteVector sector(kSectorSize, std::byte{0xF0});
  TRY(writer->write(0, sector));
  TRY(writer->flush());
  auto reopened = TRY(open_for_reading(story, host->files()).in("reopening"));
  if (reopened->facts().log != ImageLog::clean) {
    return Error(Errc::corrupt, "a flush left the log in use");
  }
  return history.judge_again(*reopened, {{0, 0xF0}}).in("reopening");
}

// What qemu-img says of it once its log is replayed by us.
Done judge_by_qemu(const Story& story, const Files& after) {
  TempFolder folder;
  std::shared_ptr<Host> host = Host::start(after);
  TRY(open_on(story, *host, 0xE0E000));
  DevicePtr file = TRY(host->open(kName));
  ByteVector bytes(file->size());
  TRY(file->read(0, bytes));
  std::string path = (folder / kName).string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  RunResult result = run({"qemu-img", "check", "-f", "vhdx", path});
  if (result.exit_code == 0) return {};
  return Error(Errc::corrupt, "qemu-img check: " + result.out + result.err);
}

// Each 40th outcome is judged by qemu-img too, which knows no parents.
Done try_everything(const Story& story, Trouble trouble) {
  Files before;
  before[kName] = Content(story.file.bytes);
  Guid first_guid = *TRY(open_for_reading(story, before))->facts().data_guid;
  auto open_image_on = [&](Host& host,
                           std::uint64_t guids) -> Result<std::shared_ptr<Image>> {
    return TRY(open_on(story, host, guids));
  };
  std::uint64_t count = 0;
  bool qemu = have_program("qemu-img") && !story.parent;
  auto judge = [&](const Files& after, const SectorHistory& history) -> Done {
    TRY(judge_image(story, after, history, first_guid));
    if (qemu && count++ % 40 == 0) return judge_by_qemu(story, after);
    return {};
  };
  return try_everything(before, story.steps, open_image_on, story.history, trouble,
                        judge);
}

// Blocks that are there, that aren't, and one that was unmapped and still has its
// space; small writes and such as run over blocks.
Story mixed() {
  Story story{.file = VhdxBuilder({.virtual_size = 6 * kMiB}),
              .history = SectorHistory(6 * kMiB, {{1, 0x11}}),
              .steps = {
                  {Step::write, 1 * kMiB + 512, 1024, 0x21},
                  {Step::write, 2 * kMiB, 1024, 0x22},
                  {Step::flush},
                  {Step::write, 2 * kMiB + 512, 1024, 0x23},
                  {Step::write, 3 * kMiB - 512, 1024, 0x24},
                  {Step::write, 1 * kMiB + 512, 512, 0x25},
                  {Step::flush},
                  {Step::write, 4 * kMiB + 1024, 512, 0x26},
                  {Step::flush},
                  {Step::reopen},
                  {Step::write, 0, 512, 0x27},
                  {Step::write, 5 * kMiB, 512, 0x28},
                  {Step::flush},
                  {Step::write, 5 * kMiB, 512, 0x29},
              }};
  story.file.add_block(1, 0x11);
  std::uint64_t old = story.file.add_block(4, 0x44);
  story.file.set_block(4, 3, old);
  return story;
}

TEST(VhdxPowerCut, ASessionOfWritesIsNeverTornApart) {
  EXPECT_TRUE(holds(try_everything(mixed(), Trouble::cut)));
}

TEST(VhdxPowerCut, AHostThatRefusesOnceLosesNothingThatWasFlushed) {
  EXPECT_TRUE(holds(try_everything(mixed(), Trouble::fault)));
}

// Over a parent of 0x91 and so on: blocks that become this file's in part and
// wholly, in a chunk whose bitmap is there or must be made; blocks that become zeros,
// and their space another block's.
Story child() {
  VhdxBuilder parent({.virtual_size = 6 * kMiB});
  std::map<std::uint64_t, unsigned> shown;
  for (unsigned block = 0; block < 6; ++block) {
    parent.add_block(block, 0x91 + block);
    shown[block] = 0x91 + block;
  }
  shown[1] = 0x11;
  auto below = vhdx::Image::open(std::make_shared<MemoryDevice>(parent.bytes));
  Story story{.file = VhdxBuilder({.virtual_size = 6 * kMiB, .flags = 2}),
              .history = SectorHistory(6 * kMiB, shown),
              .steps =
                  {
                      {Step::write, 512, 512, 0x21},
                      {Step::write, 2 * kMiB - 512, 1024, 0x22},
                      {Step::flush},
                      {Step::write, 1024, 1024, 0x23},
                      {Step::write, 512, 512, 0x24},
                      {Step::zero, 1 * kMiB, kMiB},
                      {Step::flush},
                      {Step::write, 3 * kMiB + 512, 1024, 0x25},
                      {Step::zero, 512, 1024},
                      {Step::flush},
                      {Step::reopen},
                      {Step::write, 1 * kMiB, 512, 0x26},
                      {Step::write, 2 * kMiB, kMiB, 0x27},
                      {Step::flush},
                      {Step::relink, 0, 3000},
                      {Step::write, 3 * kMiB + 512, 512, 0x28},
                  },
              .parent = *below};
  story.file.add_parent(to_string(*(*below)->facts().link_id));
  story.file.add_block(1, 0x11);
  return story;
}

TEST(VhdxPowerCut, AChildIsNeverTornFromItsParent) {
  EXPECT_TRUE(holds(try_everything(child(), Trouble::cut)));
}

TEST(VhdxPowerCut, AChildOfAHostThatRefusesOnceLosesNothing) {
  EXPECT_TRUE(holds(try_everything(child(), Trouble::fault)));
}

// Blocks are dropped and moved, the table moves to where it has room, the disk is
// cut and grows again.
Story reshaped() {
  Story story{
      .file = VhdxBuilder({.virtual_size = 6 * kMiB}),
      .history = SectorHistory(6 * kMiB, {{0, 0x11}, {1, 0x22}, {4, 0x44}, {5, 0x55}}),
      .steps = {
          {Step::zero, 0, kMiB},
          {Step::compact},
          {Step::write, 512, 512, 0x61},
          {Step::flush},
          {Step::resize, 4 * kMiB + 512},
          {Step::write, 4 * kMiB, 512, 0x62},
          {Step::resize, 7 * kMiB},
          {Step::write, 5 * kMiB, 512, 0x63},
          {Step::trim, 1 * kMiB, kMiB},
          {Step::compact},
          {Step::resize, 132'000 * kMiB},
      }};
  // The block 2 is there and all zeros: compacting makes a hole of it.
  for (unsigned block : {0u, 1u, 2u, 4u, 5u}) {
    story.file.add_block(block, block == 2 ? 0 : 0x11 * block);
  }
  std::memset(story.file.bytes.data() + VhdxBuilder::kBlocks, 0x11, kMiB);
  std::memset(story.file.bytes.data() + VhdxBuilder::kBlocks + kMiB, 0x22, kMiB);
  return story;
}

TEST(VhdxPowerCut, CompactingAndResizingLoseNothing) {
  EXPECT_TRUE(holds(try_everything(reshaped(), Trouble::cut)));
}

TEST(VhdxPowerCut, CompactingAndResizingSurviveAHostThatRefusesOnce) {
  EXPECT_TRUE(holds(try_everything(reshaped(), Trouble::fault)));
}

// A log that an earlier writer left: block 0 is in it alone.
Story pending() {
  Story story{.file = VhdxBuilder({.virtual_size = 4 * kMiB}),
              .history = SectorHistory(4 * kMiB, {{0, 0x11}}),
              .steps = {{Step::write, 2 * kMiB, 512, 0x31}, {Step::flush}}};
  VhdxBuilder& file = story.file;
  std::uint64_t place = file.add_block(0, 0x11);
  LogEntryText text{.sequence = 5, .last_file_offset = place + 3 * kMiB};
  text.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = file.bat_page(0, 6, place)},
      {.file_offset = VhdxBuilder::kBat + 4096, .zero_length = 8192}};
  file.set_block(0, 0, 0);
  // The pages that the entry is about are in ruins: only the log is sound.
  std::memset(file.bytes.data() + VhdxBuilder::kBat, 0xEE, 512);
  put(file.bytes, VhdxBuilder::kBat + 5000, 8, 0x1234);
  file.set_log_guid(VhdxBuilder::kLogGuid);
  file.put_log(0, log_entry(text));
  return story;
}

TEST(VhdxPowerCut, AReplayThatIsCutIsReplayedAgain) {
  EXPECT_TRUE(holds(try_everything(pending(), Trouble::cut)));
}

TEST(VhdxPowerCut, AReplayThatFailsIsReplayedAgain) {
  EXPECT_TRUE(holds(try_everything(pending(), Trouble::fault)));
}

TEST(VhdxPowerCut, AReplayOfZerosPastTheEndOfTheFileWritesNone) {
  VhdxBuilder file;
  LogEntryText text;
  text.descriptors = {
      {.file_offset = VhdxBuilder::kBlocks, .zero_length = std::uint64_t{1} << 44}};
  file.set_log_guid(VhdxBuilder::kLogGuid);
  file.put_log(0, log_entry(text));
  Files files;
  files[kName] = Content(file.bytes);
  std::shared_ptr<Host> host = Host::start(files);
  ASSERT_TRUE(open_on(pending(), *host, 1));
  EXPECT_EQ((*host->open(kName))->size(), VhdxBuilder::kBlocks + (1ull << 44));
  EXPECT_LT(host->events().size(), 20u);
}

TEST(VhdxPowerCut, AnImageWhoseFlushFailedTakesNoMoreWrites) {
  Files files;
  files[kName] = Content(VhdxBuilder().bytes);
  std::shared_ptr<Host> host = Host::start(files);
  auto image = open_on(pending(), *host, 1);
  ASSERT_TRUE(image);
  ASSERT_TRUE((*image)->write(0, ByteVector(512, std::byte{1})));
  host->fail_at(host->events().size() + 2);  // the log's entry, then its flush
  EXPECT_FALSE((*image)->flush());
  EXPECT_EQ((*image)->write(0, ByteVector(512, std::byte{2})).error().code(), Errc::io);
  EXPECT_EQ((*image)->flush().error().code(), Errc::io);
}

// A header and a copy of the region table are put right, and in between the image is
// as readable as it was.
TEST(VhdxPowerCut, AnImageThatIsMendedIsReadableAtEveryCut) {
  VhdxBuilder file;
  file.add_block(1, 0x11);
  file.bytes[VhdxBuilder::kHeader[0] + 100] ^= std::byte{1};
  file.bytes[VhdxBuilder::kRegionTable[1] + 100] ^= std::byte{1};
  bool mended = false;
  auto work = [&](const std::shared_ptr<Host>& host) {
    mended = static_cast<bool>(mend_image(*host->open_for_writing(kName)));
  };
  auto judge = [&](const Files& after) -> Done {
    auto image = TRY(open_image(after.at(kName).device()));
    ByteVector sector(512);
    TRY(image->read(kMiB, sector));
    bool shown = sector == ByteVector(512, std::byte{0x11});
    bool left = mended && !TRY(check_image(after.at(kName).device())).empty();
    if (!shown || left) return Error(Errc::corrupt, shown ? "not mended" : "not shown");
    return {};
  };
  auto tally = power_cut::for_each_cut({{kName, Content(file.bytes)}}, work, judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_GE(tally->outcome_count, 20u);
}

}  // namespace
}  // namespace drydock::testing
