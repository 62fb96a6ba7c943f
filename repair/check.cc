#include "repair/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/open_volume.h"
#include "repair/hive/check.h"
#include "repair/hive_files.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "vhd/base/try.h"
#include "vhd/check.h"
#include "vhd/partition/table.h"
#include "vhd/slice.h"

namespace drydock::repair {

namespace {

// Windows keeps its hives below this.
constexpr std::uint64_t kHiveSizeMax = std::uint64_t{2} << 30;

CheckedPart could_not_tell(std::string what, const Error& error) {
  CheckedPart part{.what = std::move(what), .verdict = Verdict::could_not_tell};
  part.why.push_back(error.describe());
  return part;
}

void add(CheckedPart& part, Severity severity, std::string_view rule, std::string where,
         std::string what) {
  ++(severity == Severity::error ? part.error_count : part.warning_count);
  part.problems.push_back({.severity = severity,
                           .rule = std::string(rule),
                           .what = std::move(what),
                           .where = std::move(where)});
}

void conclude(CheckedPart& part) {
  if (part.verdict == Verdict::could_not_tell) return;
  part.verdict = part.error_count != 0 ? Verdict::fault
                 : part.why.empty()    ? Verdict::healthy
                                       : Verdict::could_not_tell;
}

CheckedPart check_container(const DevicePtr& file, const std::string& what) {
  auto problems = check_image(file);
  if (!problems) return could_not_tell(what, problems.error());
  CheckedPart part{.what = what};
  for (Problem& problem : *problems) {
    add(part, problem.severity, "container", std::move(problem.where),
        std::move(problem.what));
  }
  return part;
}

CheckedPart check_table(const Result<partition::Table>& table) {
  CheckedPart part{.what = "partition table"};
  if (!table) {
    bool broken = table.error().code() == Errc::corrupt;
    if (!broken) return could_not_tell(part.what, table.error());
    add(part, Severity::error, "table", "partition table", table.error().describe());
    return part;
  }
  part.what += fmt::format(" ({})", to_string(table->scheme));
  if (!table->other_copy_problem.empty()) {
    // Who reads the primary alone finds nothing.
    bool primary = table->believed == partition::Copy::primary;
    add(part, primary ? Severity::warning : Severity::error, "table.copy",
        primary ? "backup GPT" : "primary GPT", table->other_copy_problem);
  }
  if (!table->mbr_problem.empty()) {
    add(part, Severity::error, "table.mbr", "protective MBR", table->mbr_problem);
  }
  part.counts.emplace_back("partitions", table->partitions.size());
  return part;
}

// A hive's own check knows two severities by other names.
CheckedPart check_hive_bytes(std::string what, Bytes bytes) {
  CheckedPart part{.what = std::move(what)};
  hive::CheckReport report = hive::check(bytes);
  for (hive::Problem& problem : report.problems) {
    bool fatal = problem.severity == hive::Severity::fatal;
    add(part, fatal ? Severity::error : Severity::warning, "hive",
        std::move(problem.where), std::move(problem.what));
  }
  part.error_count = report.fatal_count;
  part.warning_count = report.odd_count;
  part.counts = {{"keys", report.key_count}, {"values", report.value_count}};
  return part;
}

CheckedPart check_hive(const Disk& disk, const GuestPath& path) {
  std::string what = "hive " + disk.show(path);
  auto recovered = [&]() -> Result<hive::Recovery> {
    FileSystemPtr volume = TRY(disk.volume(path.partition));
    File file = TRY(volume->find(path.path));
    ByteVector bytes = TRY(read_file(file, kHiveSizeMax));
    if (!hive::read_header_facts(bytes).dirty()) {
      return hive::Recovery{.report = {}, .file = std::move(bytes)};
    }
    return hive::recover(std::move(bytes), TRY(read_hive_logs(*volume, path.path)));
  };
  auto recovery = recovered();
  if (!recovery) return could_not_tell(std::move(what), recovery.error());
  CheckedPart part = check_hive_bytes(std::move(what), recovery->file);
  std::string words = hive::describe(recovery->report);
  if (!words.empty()) part.notes.push_back(words);
  if (recovery->report.state == hive::RecoveryState::not_recoverable) {
    part.why.push_back("what Windows would make of its logs");
  }
  return part;
}

CheckedPart check_boot_store(const Installation& windows) {
  CheckedPart part{.what = "boot store " + windows.disk().show(*windows.boot().bcd)};
  auto hive = windows.open_boot_store();
  if (!hive) return could_not_tell(part.what, hive.error());
  auto store = bcd::Store::open(*hive);
  if (!store) {
    add(part, Severity::error, "bcd", part.what, store.error().describe());
    return part;
  }
  auto problems = store->problems();
  if (!problems) return could_not_tell(part.what, problems.error());
  // What isn't understood hides nothing else.
  for (std::string& problem : *problems) {
    add(part, Severity::warning, "bcd", part.what, std::move(problem));
  }
  auto objects = store->objects();
  if (objects) part.counts.emplace_back("objects", objects->size());
  return part;
}

class DiskCheckup {
 public:
  DiskCheckup(const View& view, const VolumeOptions& options, const Progress& progress)
      : view_(view), options_(options), progress_(progress) {}

