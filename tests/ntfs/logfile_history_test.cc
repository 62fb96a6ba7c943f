// Logs that Windows made, on the volumes that it made with them: what our
// operations make of them is judged by what Windows' own made.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ntfs/logfile/file_record.h"
#include "ntfs/logfile/format.h"
#include "tests/ntfs/log_history.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"
#include "vhd/slice.h"

namespace drydock::ntfs {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
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

// Where an attribute ends in earnest: after it is what was in memory once.
std::size_t end_of(Bytes attribute) {
  auto header = *load<ResidentAttribute>(attribute);
  if (!header.header.nonresident) return header.value_offset + header.value_length;
  std::size_t at = load<NonresidentAttribute>(attribute)->pairs_offset;
  while (attribute[at] != std::byte{0}) {
    auto sizes = std::to_integer<std::size_t>(attribute[at]);
    at += 1 + (sizes & 15) + (sizes >> 4);
  }
  return at;
}

// Clears what the log doesn't tell: slack, and a file's own bytes, which are not
// logged, not even those in its record.
void leave_out_what_is_not_logged(MutableBytes record) {
  std::size_t at = load<FileRecordHeader>(record)->attributes_offset;
  while (*load<le32>(record, at) != kAttributesEnd) {
    auto header = *load<ResidentAttribute>(record, at);
    MutableBytes attribute = record.subspan(at, header.header.length);
    std::size_t end = end_of(attribute);
    if (!header.header.nonresident && header.header.type == kDataType) {
      end = header.value_offset;
    }
    std::ranges::fill(attribute.subspan(end), std::byte{0});
    at += header.header.length;
  }
  std::ranges::fill(record.subspan(at + 4), std::byte{0});
}

// The bytes that count: without check numbers, and up to where they are used.
ByteVector essence(const Volume& volume, BlockDevice& device,
                   const TargetPlace& place) {
  auto target = Target::read(device, volume.boot, place);
  EXPECT_TRUE(target);
  ByteVector bytes(target->bytes().begin(), target->bytes().end());
  if (!target->has_lsn() || !target->sound()) return bytes;
  auto header = *load<FileRecordHeader>(bytes);
  std::ranges::fill(
      MutableBytes(bytes).subspan(header.fixup_offset, 2 * header.fixup_count),
      std::byte{0});
  std::size_t used = place.kind == Kind::file_record
                         ? std::size_t{header.used_size}
                         : 24 + load<IndexBlockHeader>(bytes)->index.used_size;
  bytes.resize(std::min(used, bytes.size()));
  if (place.kind == Kind::file_record) leave_out_what_is_not_logged(bytes);
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
                                 static_cast<int>(place.kind), key.first, before.size(),
                                 after.size(), a - before.begin()));
  }
  return differ;
}

void redo_all(Volume& volume) {
  int errors = 0;
  for (const Step& step : volume.steps) {
    auto done = redo_action(*volume.device, volume.boot, step.tables, step.action);
    if (!done && ++errors < 10) {
      ADD_FAILURE() << fmt::format("redo 0x{:x} {}: ", step.action.lsn,
                                   operation_name(step.action.redo))
                    << done.error().describe();
    }
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

// A record that was deleted and came to be another file's is made anew, and what
// was there before can't be had back: those steps are left out.
void start_at_creation(Volume& volume) {
  std::map<std::uint64_t, std::uint64_t> created;  // LSN by offset
  for (const Step& step : volume.steps) {
    auto place = place_of(volume, step, false);
    if (step.action.undo != kDeallocateFileRecordSegment || !place) continue;
    created[offset_of(volume, *place)] = step.action.lsn;
  }
  std::erase_if(volume.steps, [&](const Step& step) {
    auto place = place_of(volume, step, true);
    if (!place || place->kind != Kind::file_record) return false;
    auto found = created.find(offset_of(volume, *place));
    return found != created.end() && step.action.lsn < found->second;
  });
}

// So that every change looks as if it were missing.
void forget_lsns(Volume& volume) {
  for (const Step& step : volume.steps) {
    auto place = place_of(volume, step, true);
    auto operation = enabled_operation(step.action.redo);
    if (!place || place->kind == Kind::none || !operation->stamps) continue;
    auto target = Target::read(*volume.device, volume.boot, *place);
    ASSERT_TRUE(target);
    if (!target->has_lsn() || !target->sound()) continue;
    ASSERT_TRUE(target->write(*volume.device, volume.boot, 0));
  }
}

// Destroys every file record that the log made, and says how many.
std::size_t wipe_created_records(Volume& volume) {
  std::set<std::uint64_t> wiped;
  for (const Step& step : volume.steps) {
    auto place = place_of(volume, step, false);
    if (step.action.undo != kDeallocateFileRecordSegment || !place) continue;
    std::uint64_t offset = offset_of(volume, *place);
    ByteVector nothing(place->size, std::byte{0x5a});
    EXPECT_TRUE(volume.device->write(offset, nothing));
    wiped.insert(offset);
  }
  return wiped.size();
}

// As unpack(), and a disk in a .tgz.
bool unpack_any(const std::filesystem::path& packed,
                const std::filesystem::path& file) {
  if (packed.extension() == ".tgz") {
    return run({"tar", "xzSf", packed.string(), "-C", file.parent_path().string(),
                "--transform", "s/.*/" + file.filename().string() + "/"})
               .exit_code == 0;
  }
  return unpack(packed, file);
}

class LogHistory : public ::testing::TestWithParam<Sample> {};

// Reads the history into `volume`, over a fresh overlay.
void start_over(Volume& volume) {
  volume.device = std::make_shared<Overlay>(volume.below);
  auto found = find_log(*volume.device);
  ASSERT_TRUE(found) << found.error().describe();
  volume.boot = found->boot;
  auto steps = history_of(*volume.device);
  ASSERT_TRUE(steps) << steps.error().describe();
  volume.steps = std::move(*steps);
  ASSERT_FALSE(volume.steps.empty());
}

void redo_of_what_is_in_its_place_changes_nothing(Volume& volume) {
  start_over(volume);
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

void taken_back_and_made_again_is_what_windows_left(Volume& volume) {
  start_over(volume);
  start_at_creation(volume);
  undo_all(volume);
  forget_lsns(volume);
  EXPECT_THAT(differences(volume), Not(IsEmpty()));
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

void lost_records_are_made_again_from_the_log_alone(Volume& volume) {
  start_over(volume);
  start_at_creation(volume);
  EXPECT_GT(wipe_created_records(volume), 0u);
  EXPECT_THAT(differences(volume), Not(IsEmpty()));
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

// In one test, since unpacking takes longer than all three.
TEST_P(LogHistory, LeadsToWhatWindowsLeft) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  Volume volume;
  Place place{volume.folder / "disk.raw", GetParam().offset};
  ASSERT_TRUE(unpack_any(packed, place.file));
  volume.below = open_place(place);
  redo_of_what_is_in_its_place_changes_nothing(volume);
  taken_back_and_made_again_is_what_windows_left(volume);
  lost_records_are_made_again_from_the_log_alone(volume);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, LogHistory,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-ramslack.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-2m.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs.tgz", 2048 * 512},
                      Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0}));

}  // namespace
}  // namespace drydock::ntfs
