#include "ntfs/check/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/check/inquiry.h"
#include "ntfs/check/ledger.h"
#include "ntfs/check/record_check.h"
#include "ntfs/check/secure.h"
#include "ntfs/check/system_files.h"
#include "ntfs/ntfs/unfinished.h"
#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/overlay.h"

namespace drydock::ntfs {

namespace {

// A gigabyte of sums; Windows' own limit is 2^32 - 1 files.
constexpr std::uint64_t kRecordCountMax = std::uint64_t{1} << 27;
// Windows' own limit.
constexpr std::uint64_t kClusterCountMax = std::uint64_t{1} << 32;
// $MFT and $Bitmap are read in such pieces.
constexpr std::size_t kReadSize = 1 << 20;

// Which parts of the work are done, in bytes of $MFT for each walk.
struct Walked {
  Progress progress;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

Done walk_records(Survey& survey, Walked& walked) {
  const FileTable& table = survey.table;
  std::uint32_t size = table.boot().record_size;
  ByteVector records(kReadSize);
  std::uint64_t at_once = kReadSize / size;
  for (std::uint64_t first = 0; first < table.record_count(); first += at_once) {
    std::uint64_t count = std::min(at_once, table.record_count() - first);
    MutableBytes bytes = MutableBytes(records).first(count * size);
    TRY(table.data().read(first * size, bytes).in("$MFT"));
    for (std::uint64_t i = 0; i < count; ++i) {
      check_record(survey, first + i, bytes.subspan(i * size, size));
    }
    walked.done += bytes.size();
    if (walked.progress) TRY(walked.progress(walked.done, walked.total));
  }
  return {};
}

// Compares what was claimed with $Bitmap; returns the clusters in use that are
// marked free.
class BitmapCheck {
 public:
  BitmapCheck(const FileTable& table, const ClusterMap& claimed, ProblemList& report)
      : table_(table), claimed_(claimed), report_(report) {}

  std::vector<Disputed> run() {
    auto compared = compare();
    if (!compared) {
      report_.error("bitmap.data", {.record = kBitmapRecord},
                    compared.error().describe());
    }
    if (unowned_count_ != 0) {
      report_.warning("clusters.unowned",
                      {.record = kBitmapRecord, .cluster = unowned_first_},
                      fmt::format("{} clusters are marked in use, and nobody has them",
                                  unowned_count_));
    }
    return std::move(free_);
  }

 private:
  Done compare() {
    auto record = TRY(table_.read(kBitmapRecord));
    auto data = TRY(table_.find(record, kDataType, u""));
    std::uint64_t size = checked::div_up(table_.cluster_count(), 8);
    if (!data || data->size() < size) {
      return Error(Errc::corrupt,
                   fmt::format("{} bytes for {} clusters", data ? data->size() : 0,
                               table_.cluster_count()));
    }
    ByteVector bytes(kReadSize);
    for (std::uint64_t at = 0; at < size; at += kReadSize) {
      std::uint64_t part = std::min<std::uint64_t>(kReadSize, size - at);
      std::ranges::fill(bytes, std::byte{0});
      TRY(data->read(at, MutableBytes(bytes).first(part)));
      for (std::uint64_t i = 0; i < part; i += 8) {
        compare_word((at + i) * 8, *load<le64>(bytes, i));
      }
    }
    return {};
  }

  // Bits behind the last cluster are set, and are nobody's.
  void compare_word(std::uint64_t first, std::uint64_t marked) {
    std::uint64_t claimed = claimed_.word(first);
    if (claimed == marked) return;
    std::uint64_t end = std::min<std::uint64_t>(64, table_.cluster_count() - first);
    for (std::uint64_t i = 0; i < end; ++i) {
      bool in_use = (claimed >> i & 1) != 0;
      if (in_use == ((marked >> i & 1) != 0)) continue;
      if (in_use) {
        add_free(first + i);
      } else if (unowned_count_++ == 0) {
        unowned_first_ = first + i;
      }
    }
  }
  void add_free(std::uint64_t cluster) {
    bool joins = !free_.empty() && free_.back().first + free_.back().count == cluster;
    if (joins) {
      ++free_.back().count;
    } else if (free_.size() < kProblemCountMax) {
      free_.push_back({.first = cluster, .count = 1, .shared = false});
    }
  }