  Result<DiskCheck> run();

 private:
  void add_part(CheckedPart part) {
    conclude(part);
    check_.parts.push_back(std::move(part));
  }
  void check_containers();
  Done check_volumes(const Disk& disk);
  Result<CheckedPart> check_one_volume(const Disk& disk, std::uint32_t number,
                                       const std::string& file_system);
  void check_windows(const Disk& disk);

  const View& view_;
  const VolumeOptions& options_;
  const Progress& progress_;
  DiskCheck check_;
};

void DiskCheckup::check_containers() {
  std::string format(to_string(view_.image->facts().format));
  add_part(check_container(view_.file, "container (" + format + ")"));
  for (const auto& file : view_.parent_files) {
    add_part(check_container(file, "a parent's container"));
  }
}

Result<CheckedPart> DiskCheckup::check_one_volume(const Disk& disk,
                                                  std::uint32_t number,
                                                  const std::string& file_system) {
  std::string what = fmt::format("partition {}", number);
  if (!file_system.empty()) what += fmt::format(" ({})", file_system);
  DevicePtr device = view_.device;
  if (const partition::Partition* place = disk.find_partition(number)) {
    auto slice = Slice::create(device, place->offset, place->size);
    if (!slice) return could_not_tell(what, slice.error());
    device = *slice;
  }
  auto plain = open_plain(device, options_);
  if (!plain) return could_not_tell(what, plain.error());
  device = *std::move(plain);
  // Being told to stop is no finding.
  std::optional<Error> stopped;
  Progress progress = [&](std::uint64_t done, std::uint64_t total) -> Done {
    Done go_on = progress_ ? progress_(done, total) : Done();
    if (!go_on) stopped.emplace(go_on.error().code(), go_on.error().words());
    return go_on;
  };
  auto check = check_volume(device, progress);
  if (stopped) return std::move(*stopped);
  if (!check && check.error().code() == Errc::corrupt) {
    CheckedPart part{.what = what};
    add(part, Severity::error, "volume", what, check.error().describe());
    return part;
  }
  if (!check) return could_not_tell(what, check.error());
  CheckedPart part{.what = what};
  part.problems = std::move(check->problems);
  part.error_count = check->error_count;
  part.warning_count = check->warning_count;
  part.counts = std::move(check->counts);
  part.why = std::move(check->unchecked);
  if (check->replay && check->replay->redone_count + check->replay->undone_count != 0) {
    part.notes.push_back("as shown after " + describe(*check->replay));
  }
  // A fault that its log may cure is none yet.
  auto volume = disk.volume(number);
  if (!volume) return part;
  auto condition = (*volume)->condition();
  if (condition && !condition->shown_as_found()) {
    for (const std::string& reason : condition->reasons) part.why.push_back(reason);
    part.verdict = Verdict::could_not_tell;
  }
  return part;
}

Done DiskCheckup::check_volumes(const Disk& disk) {
  for (std::uint32_t number : disk.volume_numbers()) {
    auto name = disk.file_system(number);
    std::string file_system = name ? *name : std::string();
    const partition::Partition* place = disk.find_partition(number);
    // Windows keeps this one empty.
    if (place != nullptr && place->type == partition::type::msr &&
        file_system.empty()) {
      continue;
    }
    add_part(TRY(check_one_volume(disk, number, file_system)));
  }
  return {};
}

void DiskCheckup::check_windows(const Disk& disk) {
  for (const auto& windows : disk.installations()) {
    for (const GuestPath& path : hive_files(*windows)) {
      add_part(check_hive(disk, path));
    }
    if (windows->boot().bcd) add_part(check_boot_store(*windows));
  }
}

Result<DiskCheck> DiskCheckup::run() {
  check_containers();
  auto table = partition::read_table(*view_.device);
  add_part(check_table(table));
  if (table) {
    auto disk = TRY(open_disk(view_, options_));
    TRY(check_volumes(*disk));
    check_windows(*disk);
  }
  auto any = [&](Verdict verdict) {
    return std::ranges::any_of(
        check_.parts, [&](const CheckedPart& part) { return part.verdict == verdict; });
  };
  check_.verdict = any(Verdict::fault)            ? Verdict::fault
                   : any(Verdict::could_not_tell) ? Verdict::could_not_tell
                                                  : Verdict::healthy;
  return std::move(check_);
}

}  // namespace

Result<DiskCheck> check_disk(const View& view, const VolumeOptions& options,
                             const Progress& progress) {
  return DiskCheckup(view, options, progress).run();
}

}  // namespace drydock::repair
