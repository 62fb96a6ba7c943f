// What is done to a volume before its first change, so that nothing is written
// on top of work that is still to be applied.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "ntfs/logfile/replay.h"
#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/trial.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// Of the files that a discarded log would have changed, so many are named.
constexpr std::size_t kLostNamesMax = 20;
// Of hiberfil.sys: the page that winresume looks at first.  All zero, it holds
// no system, and Windows starts anew.
constexpr std::size_t kHibernationHeaderSize = 4096;

// The numbers of the records of $MFT that lie in `changes`.
std::vector<std::uint64_t> changed_records(
    const BootSector& boot, const _ntfs_volume* volume,
    const std::vector<Overlay::Change>& changes) {
  std::vector<std::uint64_t> records;
  const runlist_element* run = volume->mft_na->rl;
  for (; run != nullptr && run->length > 0; ++run) {
    if (run->lcn < 0) continue;
    std::uint64_t start = static_cast<std::uint64_t>(run->lcn) * boot.cluster_size;
    std::uint64_t end =
        start + static_cast<std::uint64_t>(run->length) * boot.cluster_size;
    std::uint64_t logical = static_cast<std::uint64_t>(run->vcn) * boot.cluster_size;
    for (const Overlay::Change& change : changes) {
      std::uint64_t first = std::max(start, change.offset);
      std::uint64_t last = std::min(end, change.offset + change.after.size());
      if (first >= last) continue;
      std::uint64_t record = (logical + first - start) / boot.record_size;
      std::uint64_t until = (logical + last - 1 - start) / boot.record_size;
      for (; record <= until; ++record) records.push_back(record);
    }
  }
  std::ranges::sort(records);
  records.erase(std::unique(records.begin(), records.end()), records.end());
  return records;
}

// `64 (pagefile.sys)`: a record and its longest name, where it has one.
std::string record_words(Mount& mount, std::uint64_t record) {
  auto inode = Inode::open(mount, {.record = record});
  if (!inode) return fmt::format("{}", record);
  auto names = names_of(*inode);
  if (!names || names->empty()) return fmt::format("{}", record);
  auto longest = std::ranges::max_element(
      *names, {}, [](const NameRecord& name) { return name.name.size(); });
  return fmt::format("{} ({})", record, to_utf8(longest->name));
}

}  // namespace

Error not_clean(const VolumeCondition& condition) {
  std::string advice = "let Windows start from it once and shut down fully";
  if (condition.has(VolumeState::hibernated)) {
    advice += ", or give its memory up with --discard-hibernation";
  }
  if (condition.has(VolumeState::log_unfinished)) {
    advice += ", or give the unfinished work up with --unclean discard";
  } else if (condition.has(VolumeState::dirty)) {
    advice +=
        ", run chkdsk on it, let `repair` look at it, or take it as it is with "
        "--unclean discard";
  }
  std::string replay = condition.replay_problem.empty()
                           ? ""
                           : "; it can't be replayed: " + condition.replay_problem;
  return Error(Errc::busy,
               fmt::format("the volume isn't clean: {}{}; {}",
                           fmt::join(condition.reasons, "; "), replay, advice));
}

// busy where the volume's condition, and what was asked for, forbid a change.
Done Mount::check_settle() const {
  if (!options_.writable) {
    return Error(Errc::read_only, "this volume was opened for reading only");
  }
  if (!operations_.device()->writable()) {
    return Error(Errc::read_only, "the device under this volume isn't writable");
  }
  if (condition_.has(VolumeState::hibernated) && !options_.discard_hibernation) {
    return not_clean(condition_);
  }
  if (options_.unclean == Unclean::discard) return {};
  bool unreplayed = condition_.has(VolumeState::log_unfinished) && !condition_.replay;
  // The dirty mark alone forbids nothing: Windows, too, writes to such a volume,
  // and the mark stays.
  // A replay ends with a mirror that is written anew.
  bool torn = chkdsk_underway_ || (mirror_torn_ && !condition_.replay);
  if (unreplayed || torn) return not_clean(condition_);
  return {};
}

Done Mount::settle() {
  if (settled_) return {};
  TRY(check_settle());
  if (trial_ != nullptr) TRY(trial_(unfinished_.below(), options_));
  trial_ = nullptr;
  if (!condition_.clean()) TRY(begin());
  NVolClearReadOnly(volume_);
  operations_.allow_writes();
  TRY(settle_log());
  TRY(settle_mirror());
  TRY(settle_hibernation());
  if (condition_.clean()) condition_.reasons.clear();
  settled_ = true;
  return {};
}

