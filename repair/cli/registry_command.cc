// drydock reg: the words of reg.exe on an image, or on a bare hive.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/bare_hive.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/hive/subtree.h"
#include "repair/installation.h"
#include "repair/reg/compare.h"
#include "repair/reg/edits.h"
#include "repair/reg/export.h"
#include "repair/reg/hives.h"
#include "repair/reg/query.h"
#include "repair/reg/words.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

constexpr std::string_view kSuccess = "The operation completed successfully.\n";

Result<const repair::Installation*> installation_of(const repair::Disk& disk,
                                                    std::size_t index) {
  if (index < disk.installations().size()) return disk.installations()[index].get();
  return Error(Errc::not_found,
               "there is no Windows on this disk whose registry this "
               "could be");
}

// ---- Commands that look.  Each prints, and gives the exit code.

Result<Exit> look(const reg::Query& query, reg::Hives& hives, Report& report) {
  reg::Hives::Place place = TRY(hives.open(query.key));
  std::string path = TRY(path_to_read(*place.hive, query.key));
  reg::Answer answer = TRY(reg::answer(query, *place.hive, path));
  if (report.json()) {
    auto document = nlohmann::json::parse(reg::to_json_text(query, answer));
    document["recovery"] = to_json(place.hive->recovery());
    report.document(std::move(document));
  } else {
    report.print(reg::print(query, answer));
  }
  return answer.match_count == 0 ? Exit::faults : Exit::done;
}

Result<reg::Side> side_of(const reg::KeyName& key, reg::Hives& hives) {
  reg::Hives::Place place = TRY(hives.open(key));
  std::string path = TRY(path_to_read(*place.hive, key));
  return reg::Side{.hive = place.hive, .path = std::move(path), .name = key.name()};
}

Result<Exit> look(const reg::Compare& compare, reg::Hives& hives, Report& report) {
  reg::Side first = TRY(side_of(compare.first, hives));
  reg::Side second = TRY(side_of(compare.second, hives));
  auto pairs = TRY(reg::compare(compare, first, second));
  if (report.json()) {
    report.document(nlohmann::json::parse(reg::to_json_text(pairs, first, second)));
  } else {
    report.print(reg::print(compare, pairs, first, second));
  }
  return all_alike(pairs) ? Exit::done : Exit::faults;
}

Done write_new(const std::string& path, bool replaces, Bytes bytes) {
  std::error_code ignored;
  if (!replaces && std::filesystem::exists(path, ignored)) {
    return Error(Errc::bad_argument, "there is a file here already (/y replaces it)")
        .in(path);
  }
  HostFile file = TRY(HostFile::create_new(path, Existing::replace));
  TRY(file.append(bytes));
  return file.keep();
}

void report_written(const reg::KeyName& key, const std::string& file, std::size_t size,
                    Report& report) {
  report.print(kSuccess);
  report.document({{"key", key.name()}, {"file", file}, {"bytes", size}});
}

Result<Exit> look(const reg::Export& command, reg::Hives& hives, Report& report) {
  reg::Hives::Place place = TRY(hives.open(command.key));
  std::string path = TRY(path_to_read(*place.hive, command.key));
  hive::Key key = TRY(place.hive->find(path).in(command.key.name()));
  ByteVector text = TRY(reg::export_key(*place.hive, key, command.key.name()));
  TRY(write_new(command.file, command.replaces, text));
  report_written(command.key, command.file, text.size(), report);
  return Exit::done;
}

Result<Exit> look(const reg::Save& command, reg::Hives& hives, Report& report) {
  reg::Hives::Place place = TRY(hives.open(command.key));
  std::string path = TRY(path_to_read(*place.hive, command.key));
  hive::Key key = TRY(place.hive->find(path).in(command.key.name()));
  ByteVector saved = TRY(hive::save_key(*place.hive, key).in(command.key.name()));
  TRY(write_new(command.file, command.replaces, saved));
  report_written(command.key, command.file, saved.size(), report);
  return Exit::done;
}

template <class Edit>
Result<Exit> look(const Edit&, reg::Hives&, Report&) {
  return Error(Errc::bad_argument, "an edit shows nothing");
}

Result<Exit> look_at(const reg::Command& command, reg::Hives& hives, Report& report) {
  return std::visit([&](const auto& words) { return look(words, hives, report); },
                    command);
}

Exit look_at_image(const WordsRequest& request, const reg::Command& command,
                   Report& report) {
  auto exit = [&]() -> Result<Exit> {
    repair::View view =
        TRY(repair::open_view(request.target, request.change.disk.parent_paths()));
    report.track(view.file);
    note_image(view, report);
    auto disk =
        TRY(repair::open_disk(view, request.change.disk.options()).in(request.target));
    const repair::Installation& windows =
        *TRY(installation_of(*disk, request.change.installation.value_or(0)));
    note_volume(*disk, windows.partition(), report);
    reg::Hives hives(windows);
    auto looked = look_at(command, hives, report);
    for (const auto& [name, hive] : hives.opened()) note_recovery(*hive, name, report);
    return looked;
  }();
  return exit ? *exit : report.fail(exit.error());
}

