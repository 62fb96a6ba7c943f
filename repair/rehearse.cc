#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "repair/file_edits.h"
#include "repair/hive/difference.h"
#include "repair/hive_editor.h"
#include "repair/hive_logs.h"
#include "repair/plan.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::size_t kChunkSize = std::size_t{64} << 10;
// The least run of bytes that is written: a sector of every disk there is.
constexpr std::size_t kSectorSize = 512;

// Writes those sectors of `content` that `data` doesn't hold yet.
Done write_changed(BlockDevice& data, Bytes content) {
  if (data.size() < content.size()) TRY(data.resize(content.size()));
  ByteVector held(kChunkSize);
  for (std::size_t start = 0; start < content.size(); start += kChunkSize) {
    Bytes chunk = content.subspan(start, std::min(kChunkSize, content.size() - start));
    TRY(data.read(start, MutableBytes(held).first(chunk.size())));
    for (std::size_t at = 0; at < chunk.size(); at += kSectorSize) {
      Bytes sector = chunk.subspan(at, std::min(kSectorSize, chunk.size() - at));
      if (std::equal(sector.begin(), sector.end(), held.begin() + at)) continue;
      TRY(data.write(start + at, sector));
    }
  }
  return {};
}

// A hive or store with edits that aren't saved yet.
class OpenHive {
 public:
  static Result<std::unique_ptr<OpenHive>> open(const Disk& disk,
                                                const GuestPath& path);

  HiveEditor& editor() { return editor_; }
  const std::string& place() const { return place_; }

  // What its logs held is to be saved, whether or not anything is edited.  busy
  // where it could not be recovered.
  Done carry_recovery();
  // Whether save() puts into the hive what its logs held.
  bool carries_recovery() const {
    return hive_.recovery().state == hive::RecoveryState::recovered &&
           (carry_recovery_ || editor_.changed());
  }
  Outcome recovery_outcome() const;

  // Where an edit made a difference, or its logs did: saves the hive, and opens
  // it anew to see that everything that was edited is there.
  Done save(const Clock& clock);

 private:
  OpenHive(FileSystemPtr volume, std::string path, DevicePtr data, hive::Hive hive,
           std::string place)
      : volume_(std::move(volume)),
        path_(std::move(path)),
        data_(std::move(data)),
        hive_(std::move(hive)),
        place_(std::move(place)),
        editor_(hive_, place_) {}

  FileSystemPtr volume_;
  std::string path_;
  DevicePtr data_;
  hive::Hive hive_;
  std::string place_;
  HiveEditor editor_;  // borrows hive_
  bool carry_recovery_ = false;
  std::string difference_;  // of the recovered hive from the one that lies there
};

Result<std::unique_ptr<OpenHive>> OpenHive::open(const Disk& disk,
                                                 const GuestPath& path) {
  FileSystemPtr volume = TRY(disk.volume(path.partition));
  DevicePtr data = TRY(TRY(volume->find(path.path)).data());
  hive::Hive hive = TRY(open_hive(*volume, path.path));
  return std::unique_ptr<OpenHive>(new OpenHive(
      std::move(volume), path.path, std::move(data), std::move(hive), disk.show(path)));
}

Done OpenHive::carry_recovery() {
  if (hive_.dirty()) return Error(Errc::busy, describe(hive_.recovery()));
  carry_recovery_ = true;
  // Told where it can be: as it lies, the hive may not be one.
  auto as_it_lies = hive::Hive::open(*data_);
  if (!as_it_lies) return {};
  if (auto found = hive::difference(*as_it_lies, hive_)) difference_ = describe(*found);
  return {};
}

Outcome OpenHive::recovery_outcome() const {
  return {.edit = std::string(kind_of(HiveReplay{})),
          .where = place_,
          .before = hive_.recovery().why_dirty,
          .after = describe_replay(hive_.recovery()) +
                   (difference_.empty() ? "" : "; " + difference_),
          .why = "its logs hold changes that the hive lacks"};
}