Done Mount::settle_log() {
  if (!condition_.has(VolumeState::log_unfinished)) return {};
  std::string before = fmt::format("{}", fmt::join(condition_.reasons, "; "));
  if (options_.unclean != Unclean::discard) {
    TRY(unfinished_.carry());
    operations_.set_device(unfinished_.device());
    settlements_.push_back({.kind = "volume.replay",
                            .before = std::move(before),
                            .after = describe(*condition_.replay)});
  } else {
    std::string lost = lost_words();
    TRY(unfinished_.give_up());
    TRY(mark_dirty());
    settlements_.push_back(
        {.kind = "volume.discard",
         .before = std::move(before),
         .after = "its log is empty, and Windows will run chkdsk at its next start; " +
                  lost});
  }
  std::erase(condition_.states, VolumeState::log_unfinished);
  condition_.replay.reset();
  condition_.replay_problem.clear();
  return {};
}

// What giving the log up loses, as a clause.
std::string Mount::lost_words() {
  auto lost = unfinished_.lost();
  if (!lost) {
    return fmt::format("what is lost can't be listed: {}", lost.error().describe());
  }
  std::vector<std::uint64_t> records = changed_records(boot_sector_, volume_, *lost);
  if (lost->empty()) return "nothing in it was missing from the volume";
  std::vector<std::string> names;
  for (std::uint64_t record : records) {
    if (names.size() == kLostNamesMax) {
      names.push_back("...");
      break;
    }
    names.push_back(record_words(*this, record));
  }
  return fmt::format(
      "lost are changes of {} bytes, of {} records of $MFT: {}",
      std::accumulate(lost->begin(), lost->end(), std::size_t{0},
                      [](std::size_t sum, const Overlay::Change& change) {
                        return sum + change.after.size();
                      }),
      records.size(), fmt::join(names, ", "));
}

// Writes the mirror anew where it isn't what $MFT is.
Done Mount::settle_mirror() {
  if (!mirror_differs_) return {};
  ByteVector records(boot_sector_.mirror_size());
  TRY(operations_.device()->read(boot_sector_.mft_offset, records));
  TRY(operations_.device()->write(boot_sector_.mirror_offset, records));
  operations_.redirect({});
  mirror_differs_ = false;
  return {};
}

Done Mount::mark_dirty() {
  le16 flags = volume_->flags;
  flags = cpu_to_le16(le16_to_cpu(flags) | kVolumeIsDirty);
  if (ntfs_volume_write_flags(volume_, flags) != 0) {
    return failure("marking the volume as dirty");
  }
  if (!condition_.has(VolumeState::dirty)) {
    condition_.states.push_back(VolumeState::dirty);
  }
  return {};
}

// The first page of hiberfil.sys.
Done Mount::zero_start(Reference hibernation_file) {
  Inode file = TRY(Inode::open(*this, hibernation_file));
  {
    auto data = TRY(Attribute::open(file, le32_to_cpu(AT_DATA)));
    if (!data || data->get()->data_size == 0) return {};
    std::array<std::byte, kHibernationHeaderSize> zeros{};
    s64 size = std::min<s64>(data->get()->data_size, zeros.size());
    if (ntfs_attr_pwrite(data->get(), 0, size, zeros.data()) != size) {
      return failure("writing hiberfil.sys");
    }
  }
  return file.close();
}

// Takes Windows' memory of the volume away: a log that was closed for a fast
// start is closed for good, and hiberfil.sys loses its first page.
Done Mount::settle_hibernation() {
  if (!condition_.has(VolumeState::hibernated)) return {};
  std::string before = fmt::format("{}", fmt::join(condition_.reasons, "; "));
  TRY(close_log(*operations_.device()));
  TRY(begin());
  Inode root = TRY(Inode::open(*this, {.record = kRootRecord}));
  auto found = TRY(look_up(root, u"hiberfil.sys"));
  TRY(root.close());
  if (found) TRY(zero_start(*found));
  settlements_.push_back({.kind = "hibernation.discard",
                          .before = std::move(before),
                          .after = "what Windows remembered is given up: it will start "
                                   "anew, without what was open in it"});
  std::erase(condition_.states, VolumeState::hibernated);
  return {};
}

}  // namespace drydock::ntfs
