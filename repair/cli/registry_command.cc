// drydock reg: the words of reg.exe on an image, or on a bare hive.

#include <nlohmann/json.hpp>

#include "repair/cli/bare_hive.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/cli/reg_command.h"
#include "repair/cli/reg_words.h"
#include "repair/control_sets.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

constexpr std::string_view kBootStore = "BCD00000000";

Result<const repair::Installation*> installation_of(const repair::Disk& disk,
                                                    std::size_t index) {
  if (index < disk.installations().size()) return disk.installations()[index].get();
  return Error(Errc::not_found,
               "there is no Windows on this disk whose registry this "
               "could be");
}

Result<hive::Hive> open_hive(const repair::Installation& windows,
                             const std::string& name) {
  if (name == kBootStore) return windows.open_boot_store();
  return windows.open_hive(name).in(windows.disk().show(windows.hive_path(name)));
}

Result<repair::GuestPath> path_of(const repair::Installation& windows,
                                  const std::string& name) {
  if (name != kBootStore) return windows.hive_path(name);
  if (windows.boot().bcd) return *windows.boot().bcd;
  return Error(Errc::not_found, "this Windows has no boot store");
}

// What CurrentControlSet is of a hive that lies still: the set that Select
// calls Current.
Result<std::string> path_to_read(const hive::Hive& hive, const RegKey& key) {
  auto rest = repair::below_current_control_set(key.path);
  if (!rest) return key.path;
  repair::ControlSets sets = TRY(repair::read_control_sets(hive));
  std::string path = repair::control_set_name(sets.current);
  return rest->empty() ? path : path + "\\" + std::string(*rest);
}

Done print(const RegQuery& query, const hive::Hive& hive, Report& report) {
  std::string path = TRY(path_to_read(hive, query.key));
  if (!report.json()) {
    report.print(TRY(print_reg(query, hive, path)));
    return {};
  }
  auto document = nlohmann::json::parse(TRY(json_of_reg(query, hive, path)));
  document["recovery"] = to_json(hive.recovery());
  report.document(std::move(document));
  return {};
}

Exit query_image(const WordsRequest& request, const RegQuery& query, Report& report) {
  auto done = [&]() -> Done {
    repair::View view =
        TRY(repair::open_view(request.target, request.change.disk.parent_paths()));
    report.track(view.file);
    note_image(view, report);
    auto disk =
        TRY(repair::open_disk(view, request.change.disk.options()).in(request.target));
    const repair::Installation& windows =
        *TRY(installation_of(*disk, request.change.installation.value_or(0)));
    note_volume(*disk, windows.partition(), report);
    hive::Hive hive = TRY(open_hive(windows, query.key.hive));
    note_recovery(hive, query.key.hive, report);
    return print(query, hive, report);
  }();
  return done ? Exit::done : report.fail(done.error());
}

// Where the edit goes: the key itself, or for CurrentControlSet the key in each
// set that the next start may use.
Result<repair::CurrentKeys> paths_to_edit(const hive::Hive& hive, const RegKey& key) {
  auto rest = repair::below_current_control_set(key.path);
  if (!rest) return repair::CurrentKeys{.keys = {key.path}, .notes = {}};
  return repair::keys_in_control_sets(TRY(repair::read_control_sets(hive)), *rest);
}

Result<std::vector<repair::Action>> actions_of(const RegCommand& command,
                                               const hive::Hive& hive,
                                               const repair::GuestPath& where,
                                               const std::vector<std::string>& paths) {
  if (const auto* add = std::get_if<RegAdd>(&command)) {
    return plan_reg(*add, where, paths);
  }
  return plan_reg(std::get<RegDelete>(command), hive, where, paths);
}

const RegKey& key_of(const RegCommand& command) {
  return std::visit([](const auto& words) -> const RegKey& { return words.key; },
                    command);
}

Exit change_hive(const WordsRequest& request, const RegCommand& command,
                 const std::string& what, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    const repair::Installation& windows = *TRY(installation_of(disk, installation));
    const RegKey& key = key_of(command);
    hive::Hive hive = TRY(open_hive(windows, key.hive));
    auto paths = TRY(paths_to_edit(hive, key));
    repair::GuestPath where = TRY(path_of(windows, key.hive));
    repair::Plan plan;
    for (repair::Action& action : TRY(actions_of(command, hive, where, paths.keys))) {
      plan.edits.push_back({.action = std::move(action), .why = what});
    }
    plan.notes = std::move(paths.notes);
    add_recovery_note(hive, plan.notes);
    return plan;
  };
  return change_image(request.target, request.change, what, make_plan, report);
}

Exit change_bare(const WordsRequest& request, const RegCommand& command,
                 Report& report) {
  auto actions = [&]() -> Result<std::vector<repair::Action>> {
    hive::Hive hive = TRY(open_bare_hive(request.target, report));
    auto paths = TRY(paths_to_edit(hive, key_of(command)));
    return actions_of(command, hive, {}, paths.keys);
  }();
  if (!actions) return report.fail(actions.error());
  return change_bare_hive(request.target, request.change.dry_run, *actions, report);
}

}  // namespace

Exit reg(const WordsRequest& request, Report& report) {
  if (request.target.empty()) {
    return report.fail(Error(Errc::bad_argument, "name an image or a hive"),
                       Exit::usage);
  }
  bool bare = is_bare_hive(request.target);
  auto command = parse_reg(request.words, bare ? RegRoot::optional : RegRoot::named);
  if (!command) return report.fail(command.error(), Exit::usage);
  if (const auto* query = std::get_if<RegQuery>(&*command)) {
    if (!bare) return query_image(request, *query, report);
    auto hive = open_bare_hive(request.target, report);
    if (!hive) return report.fail(hive.error());
    Done done = print(*query, *hive, report).in(request.target);
    return done ? Exit::done : report.fail(done.error());
  }
  if (bare) return change_bare(request, *command, report);
  std::string what = "reg";
  for (const std::string& word : request.words) what += " " + word;
  return change_hive(request, *command, what, report);
}

}  // namespace drydock::cli
