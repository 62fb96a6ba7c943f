// A VHDX image loses power at every write, resize and flush of some sessions, and
// is opened again.  Each sector must hold what it held at the last flush, or what
// was written to it since: never another block's bytes, never half of a sector.

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <set>

#include "harness/power_cut/cuts.h"
#include "tests/support/run.h"
#include "tests/support/sector_history.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/image.h"

namespace drydock::testing {
namespace {

using power_cut::Content;
using power_cut::Files;
using power_cut::Host;
using power_cut::Tally;

constexpr const char* kName = "a.vhdx";

// What is done to the image, in order: sectors written, flushes, a new session.
struct Step {
  enum { write, flush, reopen } kind;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  unsigned value = 0;
};

Result<std::shared_ptr<vhdx::Image>> open_on(Host& host, std::uint64_t guids) {
  return vhdx::Image::open(TRY(host.open_for_writing(kName)),
                           {.writable = true, .make_guid = guids_from(guids)});
}

// Ends where the host fails.
Done run_steps(Host& host, const std::vector<Step>& steps, SectorHistory& history) {
  std::uint64_t guids = 0xD0D000;
  auto image = TRY(open_on(host, guids));
  for (const Step& step : steps) {
    switch (step.kind) {
      case Step::write:
        history.written(step.offset, step.length, step.value);
        TRY(image->write(step.offset,
                         ByteVector(step.length, static_cast<std::byte>(step.value))));
        break;
      case Step::flush:
        TRY(image->flush());
        history.flushed();
        break;
      case Step::reopen:
        image.reset();
        image = TRY(open_on(host, guids += 0x1000));
        break;
    }
  }
  return {};
}

// The image in `after` opens, for reading and for writing, and shows the same.
Done judge_image(const Files& after, const SectorHistory& history,
                 const Guid& first_guid) {
  auto reader = TRY(vhdx::Image::open(after.at(kName).device()).in("reading"));
  TRY(history.judge(*reader).in("reading"));
  if (reader->facts().data_guid == first_guid && !history.is_untouched(*reader)) {
    return Error(Errc::corrupt, "the disk changed and its DataWriteGuid didn't");
  }
  std::shared_ptr<Host> host = Host::start(after);
  auto writer = TRY(open_on(*host, 0xE0E000).in("writing"));
  TRY(history.judge_again(*writer).in("writing"));
  ByteVector sector(kSectorSize, std::byte{0xF0});
  TRY(writer->write(0, sector));
  TRY(writer->flush());
  SectorHistory then = history;
  then.settled(0, 0xF0);
  Files again = host->files();
  auto reopened = TRY(vhdx::Image::open(again.at(kName).device()).in("reopening"));
  if (reopened->facts().log != ImageLog::clean) {
    return Error(Errc::corrupt, "a flush left the log in use");
  }
  return then.judge_again(*reopened).in("reopening");
}

// What qemu-img says of it once its log is replayed by us.
Done judge_by_qemu(const Files& after) {
  TempFolder folder;
  std::shared_ptr<Host> host = Host::start(after);
  TRY(open_on(*host, 0xE0E000));
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

enum class Trouble { cut, fault };

// Every outcome of every cut (or fault) is judged by us, each 40th by qemu-img too.
Done try_everything(const VhdxBuilder& file, const std::vector<Step>& steps,
                    const SectorHistory& first, Trouble trouble) {
  Files before;
  before[kName] = Content(file.bytes);
  Guid first_guid = *TRY(vhdx::Image::open(before[kName].device()))->facts().data_guid;
  SectorHistory history = first;
  auto work = [&](const std::shared_ptr<Host>& host) {
    history = first;
    static_cast<void>(run_steps(*host, steps, history));
  };
  std::uint64_t count = 0;
  bool qemu = have_program("qemu-img");
  auto judge = [&](const Files& after) -> Done {
    TRY(judge_image(after, history, first_guid));
    if (qemu && count++ % 40 == 0) return judge_by_qemu(after);
    return {};
  };
  Tally tally = TRY(trouble == Trouble::cut
                        ? power_cut::for_each_cut(before, work, judge)
                        : power_cut::for_each_fault(before, Errc::io, work, judge));
  std::cout << to_string(tally, power_cut::CutOptions{}.seed) << "\n";
  return {};
}

::testing::AssertionResult holds(const Done& done) {
  if (done) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << done.error().describe();
}

// Blocks that are there, that aren't, and one that was unmapped and still has its
// space; small writes and such as run over blocks.
struct Mixed {
  Mixed() : file({.virtual_size = 6 * kMiB}), history(6 * kMiB, {{1, 0x11}}) {
    file.add_block(1, 0x11);
    std::uint64_t old = file.add_block(4, 0x44);
    file.set_block(4, 3, old);
  }
  VhdxBuilder file;
  SectorHistory history;
  std::vector<Step> steps = {
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
  };
};

TEST(VhdxPowerCut, ASessionOfWritesIsNeverTornApart) {
  Mixed mixed;
  EXPECT_TRUE(
      holds(try_everything(mixed.file, mixed.steps, mixed.history, Trouble::cut)));
}

TEST(VhdxPowerCut, AHostThatRefusesOnceLosesNothingThatWasFlushed) {
  Mixed mixed;
  EXPECT_TRUE(
      holds(try_everything(mixed.file, mixed.steps, mixed.history, Trouble::fault)));
}

// A log that an earlier writer left: block 0 is in it alone.
struct Pending {
  Pending() : file({.virtual_size = 4 * kMiB}), history(4 * kMiB, {{0, 0x11}}) {
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
  }
  VhdxBuilder file;
  SectorHistory history;
  std::vector<Step> steps = {{Step::write, 2 * kMiB, 512, 0x31}, {Step::flush}};
};

TEST(VhdxPowerCut, AReplayThatIsCutIsReplayedAgain) {
  Pending pending;
  EXPECT_TRUE(holds(
      try_everything(pending.file, pending.steps, pending.history, Trouble::cut)));
}

TEST(VhdxPowerCut, AReplayThatFailsIsReplayedAgain) {
  Pending pending;
  EXPECT_TRUE(holds(
      try_everything(pending.file, pending.steps, pending.history, Trouble::fault)));
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
  ASSERT_TRUE(open_on(*host, 1));
  EXPECT_EQ((*host->open(kName))->size(), VhdxBuilder::kBlocks + (1ull << 44));
  EXPECT_LT(host->events().size(), 20u);
}

TEST(VhdxPowerCut, AnImageWhoseFlushFailedTakesNoMoreWrites) {
  Files files;
  files[kName] = Content(VhdxBuilder().bytes);
  std::shared_ptr<Host> host = Host::start(files);
  auto image = open_on(*host, 1);
  ASSERT_TRUE(image);
  ASSERT_TRUE((*image)->write(0, ByteVector(512, std::byte{1})));
  host->fail_at(host->events().size() + 2);  // the log's entry, then its flush
  EXPECT_FALSE((*image)->flush());
  EXPECT_EQ((*image)->write(0, ByteVector(512, std::byte{2})).error().code(), Errc::io);
  EXPECT_EQ((*image)->flush().error().code(), Errc::io);
}

}  // namespace
}  // namespace drydock::testing
