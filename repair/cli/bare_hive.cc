#include "repair/cli/bare_hive.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "repair/cli/calm_commit.h"
#include "repair/cli/change.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/hive_editor.h"
#include "repair/hive_logs.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/memory_device.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

// The names beside `path` that are a log's, in the order of the alphabet.
Result<std::vector<std::filesystem::path>> log_paths(
    const std::filesystem::path& path) {
  std::vector<std::string> wanted;
  for (std::string_view suffix : repair::kLogSuffixes) {
    wanted.push_back(ascii_lower(path.filename().string() + std::string(suffix)));
  }
  std::vector<std::filesystem::path> paths;
  std::error_code problem;
  std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::filesystem::directory_iterator entries(folder, problem);
  for (; !problem && entries != std::filesystem::directory_iterator();
       entries.increment(problem)) {
    std::string name = ascii_lower(entries->path().filename().string());
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
      paths.push_back(entries->path());
    }
  }
  if (problem) return Error(Errc::io, problem.message()).in(folder.string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// What a hive that is written back beside its logs must be numbered at least.
Result<std::uint32_t> sequence_above_logs(const std::string& path, Report& report) {
  auto logs = read_bare_logs(path, report);
  if (!logs && logs.error().code() == Errc::not_found) return 0;
  std::uint32_t greatest = 0;
  for (const hive::LogFile& log : TRY(std::move(logs))) {
    greatest = std::max(greatest, hive::greatest_sequence(log.bytes));
  }
  if (greatest < UINT32_MAX) return greatest + 1;
  return Error(Errc::unsupported,
               "its logs hold the greatest sequence number there is");
}

Result<hive::Hive> open_recovered(const FileDevice& file, const std::string& path,
                                  Report& report) {
  return hive::Hive::open(file, [&] { return read_bare_logs(path, report); }).in(path);
}

Done replace(const std::string& path, Bytes bytes) {
  CalmCommit calm;
  HostFile target = TRY(HostFile::create(path));
  TRY(target.append(bytes));
  return target.keep();
}

Result<std::vector<repair::Outcome>> edit(const std::string& path, bool dry_run,
                                          const std::vector<repair::Action>& actions,
                                          Report& report) {
  // Held for writing until the new file has its name: nobody edits it meanwhile.
  auto file = TRY(FileDevice::open(path, {.writable = !dry_run}));
  report.track(file);
  hive::Hive hive = TRY(open_recovered(*file, path, report));
  repair::HiveEditor editor(hive, path);
  std::vector<repair::Outcome> outcomes;
  for (const repair::Action& action : actions) {
    outcomes.push_back(TRY(editor.apply(action)));
  }
  if (!editor.changed()) return outcomes;
  std::uint32_t sequence_min = TRY(sequence_above_logs(path, report));
  ByteVector bytes = TRY(hive.save({.sequence_min = sequence_min}).in(path));
  MemoryDevice saved(bytes);
  TRY(editor.check(TRY(hive::Hive::open(saved).in(path))));
  if (dry_run) return outcomes;
  TRY(replace(path, bytes));
  return outcomes;
}

}  // namespace

bool is_bare_hive(const std::string& path) {
  auto file = FileDevice::open(path);
  ByteVector start(4);
  return file && (*file)->size() >= start.size() && (*file)->read(0, start) &&
         as_text(start) == "regf";
}

Result<std::vector<hive::LogFile>> read_bare_logs(const std::string& path,
                                                  Report& report) {
  std::vector<hive::LogFile> logs;
  for (const std::filesystem::path& log : TRY(log_paths(path))) {
    std::string name = log.filename().string();
    auto file = TRY(FileDevice::open(log).in(name));
    ByteVector bytes =
        TRY(read_bytes(*file, 0, file->size(), hive::kLogSizeMax).in(name));
    report.count(file->traffic());
    logs.push_back({.name = std::move(name), .bytes = std::move(bytes)});
  }
  if (!logs.empty()) return logs;
  return Error(Errc::not_found, "no log lies beside it");
}

Result<hive::Hive> open_bare_hive(const std::string& path, Report& report) {
  auto file = TRY(FileDevice::open(path));
  auto hive = open_recovered(*file, path, report);
  report.count(file->traffic());
  if (hive) note_recovery(*hive, path, report);
  return hive;
}

void note_recovery(const hive::Hive& hive, const std::string& name, Report& report) {
  std::string words = describe(hive.recovery());
  if (words.empty()) return;
  report.note(fmt::format("drydock: {}: {}{}\n", name, words,
                          hive.dirty() ? "; it is shown as it lies" : ""));
}

void add_recovery_note(const hive::Hive& hive, std::vector<std::string>& notes) {
  std::string words = describe(hive.recovery());
  if (!words.empty()) notes.push_back(std::move(words));
}

Done settle_bare_hive(const std::string& path, const hive::Hive& hive, Report& report) {
  std::uint32_t sequence_min = TRY(sequence_above_logs(path, report));
  return replace(path, TRY(hive.save({.sequence_min = sequence_min}))).in(path);
}

Exit change_bare_hive(const std::string& path, bool dry_run,
                      const std::vector<repair::Action>& actions, Report& report) {
  auto outcomes = edit(path, dry_run, actions, report);
  if (!outcomes) return report.fail(outcomes.error());
  report.print(diff_text(*outcomes));
  if (dry_run) report.print("dry run: nothing was written\n");
  report.document({{"state", dry_run ? "planned" : "repaired"},
                   {"edits", to_json(*outcomes)},
                   {"notes", json::array()},
                   {"journal", nullptr},
                   {"bytes_written", 0}});
  return Exit::done;
}

}  // namespace drydock::cli