// A bare hive has the name of its file, where the words have none for it: a .reg
// file without a root is none.
reg::Command with_root(reg::Command command, const std::string& file) {
  auto* written = std::get_if<reg::Export>(&command);
  if (written != nullptr && written->key.root.empty()) {
    written->key.root =
        "HKEY_LOCAL_MACHINE\\" + std::filesystem::path(file).filename().string();
  }
  return command;
}

Exit look_at_bare(const WordsRequest& request, const reg::Command& command,
                  Report& report) {
  auto hive = open_bare_hive(request.target, report);
  if (!hive) return report.fail(hive.error());
  reg::Hives hives(*std::move(hive));
  auto exit =
      look_at(with_root(command, request.target), hives, report).in(request.target);
  return exit ? *exit : report.fail(exit.error());
}

// ---- Commands that edit.

// What of the host a command is about.
struct Source {
  std::vector<reg_file::Section> sections;  // of import
  std::optional<hive::Hive> hive;           // of restore
};

Result<Source> read_source(const reg::Command& command, Report& report) {
  Source source;
  if (const auto* import = std::get_if<reg::Import>(&command)) {
    ByteVector file = import->file == "-"
                          ? TRY(read_standard_input(reg_file::kFileSizeMax))
                          : TRY(read_host_file(import->file, reg_file::kFileSizeMax));
    source.sections = TRY(reg_file::read(file).in(import->file));
  }
  if (const auto* restore = std::get_if<reg::Restore>(&command)) {
    source.hive = TRY(open_bare_hive(restore->file, report));
  }
  return source;
}

// What the command comes to.
struct Planner {
  const Source& source;
  reg::Root root;
  reg::Hives& hives;
  std::vector<std::string>& notes;

  using Actions = Result<std::vector<repair::Action>>;
  Actions operator()(const reg::Add& add) const { return reg::plan(add, hives, notes); }
  Actions operator()(const reg::Delete& remove) const {
    return reg::plan(remove, hives, notes);
  }
  Actions operator()(const reg::Copy& copy) const {
    return reg::plan(copy, hives, notes);
  }
  Actions operator()(const reg::Import& import) const {
    return reg::plan(import, source.sections, root, hives, notes).in(import.file);
  }
  Actions operator()(const reg::Restore& restore) const {
    return reg::plan(restore, *source.hive, hives, notes);
  }
  template <class Look>
  Actions operator()(const Look&) const {
    return Error(Errc::bad_argument, "this edits nothing");
  }
};

bool only_looks(const reg::Command& command) {
  return std::holds_alternative<reg::Query>(command) ||
         std::holds_alternative<reg::Compare>(command) ||
         std::holds_alternative<reg::Export>(command) ||
         std::holds_alternative<reg::Save>(command);
}

Exit change_hives(const WordsRequest& request, const reg::Command& command,
                  const Source& source, Report& report) {
  std::string what = "reg";
  for (const std::string& word : request.words) what += " " + word;
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    reg::Hives hives(*TRY(installation_of(disk, installation)));
    repair::Plan plan;
    Planner planner{.source = source,
                    .root = reg::Root::named,
                    .hives = hives,
                    .notes = plan.notes};
    for (repair::Action& action : TRY(std::visit(planner, command))) {
      plan.edits.push_back({.action = std::move(action), .why = what});
    }
    for (const auto& [name, hive] : hives.opened()) {
      add_recovery_note(*hive, plan.notes);
    }
    return plan;
  };
  return change_image(request.target, request.change, what, make_plan, report);
}

Exit change_bare(const WordsRequest& request, const reg::Command& command,
                 const Source& source, Report& report) {
  auto actions = [&]() -> Result<std::vector<repair::Action>> {
    reg::Hives hives(TRY(open_bare_hive(request.target, report)));
    std::vector<std::string> notes;
    return std::visit(Planner{.source = source,
                              .root = reg::Root::optional,
                              .hives = hives,
                              .notes = notes},
                      command);
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
  auto command =
      reg::parse(request.words, bare ? reg::Root::optional : reg::Root::named);
  if (!command) return report.fail(command.error(), Exit::usage);
  if (only_looks(*command)) {
    return bare ? look_at_bare(request, *command, report)
                : look_at_image(request, *command, report);
  }
  auto source = read_source(*command, report);
  if (!source) return report.fail(source.error());
  return bare ? change_bare(request, *command, *source, report)
              : change_hives(request, *command, *source, report);
}

}  // namespace drydock::cli
