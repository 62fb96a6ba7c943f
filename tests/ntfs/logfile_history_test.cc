// Logs that Windows made, on the volumes that it made with them: what our
// operations make of them is judged by what Windows' own made.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ntfs/logfile/fixups.h"
#include "ntfs/logfile/format.h"
#include "tests/ntfs/log_history.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"
#include "vhd/slice.h"

namespace drydock::ntfs {
namespace {

using ::testing::IsEmpty;
using Kind = Operation::Target;

struct Sample {
  const char* name;
  std::uint64_t offset;  // in bytes, of the volume
};

// The places that a history touches, each once.
using Places = std::map<std::pair<std::uint64_t, std::uint64_t>, TargetPlace>;

struct Volume {
  TempFolder folder;
  DevicePtr below;
  std::shared_ptr<Overlay> device;
  BootSector boot;
  std::vector<Step> steps;
};

Result<TargetPlace> place_of(const Volume& volume, const Step& step, bool redo) {
  auto operation = enabled_operation(redo ? step.action.redo : step.action.undo);
  if (!operation) return std::move(operation).error();
  if (operation->target == Kind::none) return TargetPlace{};
  return Target::place(
      volume.boot, step.tables, step.action, *operation,
      redo ? step.action.redo_bytes.size() : step.action.undo_bytes.size());
}

std::uint64_t offset_of(const Volume& volume, const TargetPlace& place) {
  std::uint64_t size = volume.boot.cluster_size;
  return place.lcns[place.offset / size] * size + place.offset % size;
}

Places places_of(const Volume& volume) {
  Places places;
  for (const Step& step : volume.steps) {
    for (bool redo : {true, false}) {
      auto place = place_of(volume, step, redo);
      if (!place || place->kind == Kind::none || place->size == 0) continue;
      places[{offset_of(volume, *place), place->size}] = *place;
    }
  }
  return places;
}

// The bytes that count: without check numbers, and up to where they are used.
ByteVector essence(const Volume& volume, BlockDevice& device, const TargetPlace& place) {
  auto target = Target::read(device, volume.boot, place);
  EXPECT_TRUE(target);
  ByteVector bytes(target->bytes().begin(), target->bytes().end());
  if (!target->has_lsn() || !target->sound()) return bytes;
  auto header = *load<FileRecordHeader>(bytes);
  std::ranges::fill(MutableBytes(bytes).subspan(header.fixup_offset,
                                                2 * header.fixup_count),
                    std::byte{0});
  std::size_t used = place.kind == Kind::file_record
                         ? std::size_t{header.used_size}
                         : 24 + load<IndexBlockHeader>(bytes)->index.used_size;
  bytes.resize(std::min(used, bytes.size()));
  return bytes;
}

// What differs between what Windows left and what we made.
std::vector<std::string> differences(Volume& volume) {
  std::vector<std::string> differ;
  for (const auto& [key, place] : places_of(volume)) {
    ByteVector before = essence(volume, *volume.below, place);
    ByteVector after = essence(volume, *volume.device, place);
    if (before == after) continue;
    auto [a, b] = std::ranges::mismatch(before, after);
    differ.push_back(fmt::format("kind {} at 0x{:x}: {} and {} bytes, first at 0x{:x}",
                                 static_cast<int>(place.kind), key.first,
                                 before.size(), after.size(), a - before.begin()));
  }
  return differ;
}

void redo_all(Volume& volume, std::map<std::string, int>* made = nullptr) {
  int errors = 0;
  for (const Step& step : volume.steps) {
    auto done = redo_action(*volume.device, volume.boot, step.tables, step.action);
    if (!done && ++errors < 10) {
      ADD_FAILURE() << fmt::format("redo 0x{:x} {}: ", step.action.lsn,
                                   operation_name(step.action.redo))
                    << done.error().describe();
    }
    if (done && *done && made != nullptr) ++(*made)[operation_name(step.action.redo)];
  }
}

void undo_all(Volume& volume) {
  int errors = 0;
  for (auto step = volume.steps.rbegin(); step != volume.steps.rend(); ++step) {
    auto done = undo_action(*volume.device, volume.boot, step->tables, step->action);
    if (!done && ++errors < 10) {
      ADD_FAILURE() << fmt::format("undo 0x{:x} {}: ", step->action.lsn,
                                   operation_name(step->action.undo))
                    << done.error().describe();
    }
  }
}

void forget_lsns(Volume& volume) {
  for (const auto& [key, place] : places_of(volume)) {
    auto target = Target::read(*volume.device, volume.boot, place);
    ASSERT_TRUE(target);
    if (!target->has_lsn() || !target->sound()) continue;
    ASSERT_TRUE(target->write(*volume.device, volume.boot, 0));
  }
}

class LogHistory : public ::testing::TestWithParam<Sample> {
 protected:
  void SetUp() override {
    DRYDOCK_CORPUS_FILE(packed, GetParam().name);
    Place place{volume_.folder / "disk.raw", GetParam().offset};
    ASSERT_TRUE(unpack(packed, place.file));
    volume_.below = open_place(place);
    volume_.device = std::make_shared<Overlay>(volume_.below);
    auto found = find_log(*volume_.device);
    ASSERT_TRUE(found) << found.error().describe();
    volume_.boot = found->boot;
    auto steps = history_of(*volume_.device);
    ASSERT_TRUE(steps) << steps.error().describe();
    volume_.steps = std::move(*steps);
    ASSERT_FALSE(volume_.steps.empty());
  }
  Volume volume_;
};

TEST_P(LogHistory, RedoOfAllThatIsInItsPlaceChangesNothing) {
  redo_all(volume_);
  EXPECT_THAT(differences(volume_), IsEmpty());
}

TEST_P(LogHistory, TakenBackAndMadeAgainIsWhatWindowsLeft) {
  undo_all(volume_);
  forget_lsns(volume_);
  std::map<std::string, int> made;
  redo_all(volume_, &made);
  for (auto& [n, c] : made) fmt::print("{} {}\n", n, c);
  EXPECT_THAT(differences(volume_), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, LogHistory,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-si-vs-fn.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-ramslack.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-2m.raw.gz", 128 * 512},
                      Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0}));

}  // namespace
}  // namespace drydock::ntfs
