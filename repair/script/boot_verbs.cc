// bcdedit: the disk's boot stores.

#include <fmt/format.h>

#include "repair/bcdedit/of_disk.h"
#include "repair/hive_logs.h"
#include "repair/script/verb.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

// Where articles say that a store is: on a BIOS disk of one partition it is there.
bool is_usual_place(const std::string& path) {
  return equal_ignoring_case(path, "\\boot\\bcd") ||
         equal_ignoring_case(path, "\\efi\\microsoft\\boot\\bcd");
}

// The store that a line means.
Result<repair::GuestPath> store_of(const std::optional<std::string>& named,
                                   Machine& machine) {
  const repair::Disk& disk = *TRY(machine.disk());
  std::size_t installation = machine.installation();
  if (!named) return bcdedit::find_store(disk, std::nullopt, installation);
  repair::GuestPath path = TRY(machine.resolve(*named));
  auto found = TRY(disk.volume(path.partition))->find(path.path);
  if (found) return path;
  bool missing = found.error().code() == Errc::not_found;
  if (!missing || !is_usual_place(path.path)) {
    return std::move(found).error().in(*named);
  }
  path = TRY(bcdedit::find_store(disk, std::nullopt, installation));
  machine.note_once(
      fmt::format("{} isn't there; the store of this Windows is meant, {}", *named,
                  disk.show(path, installation)));
  return path;
}

Result<hive::Hive> open_store(const repair::GuestPath& path, Machine& machine) {
  return repair::open_hive(*TRY(machine.disk()), path);
}

Done put(const std::string& file, ByteVector content, Machine& machine) {
  if (machine.is_elsewhere(file)) {
    machine.note(
        fmt::format("{} isn't on this disk, and isn't written: what is "
                    "replaced is kept for `drydock undo`",
                    file));
    return {};
  }
  return machine.edit(repair::FilePut{.file = TRY(machine.resolve(file)),
                                      .content = std::move(content)});
}

// ---- One overload a command that isn't an edit of elements.

Done run(const bcdedit::Enum& what, const repair::GuestPath& path, Machine& machine) {
  hive::Hive hive = TRY(open_store(path, machine));
  bcd::Store store = TRY(bcd::Store::open(hive));
  const repair::Disk& disk = *TRY(machine.disk());
  machine.print(TRY(
      bcdedit::print(what, store, bcdedit::names_of(disk, machine.installation()))));
  return {};
}

Done run(const bcdedit::Export& what, const repair::GuestPath& path, Machine& machine) {
  hive::Hive hive = TRY(open_store(path, machine));
  return put(what.file, TRY(bcdedit::export_store(hive)), machine);
}

Done run(const bcdedit::Import& what, const repair::GuestPath& path, Machine& machine) {
  hive::Hive imported =
      TRY(open_store(TRY(machine.resolve(what.file)), machine).in(what.file));
  const repair::Disk& disk = *TRY(machine.disk());
  return machine.edit(TRY(bcdedit::plan_import(disk, path, imported)));
}

// Edits: how a store is to be changed depends on what is in it.
struct Edits {
  const bcdedit::Command& command;
  const repair::GuestPath& path;
  Machine& machine;

  Done operator()(const bcdedit::Enum& what) const { return run(what, path, machine); }
  Done operator()(const bcdedit::Export& what) const {
    return run(what, path, machine);
  }
  Done operator()(const bcdedit::Import& what) const {
    return run(what, path, machine);
  }
  template <class Change>
  Done operator()(const Change&) const {
    hive::Hive hive = TRY(open_store(path, machine));
    bcd::Store store = TRY(bcd::Store::open(hive));
    const repair::Disk& disk = *TRY(machine.disk());
    auto names = bcdedit::names_of(disk, machine.installation());
    auto actions = TRY(bcdedit::plan(command, store, path, names, machine.make_guid()));
    if (actions.empty()) machine.note("it isn't set, so nothing is deleted");
    for (repair::Action& action : actions) TRY(machine.edit(std::move(action)));
    return {};
  }
};

Done run(const bcdedit::Command& command, Machine& machine) {
  if (const auto* made = std::get_if<bcdedit::CreateStore>(&command.action)) {
    return put(made->file, TRY(bcdedit::new_store()), machine);
  }
  repair::GuestPath path = TRY(store_of(command.store, machine));
  return std::visit(Edits{.command = command, .path = path, .machine = machine},
                    command.action)
      .in(machine.show(path));
}

Result<Run> prepare_bcdedit(const Call& call) {
  bcdedit::Command command = TRY(bcdedit::parse(program_words(call.tail)));
  // What a script deletes may not be there: bcdedit says so, and the next line runs.
  if (auto* edits = std::get_if<std::vector<bcdedit::Edit>>(&command.action)) {
    for (bcdedit::Edit& edit : *edits) {
      if (edit.how == bcdedit::Edit::How::delete_value) {
        edit.how = bcdedit::Edit::How::clear;
      }
    }
  }
  return Run([command = std::move(command)](Machine& machine) {
    return run(command, machine);
  });
}

}  // namespace

const std::vector<Verb>& boot_verbs() {
  static const std::vector<Verb> kVerbs = {{"bcdedit", prepare_bcdedit}};
  return kVerbs;
}

}  // namespace drydock::script
