// A VHD image loses power at every write, resize and flush of some sessions, and is
// opened again.  Each sector must hold what it held at the last flush, or what was
// written to it since: never another block's bytes, never half of a sector.

#include <fstream>

#include "tests/harness/image_story.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vhd_builder.h"
#include "vhd/check.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock::testing {
namespace {

using power_cut::Content;
using power_cut::Files;
using power_cut::Host;

constexpr const char* kName = "a.vhd";
constexpr std::uint64_t kBlock = 64 * 1024;

// An image, what it shows, and what is done to it.
struct Story {
  VhdBuilder file;
  SectorHistory history;
  std::vector<Step> steps;
  std::shared_ptr<const Image> parent = nullptr;
  // qemu-img reads it too: it knows no parents, and of the footers but one.
  bool qemu_reads = true;
};

Result<std::shared_ptr<Image>> open_for_writing(const Story& story, Host& host) {
  return open_image(TRY(host.open_for_writing(kName)),
                    {.writable = true, .parent = story.parent});
}

// The image in `after` opens, for reading and for writing, shows the same, and has
// nothing left to be said of it once it was written to.
Done judge_image(const Story& story, const Files& after, const SectorHistory& history) {
  auto open = [&](const Files& files) {
    return open_image(files.at(kName).device(), {.parent = story.parent});
  };
  auto reader = TRY(open(after).in("reading"));
  TRY(history.judge(*reader).in("reading"));
  std::shared_ptr<Host> host = Host::start(after);
  auto writer = TRY(open_for_writing(story, *host).in("writing"));
  TRY(history.judge_again(*writer).in("writing"));
  TRY(writer->write(0, ByteVector(kSectorSize, std::byte{0xF0})));
  TRY(writer->flush());
  auto reopened = TRY(open(host->files()).in("reopening"));
  if (!reopened->facts().notes.empty()) {
    return Error(Errc::corrupt, reopened->facts().notes[0]);
  }
  return history.judge_again(*reopened, {{0, 0xF0}}).in("reopening");
}

// What qemu-img shows of it, its footer not mended.
Done judge_by_qemu(const Files& after, const SectorHistory& history) {
  TempFolder folder;
  DevicePtr file = after.at(kName).device();
  ByteVector bytes(file->size());
  TRY(file->read(0, bytes));
  std::string path = (folder / kName).string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  RunResult result =
      run({"qemu-img", "convert", "-f", "vpc", "-O", "raw", path, path + ".raw"});
  if (result.exit_code != 0) return Error(Errc::corrupt, "qemu-img: " + result.err);
  return history.judge(*TRY(FileDevice::open(path + ".raw"))).in("qemu-img");
}

// Each 40th outcome is judged by qemu-img too.
Done try_everything(const Story& story, Trouble trouble) {
  Files before;
  before[kName] = Content(story.file.bytes);
  auto open_on = [&](Host& host, std::uint64_t) {
    return open_for_writing(story, host);
  };
  std::uint64_t count = 0;
  bool qemu = have_program("qemu-img") && story.qemu_reads;
  auto judge = [&](const Files& after, const SectorHistory& history) -> Done {
    TRY(judge_image(story, after, history));
    if (qemu && count++ % 40 == 0) return judge_by_qemu(after, history);
    return {};
  };
  return try_everything(before, story.steps, open_on, story.history, trouble, judge);
}

// Blocks that are there and that aren't, one whose bitmap leaves sectors out; one that
// becomes zeros, and its space another's.
Story dynamic() {
  Story story{.file = VhdBuilder({.virtual_size = 8 * kBlock}),
              .history = SectorHistory(8 * kBlock, {{1, 0x11}}, kBlock),
              .steps = {
                  {Step::write, 1 * kBlock + 512, 1024, 0x21},
                  {Step::write, 2 * kBlock, 1024, 0x22},
                  {Step::write, 6 * kBlock + 512, 512, 0x2A},
                  {Step::flush},
                  {Step::write, 2 * kBlock + 512, 1024, 0x23},
                  {Step::write, 3 * kBlock - 512, 1024, 0x24},
                  {Step::zero, 1 * kBlock, kBlock},
                  {Step::flush},
                  {Step::write, 4 * kBlock + 1024, 512, 0x26},
                  {Step::write, 3 * kBlock, 512, 0x2B},
                  {Step::flush},
                  {Step::reopen},
                  {Step::write, 0, 512, 0x27},
                  {Step::zero, 2 * kBlock, kBlock},
                  {Step::write, 2 * kBlock, 512, 0x28},
                  {Step::flush},
                  {Step::write, 5 * kBlock, 512, 0x29},
                  {Step::flush},
                  {Step::write, 5 * kBlock, 512, 0x2C},
                  {Step::flush},
                  {Step::write, 5 * kBlock, 512, 0x2D},
              }};
  story.file.add_block(1, 0x11);
  story.file.add_block(6, 0, 64);
  return story;
}

TEST(VhdPowerCut, ASessionOfWritesIsNeverTornApart) {
  EXPECT_TRUE(holds(try_everything(dynamic(), Trouble::cut)));
}

TEST(VhdPowerCut, AHostThatRefusesOnceLosesNothingThatWasFlushed) {
  EXPECT_TRUE(holds(try_everything(dynamic(), Trouble::fault)));
}

// Over a parent of 0x91 and so on: sectors, and whole blocks, that become this file's;
// zeros over what the parent has; the parent's name anew, shorter and longer.
Story child() {
  VhdBuilder parent({.virtual_size = 6 * kBlock});
  std::map<std::uint64_t, unsigned> shown;
  for (unsigned block = 0; block < 6; ++block) {
    parent.add_block(block, 0x91 + block);
    shown[block] = 0x91 + block;
  }
  shown[1] = 0x11;
  auto below = open_image(std::make_shared<MemoryDevice>(parent.bytes));
  Story story{.file = VhdBuilder({.kind = 4,
                                  .virtual_size = 6 * kBlock,
                                  .parent_id = "11111111-2222-3333-4444-555555555555",
                                  .parent_name = u"base.vhd",
                                  .relative_path = u".\\base.vhd",
                                  .absolute_path = u"C:\\vm\\base.vhd"}),
              .history = SectorHistory(6 * kBlock, shown, kBlock),
              .steps =
                  {
                      {Step::write, 512, 512, 0x21},
                      {Step::write, 2 * kBlock - 512, 1024, 0x22},
                      {Step::flush},
                      {Step::write, 1024, 1024, 0x23},
                      {Step::write, 512, 512, 0x24},
                      {Step::zero, 1 * kBlock, kBlock},
                      {Step::flush},
                      {Step::write, 3 * kBlock + 512, 1024, 0x25},
                      {Step::zero, 512, 1024},
                      {Step::zero, 4 * kBlock, kBlock},
                      {Step::flush},
                      {Step::relink, 0, 8},
                      {Step::reopen},
                      {Step::write, 2 * kBlock, kBlock, 0x27},
                      {Step::relink, 0, 700},
                      {Step::write, 3 * kBlock + 512, 512, 0x28},
                  },
              .parent = *below,
              .qemu_reads = false};
  story.file.add_block(1, 0x11);
  return story;
}

TEST(VhdPowerCut, AChildIsNeverTornFromItsParent) {
  EXPECT_TRUE(holds(try_everything(child(), Trouble::cut)));
}

TEST(VhdPowerCut, AChildOfAHostThatRefusesOnceLosesNothing) {
  EXPECT_TRUE(holds(try_everything(child(), Trouble::fault)));
}

// Blocks are dropped and moved; the disk is cut, and grows over what it had; its table
// grows over blocks and over the footer.
Story reshaped() {
  Story story{.file = VhdBuilder({.virtual_size = 8 * kBlock}),
              .history = SectorHistory(
                  8 * kBlock, {{0, 0x11}, {1, 0x22}, {6, 0x66}, {7, 0x77}}, kBlock),
              .steps = {
                  {Step::zero, 0, kBlock},
                  {Step::compact},
                  {Step::write, 512, 512, 0x61},
                  {Step::flush},
                  {Step::resize, 6 * kBlock + 512},
                  {Step::write, 6 * kBlock, 512, 0x62},
                  {Step::resize, 8 * kBlock},
                  {Step::write, 7 * kBlock, 512, 0x63},
                  {Step::zero, 1 * kBlock, kBlock},
                  {Step::resize, 200 * kBlock},
                  {Step::zero, 0, 8 * kBlock},
                  {Step::compact},
                  {Step::resize, 600 * kBlock},
                  {Step::write, 599 * kBlock, 512, 0x64},
                  {Step::flush},
              }};
  for (unsigned block : {0u, 1u, 6u, 7u}) {
    story.file.add_block(block, block == 0 ? 0x11 : block == 1 ? 0x22 : 0x11 * block);
  }
  return story;
}

TEST(VhdPowerCut, CompactingAndResizingLoseNothing) {
  EXPECT_TRUE(holds(try_everything(reshaped(), Trouble::cut)));
}

TEST(VhdPowerCut, CompactingAndResizingSurviveAHostThatRefusesOnce) {
  EXPECT_TRUE(holds(try_everything(reshaped(), Trouble::fault)));
}

// A child grows beyond what it was cut to, over a parent that has more.
Story cut_child() {
  Story story = child();
  story.steps = {{Step::resize, 3 * kBlock + 512},
                 {Step::write, 3 * kBlock, 512, 0x31},
                 {Step::resize, 7 * kBlock},
                 {Step::write, 6 * kBlock, 512, 0x32},
                 {Step::compact}};
  return story;
}

TEST(VhdPowerCut, AChildThatWasCutDoesNotShowItsParentAgain) {
  EXPECT_TRUE(holds(try_everything(cut_child(), Trouble::cut)));
}

Story fixed() {
  Story story{.file = VhdBuilder({.kind = 2, .virtual_size = 4 * 512}),
              .history = SectorHistory(4 * 512, {{0, 0x11}}, 4 * 512),
              .steps = {{Step::write, 512, 512, 0x21},
                        {Step::resize, 5 * 512},
                        {Step::write, 4 * 512, 512, 0x22},
                        {Step::resize, 12 * 512},
                        {Step::write, 11 * 512, 512, 0x23},
                        {Step::resize, 3 * 512},
                        {Step::write, 1024, 512, 0x24},
                        {Step::flush}},
              .qemu_reads = false};
  std::fill_n(story.file.bytes.begin(), 4 * 512, std::byte{0x11});
  return story;
}

TEST(VhdPowerCut, AFixedDiskIsNeverWithoutItsFooter) {
  EXPECT_TRUE(holds(try_everything(fixed(), Trouble::cut)));
}

TEST(VhdPowerCut, AFixedDiskSurvivesAHostThatRefusesOnce) {
  EXPECT_TRUE(holds(try_everything(fixed(), Trouble::fault)));
}

// What mend_image() cures stays cured.
TEST(VhdPowerCut, WhatWasMendedIsSafe) {
  VhdBuilder file;
  file.bytes.resize(file.footer_at());
  std::shared_ptr<Host> host = Host::start({{kName, Content(file.bytes)}});
  ASSERT_TRUE(mend_image(*host->open_for_writing(kName)));
  EXPECT_TRUE(host->unsafe().empty());
}

// Sums that others left as they were are put right one after the other, and what lies
// there in between can be read all the same.
TEST(VhdPowerCut, AnImageThatGetsNewSumsIsReadableAtEveryCut) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  for (std::size_t at : {std::size_t{0}, file.footer_at()}) {
    put_text(file.bytes, at + 28, "py  ");
  }
  put_big(file.bytes, VhdBuilder::kHeader + 56, 4, 0x1234567);
  bool mended = false;
  auto work = [&](const std::shared_ptr<Host>& host) {
    mended = static_cast<bool>(mend_image(*host->open_for_writing(kName)));
  };
  auto judge = [&](const Files& after) -> Done {
    auto image = TRY(open_image(after.at(kName).device()));
    ByteVector sector(512);
    TRY(image->read(kBlock, sector));
    bool shown = sector == ByteVector(512, std::byte{0x11});
    bool left = mended && !image->facts().notes.empty();
    if (!shown || left) return Error(Errc::corrupt, shown ? "not mended" : "not shown");
    return {};
  };
  auto tally = power_cut::for_each_cut({{kName, Content(file.bytes)}}, work, judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_EQ(tally->event_count, 6u);
}

// Each way in which the footers may be damaged is mended, and the mending cut.
TEST(VhdPowerCut, MendingAFooterLosesNoneOfTheTwo) {
  for (int damage = 0; damage < 4; ++damage) {
    Story story = dynamic();
    ByteVector& bytes = story.file.bytes;
    if (damage == 0) bytes[story.file.footer_at() + 50] ^= std::byte{1};
    if (damage == 1) bytes.resize(story.file.footer_at());
    if (damage == 2) bytes[50] ^= std::byte{1};
    if (damage == 3) bytes.pop_back();
    story.steps.resize(4);
    story.qemu_reads = false;
    EXPECT_TRUE(holds(try_everything(story, Trouble::cut))) << damage;
  }
}

}  // namespace
}  // namespace drydock::testing