  const FileTable& table_;
  const ClusterMap& claimed_;
  ProblemList& report_;
  std::vector<Disputed> free_;
  std::uint64_t unowned_count_ = 0;
  std::uint64_t unowned_first_ = 0;
};

void add_paths(const FileTable& table, VolumeCheck& check) {
  for (VolumeProblem& problem : check.problems) {
    if (!problem.record) continue;
    std::string path = path_of(table, *problem.record);
    std::string shown = fmt::format("record {}", *problem.record);
    if (!path.empty() && problem.where.starts_with(shown)) {
      problem.where.insert(shown.size(), " " + path);
    }
  }
}

Done check_size(const FileTable& table) {
  if (table.record_count() > kRecordCountMax ||
      table.cluster_count() > kClusterCountMax) {
    return Error(Errc::unsupported,
                 fmt::format("{} file records and {} clusters are more than a check "
                             "here can hold",
                             table.record_count(), table.cluster_count()));
  }
  return {};
}

Done check_table(const FileTable& table, ProblemList& report,
                 const Progress& progress) {
  TRY(check_size(table));
  if (table.from_mirror()) {
    report.error("mft.record", {.record = kMftRecord},
                 "$MFT's own record can't be believed; the mirror's was read");
  }
  check_mirror(table, report);
  check_volume_record(table, report);
  check_bad_clusters(table, report);
  Ledger ledger(table.record_count(), table.cluster_count());
  SystemFacts facts;
  Survey survey{table, facts, report, ledger, WalkBudget(table)};
  facts.record_bitmap = read_record_bitmap(table, report);
  facts.upcase = check_upcase(table, report);
  facts.security_ids = check_secure(survey);
  survey.counts = {};
  std::uint64_t size = table.record_count() * table.boot().record_size;
  // A second walk, where one is needed, makes the work longer than was said.
  Walked walked{.progress = progress, .total = size};
  TRY(walk_records(survey, walked));
  report.result().counts = {{"files", survey.counts.files},
                            {"directories", survey.counts.directories},
                            {"names", survey.counts.index_entries}};

  std::vector<Disputed> disputed = BitmapCheck(table, ledger.claimed(), report).run();
  disputed.insert(disputed.end(), ledger.shared().begin(), ledger.shared().end());
  auto suspects = ledger.suspects(kProblemCountMax);
  if (disputed.empty() && suspects.empty()) return {};
  Inquiry inquiry(suspects, std::move(disputed));
  ProblemList told_already;
  Survey again{table, facts, told_already, inquiry, WalkBudget(table)};
  Walked second{.progress = {}, .total = size};
  TRY(walk_records(again, second));
  inquiry.conclude(table, report);
  return {};
}

// The volume with its boot sector in its place, for whoever looks for it there.
Result<DevicePtr> with_boot_sector(const DevicePtr& device,
                                   const FoundBootSector& boot) {
  if (!boot.from_copy) return device;
  auto overlay = std::make_shared<Overlay>(device);
  TRY(overlay->write(0, boot.bytes));
  return overlay;
}

}  // namespace

Result<VolumeCheck> check_ntfs(const DevicePtr& device, const Progress& progress) {
  ProblemList report;
  VolumeCheck& result = report.result();
  result.file_system = "ntfs";
  FoundBootSector boot = TRY(check_boot_sectors(*device, report));
  auto unfinished =
      TRY(Unfinished::examine(TRY(with_boot_sector(device, boot)), Unclean::automatic));
  result.replay = unfinished.replay();
  if (!unfinished.problem().empty()) {
    report.unchecked("the volume with its log's work in it: " + unfinished.problem());
  }
  auto table = FileTable::open(*unfinished.device(), boot.boot);
  if (!table && table.error().code() == Errc::io) return std::move(table).error();
  if (!table) {
    report.error("mft.record", {.part = "$MFT"}, table.error().describe());
    report.unchecked("all that $MFT leads to");
    return std::move(result);
  }
  TRY(check_table(*table, report, progress));
  add_paths(*table, result);
  return std::move(result);
}

bool has_boot_copy(const BlockDevice& device) {
  auto copy = find_boot_copy(device);
  return static_cast<bool>(copy);
}

}  // namespace drydock::ntfs
