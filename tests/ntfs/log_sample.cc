#include "tests/ntfs/log_sample.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ntfs/logfile/format.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/run.h"

namespace drydock::ntfs {

using Kind = Operation::Target;

namespace {

// As unpack(), and a disk in a .tgz.
bool unpack_any(const std::filesystem::path& packed,
                const std::filesystem::path& file) {
  if (packed.extension() == ".tgz") {
    return run({"tar", "xzSf", packed.string(), "-C", file.parent_path().string(),
                "--transform", "s/.*/" + file.filename().string() + "/"})
               .exit_code == 0;
  }
  return drydock::unpack(packed, file);
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
ByteVector essence(const HistoryVolume& volume, BlockDevice& device,
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

Places places_of(const HistoryVolume& volume) {
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

}  // namespace

Result<TargetPlace> place_of(const HistoryVolume& volume, const Step& step, bool redo) {
  auto operation = enabled_operation(redo ? step.action.redo : step.action.undo);
  if (!operation) return std::move(operation).error();
  if (operation->target == Kind::none) return TargetPlace{};
  return Target::place(
      volume.boot, step.tables, step.action, *operation,
      redo ? step.action.redo_bytes.size() : step.action.undo_bytes.size());
}

std::uint64_t offset_of(const HistoryVolume& volume, const TargetPlace& place) {
  std::uint64_t size = volume.boot.cluster_size;
  return place.lcns[place.offset / size] * size + place.offset % size;
}

bool HistoryVolume::unpack(const std::filesystem::path& packed, std::uint64_t offset) {
  Place place{folder / "disk.raw", offset};
  if (!unpack_any(packed, place.file)) return false;
  below = open_place(place);
  return below != nullptr;
}

bool HistoryVolume::start_over() {
  device = std::make_shared<Overlay>(below);
  auto found = find_log(*device);
  auto history = history_of(*device);
  if (!found || !history) return false;
  boot = found->boot;
  steps = std::move(*history);
  return !steps.empty();
}

std::vector<std::string> differences(HistoryVolume& volume) {
  return differences(volume, *volume.below, {});
}

std::vector<std::string> differences(HistoryVolume& volume, BlockDevice& wanted,
                                     DifferenceOptions options) {
  std::vector<std::string> differ;
  for (const auto& [key, place] : places_of(volume)) {
    ByteVector before = essence(volume, wanted, place);
    ByteVector after = essence(volume, *volume.device, place);
    if (!options.lsn && place.kind != Kind::bytes && place.kind != Kind::bits &&
        before.size() >= 16 && after.size() >= 16) {
      std::ranges::copy(Bytes(before).subspan(8, 8), after.begin() + 8);
    }
    if (before == after) continue;
    auto [a, b] = std::ranges::mismatch(before, after);
    differ.push_back(fmt::format("kind {} at 0x{:x}: {} and {} bytes, first at 0x{:x}",
                                 static_cast<int>(place.kind), key.first, before.size(),
                                 after.size(), a - before.begin()));
  }
  return differ;
}

void redo_all(HistoryVolume& volume) {
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

void undo(HistoryVolume& volume, const Step& step) {
  auto done = undo_action(*volume.device, volume.boot, step.tables, step.action);
  if (done) return;
  ADD_FAILURE() << fmt::format("undo 0x{:x} {}: ", step.action.lsn,
                               operation_name(step.action.undo))
                << done.error().describe();
}

void start_at_creation(HistoryVolume& volume) {
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

}  // namespace drydock::ntfs
