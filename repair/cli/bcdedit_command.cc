// drydock bcdedit: the words of bcdedit.exe on an image, or on a bare store.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/bcdedit/of_disk.h"
#include "repair/cli/bare_hive.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

// Whose store is meant, and of what.
struct Place {
  const WordsRequest& request;
  std::optional<std::string> guest;  // /store's path
};

Exit print(const bcdedit::Enum& what, hive::Hive& hive, const std::string& name,
           const bcdedit::PartitionNames& names, Report& report) {
  auto printed = [&]() -> Done {
    bcd::Store store = TRY(bcd::Store::open(hive));
    if (!report.json()) {
      report.print(TRY(bcdedit::print(what, store, names)));
      return {};
    }
    auto document =
        nlohmann::json::parse(TRY(bcdedit::to_json_text(what, store, name)));
    document["recovery"] = to_json(hive.recovery());
    report.document(std::move(document));
    return {};
  }();
  return printed ? Exit::done : report.fail(std::move(printed).error().in(name));
}

// A store of a disk, opened for reading.
struct OpenStore {
  std::unique_ptr<repair::View> view;
  std::unique_ptr<repair::Disk> disk;
  repair::GuestPath path;
  std::string name;
  hive::Hive hive;
};

Result<OpenStore> open_store(const Place& place, Report& report) {
  const ChangeOptions& change = place.request.change;
  std::size_t installation = change.installation.value_or(0);
  auto view = std::make_unique<repair::View>(
      TRY(repair::open_view(place.request.target, change.disk.parent_paths())));
  report.track(view->file);
  note_image(*view, report);
  auto disk =
      TRY(repair::open_disk(*view, change.disk.options()).in(place.request.target));
  repair::GuestPath path = TRY(bcdedit::find_store(*disk, place.guest, installation));
  note_volume(*disk, path.partition, report);
  hive::Hive hive = TRY(repair::open_hive(*disk, path));
  std::string name = disk->show(path, installation);
  note_recovery(hive, name, report);
  return OpenStore{.view = std::move(view),
                   .disk = std::move(disk),
                   .path = std::move(path),
                   .name = std::move(name),
                   .hive = std::move(hive)};
}

Exit list_image(const Place& place, const bcdedit::Enum& what, Report& report) {
  auto store = open_store(place, report);
  if (!store) return report.fail(store.error());
  std::size_t installation = place.request.change.installation.value_or(0);
  return print(what, store->hive, store->name,
               bcdedit::names_of(*store->disk, installation), report);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text = "bcdedit";
  for (const std::string& word : words) text += " " + word;
  return text;
}

Exit change_store(const Place& place, const bcdedit::Command& command, Report& report) {
  std::string what = joined(place.request.words);
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath path = TRY(bcdedit::find_store(disk, place.guest, installation));
    hive::Hive hive = TRY(repair::open_hive(disk, path));
    bcd::Store store = TRY(bcd::Store::open(hive).in(disk.show(path)));
    repair::Plan plan;
    for (repair::Action& action :
         TRY(bcdedit::plan(command, store, path, bcdedit::names_of(disk, installation),
                           random_guid)
                 .in(disk.show(path)))) {
      plan.edits.push_back({.action = std::move(action), .why = what});
    }
    add_recovery_note(hive, plan.notes);
    return plan;
  };
  return change_image(place.request.target, place.request.change, what, make_plan,
                      report);
}

Exit change_bare_store(const WordsRequest& request, const std::string& path,
                       const bcdedit::Command& command, Report& report) {
  auto actions = [&]() -> Result<std::vector<repair::Action>> {
    hive::Hive hive = TRY(open_bare_hive(path, report));
    bcd::Store store = TRY(bcd::Store::open(hive).in(path));
    return bcdedit::plan(command, store, {}, {}, random_guid).in(path);
  }();
  if (!actions) return report.fail(actions.error());
  return change_bare_hive(path, request.change.dry_run, *actions, report);
}

