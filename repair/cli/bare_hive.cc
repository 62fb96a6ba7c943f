#include "repair/cli/bare_hive.h"

#include <nlohmann/json.hpp>

#include "repair/cli/change.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/hive_editor.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

Result<std::vector<repair::Outcome>> edit(const std::string& path, bool dry_run,
                                          const std::vector<repair::Action>& actions,
                                          Report& report) {
  // Held for writing until the new file has its name: nobody edits it meanwhile.
  auto file = TRY(FileDevice::open(path, {.writable = !dry_run}));
  report.track(file);
  hive::Hive hive = TRY(hive::Hive::open(*file).in(path));
  repair::HiveEditor editor(hive, path);
  std::vector<repair::Outcome> outcomes;
  for (const repair::Action& action : actions) {
    outcomes.push_back(TRY(editor.apply(action)));
  }
  if (!editor.changed()) return outcomes;
  ByteVector bytes = TRY(hive.save().in(path));
  MemoryDevice saved(bytes);
  TRY(editor.check(TRY(hive::Hive::open(saved).in(path))));
  if (dry_run) return outcomes;
  CalmCommit calm;
  HostFile target = TRY(HostFile::create(path));
  TRY(target.append(bytes));
  TRY(target.keep());
  return outcomes;
}

}  // namespace

bool is_bare_hive(const std::string& path) {
  auto file = FileDevice::open(path);
  ByteVector start(4);
  return file && (*file)->size() >= start.size() && (*file)->read(0, start) &&
         as_text(start) == "regf";
}

Result<hive::Hive> open_bare_hive(const std::string& path, Report& report) {
  auto file = TRY(FileDevice::open(path));
  auto hive = hive::Hive::open(*file).in(path);
  report.count(file->traffic());
  return hive;
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