Done OpenHive::save(const Clock& clock) {
  if (!editor_.changed() && !carries_recovery()) return {};
  std::uint32_t logged = TRY(greatest_log_sequence(*volume_, path_));
  if (logged == UINT32_MAX) {
    return Error(Errc::unsupported,
                 "its logs hold the greatest sequence number there is");
  }
  ByteVector bytes = TRY(hive_.save({.sequence_min = logged + 1, .clock = clock}));
  TRY(write_changed(*data_, bytes));
  return editor_.check(TRY(hive::Hive::open(*data_)));
}

// Carries a plan out, edit by edit.
class Rehearsal {
 public:
  explicit Rehearsal(Disk& disk) : disk_(disk) {}

  Result<Outcome> apply(const Edit& edit);
  Done save_hives();
  // Of the hives that were saved: what their logs held, and they hold now.
  std::vector<Outcome>& replays() { return replays_; }

 private:
  Result<OpenHive*> open(const GuestPath& path);
  Result<Outcome> in_hive(const GuestPath& path, const Action& action);
  Result<Outcome> apply(const BcdSet& edit) { return in_hive(edit.store, edit); }
  Result<Outcome> apply(const BcdDelete& edit) { return in_hive(edit.store, edit); }
  Result<Outcome> apply(const BcdCreate& edit) { return in_hive(edit.store, edit); }
  Result<Outcome> apply(const BcdRemove& edit) { return in_hive(edit.store, edit); }
  Result<Outcome> apply(const RegistrySet& edit) { return in_hive(edit.hive, edit); }
  Result<Outcome> apply(const RegistryDelete& edit) { return in_hive(edit.hive, edit); }
  template <class Change>
  Result<Outcome> of_file(const Change& edit);
  Result<Outcome> apply(const FilePut& edit) { return of_file(edit); }
  Result<Outcome> apply(const FileMark& edit) { return of_file(edit); }
  Result<Outcome> apply(const FileDelete& edit) { return of_file(edit); }
  Result<Outcome> apply(const FileRename& edit) { return of_file(edit); }
  Result<Outcome> apply(const FolderMake& edit) { return of_file(edit); }
  Result<Outcome> apply(const FileSecure& edit) { return of_file(edit); }
  Result<Outcome> apply(const ImageReplay& edit);
  Result<Outcome> apply(const PartitionRestore& edit);
  Result<Outcome> apply(const VolumeMend& edit);
  Result<Outcome> apply(const VolumeSettle& edit);
  Result<Outcome> apply(const HiveReplay& edit);

  Disk& disk_;
  // By partition and path in lower case.
  std::map<std::pair<std::uint32_t, std::string>, std::unique_ptr<OpenHive>> open_;
  std::vector<Outcome> replays_;
};

Result<Outcome> Rehearsal::apply(const Edit& edit) {
  Outcome outcome =
      TRY(std::visit([&](const auto& action) { return apply(action); }, edit.action));
  outcome.edit = kind_of(edit.action);
  outcome.why = edit.why;
  return outcome;
}

Result<OpenHive*> Rehearsal::open(const GuestPath& path) {
  std::unique_ptr<OpenHive>& open =
      open_[std::pair(path.partition, ascii_lower(path.path))];
  if (!open) open = TRY(OpenHive::open(disk_, path).in(disk_.show(path)));
  return open.get();
}

Result<Outcome> Rehearsal::in_hive(const GuestPath& path, const Action& action) {
  return TRY(open(path))->editor().apply(action);
}

Done Rehearsal::save_hives() {
  for (auto& [name, open] : open_) {
    if (!open) continue;
    TRY(open->save(disk_.clock()).in(open->place()));
    if (open->carries_recovery()) replays_.push_back(open->recovery_outcome());
  }
  open_.clear();
  return {};
}

template <class Change>
Result<Outcome> Rehearsal::of_file(const Change& edit) {
  // What a hive still has to save may be in the file.
  TRY(save_hives());
  return apply_to_file(edit, disk_);
}