// Puts a store into the place of the one that is there, whole.
Exit import_store(const Place& place, const std::string& file, Report& report) {
  std::string what = joined(place.request.words);
  auto imported = open_bare_hive(file, report);
  if (!imported) return report.fail(imported.error());
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath path = TRY(bcdedit::find_store(disk, place.guest, installation));
    repair::Plan plan;
    plan.edits.push_back(
        {.action = TRY(bcdedit::plan_import(disk, path, *imported).in(file)),
         .why = what});
    return plan;
  };
  return change_image(place.request.target, place.request.change, what, make_plan,
                      report);
}

// Says what was written, or would be.
Exit write_store(const std::string& file, const std::string& name, bool dry_run,
                 Result<ByteVector> bytes, Report& report) {
  if (!bytes) return report.fail(std::move(bytes).error().in(name));
  auto written = [&]() -> Done {
    if (dry_run) return {};
    HostFile target = TRY(HostFile::create_new(file, Existing::refuse));
    TRY(target.append(*bytes));
    return target.keep();
  }();
  if (!written) return report.fail(std::move(written).error().in(file));
  report.print(fmt::format("{}: a store of {} bytes{}\n", file, bytes->size(),
                           dry_run ? ", which a dry run doesn't write" : ""));
  report.document({{"store", name}, {"file", file}, {"size", bytes->size()}});
  return Exit::done;
}

Exit export_store(const Place& place, const std::string& bare, const std::string& file,
                  Report& report) {
  bool dry_run = place.request.change.dry_run;
  if (!bare.empty()) {
    auto hive = open_bare_hive(bare, report);
    if (!hive) return report.fail(hive.error());
    return write_store(file, bare, dry_run, bcdedit::export_store(*hive), report);
  }
  auto store = open_store(place, report);
  if (!store) return report.fail(store.error());
  return write_store(file, store->name, dry_run, bcdedit::export_store(store->hive),
                     report);
}

Exit create_store(const std::string& file, bool dry_run, Report& report) {
  return write_store(file, file, dry_run, bcdedit::new_store(), report);
}

// One command of a store, which is bare or of an image.
struct Run {
  const Place& place;
  const bcdedit::Command& command;
  const std::string& bare;
  Report& report;

  Exit operator()(const bcdedit::Enum& what) const {
    if (bare.empty()) return list_image(place, what, report);
    auto hive = open_bare_hive(bare, report);
    if (!hive) return report.fail(hive.error());
    return print(what, *hive, bare, {}, report);
  }
  Exit operator()(const bcdedit::Export& what) const {
    return export_store(place, bare, what.file, report);
  }
  Exit operator()(const bcdedit::Import& what) const {
    if (bare.empty()) return import_store(place, what.file, report);
    return report.fail(
        Error(Errc::bad_argument,
              "/import is of an image's store: a bare one is a file, so copy that"),
        Exit::usage);
  }
  Exit operator()(const bcdedit::CreateStore& what) const {
    return create_store(what.file, place.request.change.dry_run, report);
  }
  template <class Change>
  Exit operator()(const Change&) const {
    if (bare.empty()) return change_store(place, command, report);
    return change_bare_store(place.request, bare, command, report);
  }
};

}  // namespace

Exit bcdedit(const WordsRequest& request, Report& report) {
  auto command = bcdedit::parse(request.words);
  if (!command) return report.fail(command.error(), Exit::usage);
  std::string bare = request.store;
  if (bare.empty() && is_bare_hive(request.target)) bare = request.target;
  bool makes = std::holds_alternative<bcdedit::CreateStore>(command->action);
  if (bare.empty() && request.target.empty() && !makes) {
    return report.fail(Error(Errc::bad_argument, "name an image, or --store FILE"),
                       Exit::usage);
  }
  if (!bare.empty() && command->store) {
    return report.fail(
        Error(Errc::bad_argument, "a bare store has no other in it: leave /store out"),
        Exit::usage);
  }
  Place place{.request = request, .guest = command->store};
  return std::visit(Run{place, *command, bare, report}, command->action);
}

}  // namespace drydock::cli