// The log lies outside of what a guest sees: opening the image for writing, as
// commit() does, replays it.
Result<Outcome> Rehearsal::apply(const ImageReplay&) {
  Outcome outcome;
  outcome.where = "the image's own log";
  outcome.changed = disk_.image() && disk_.image()->log == ImageLog::pending;
  if (outcome.changed) {
    outcome.before = fmt::format("{} entries, not in the file's own tables yet",
                                 disk_.image()->log_entry_count);
    outcome.after = "replayed into the file";
  }
  return outcome;
}

Result<Outcome> Rehearsal::apply(const PartitionRestore&) {
  Outcome outcome;
  outcome.where = "the partition table";
  outcome.before = disk_.table().other_copy_problem;
  outcome.changed = !outcome.before.empty();
  if (!outcome.changed) return outcome;
  TRY(disk_.restore_table().in(outcome.where));
  outcome.after = "both copies of the GPT are sound, and alike";
  return outcome;
}

Result<Outcome> Rehearsal::apply(const VolumeMend& edit) {
  TRY(save_hives());
  Outcome outcome;
  outcome.where = fmt::format("partition {}, {}", edit.partition, to_string(edit.part));
  auto wound = TRY(disk_.mend_wound(edit.partition, edit.part, edit.records));
  outcome.changed = wound.has_value();
  if (!wound) return outcome;
  outcome.before = std::move(wound->what);
  outcome.after = std::move(wound->cured);
  return outcome;
}

Result<Outcome> Rehearsal::apply(const VolumeSettle& edit) {
  TRY(save_hives());
  std::string place = disk_.show({.partition = edit.partition, .path = "\\"});
  TRY(TRY(disk_.volume(edit.partition))->settle().in(place));
  Outcome outcome;
  outcome.where = std::move(place);
  outcome.changed = false;  // What was settled is told for every volume alike.
  return outcome;
}

Result<Outcome> Rehearsal::apply(const HiveReplay& edit) {
  OpenHive& hive = *TRY(open(edit.hive));
  TRY(hive.carry_recovery().in(hive.place()));
  return Outcome{};  // Told with those that an edit of the hive carries along.
}

// What settling the volumes came to.
std::vector<Outcome> settlement_outcomes(const Plan& plan, const Disk& disk) {
  std::vector<Outcome> outcomes;
  for (const auto& [number, settlement] : disk.settlements()) {
    auto asks = [&, number = number](const Edit& edit) {
      const auto* settle = std::get_if<VolumeSettle>(&edit.action);
      return settle != nullptr && settle->partition == number;
    };
    auto asked = std::ranges::find_if(plan.edits, asks);
    outcomes.push_back(
        {.edit = settlement.kind,
         .where = disk.show({.partition = number, .path = "\\"}),
         .before = settlement.before,
         .after = settlement.after,
         .why = asked != plan.edits.end()
                    ? asked->why
                    : "nothing is written on top of work that isn't finished"});
  }
  return outcomes;
}

}  // namespace

Result<std::vector<Outcome>> rehearse(const Plan& plan, Disk& disk) {
  Rehearsal rehearsal(disk);
  std::vector<Outcome> outcomes;
  for (const Edit& edit : plan.edits) {
    Outcome outcome = TRY(rehearsal.apply(edit));
    bool told_below = std::holds_alternative<VolumeSettle>(edit.action) ||
                      std::holds_alternative<HiveReplay>(edit.action);
    if (!told_below) outcomes.push_back(std::move(outcome));
  }
  TRY(rehearsal.save_hives());
  TRY(disk.flush());
  std::vector<Outcome> first = settlement_outcomes(plan, disk);
  std::ranges::move(rehearsal.replays(), std::back_inserter(first));
  outcomes.insert(outcomes.begin(), std::make_move_iterator(first.begin()),
                  std::make_move_iterator(first.end()));
  return outcomes;
}

}  // namespace drydock::repair
