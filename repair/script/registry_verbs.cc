// reg: the hives of the disk under their own names, and under those that the script
// loads them as.

#include <fmt/format.h>

#include <algorithm>

#include "repair/control_sets.h"
#include "repair/hive/subtree.h"
#include "repair/hive_logs.h"
#include "repair/reg/compare.h"
#include "repair/reg/edits.h"
#include "repair/reg/export.h"
#include "repair/reg/query.h"
#include "repair/script/verb.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

using Notes = std::vector<std::string>;
using Actions = std::vector<repair::Action>;

// As reg.exe has it.
constexpr std::string_view kNotFound =
    "ERROR: The system was unable to find the specified registry key or value.\n";

Done edit_all(Machine& machine, Actions actions, const Notes& notes) {
  for (repair::Action& action : actions) TRY(machine.edit(std::move(action)));
  for (const std::string& note : notes) machine.note(note);
  return {};
}

// What the plan found, of a file that the script names.
Result<ByteVector> read_guest_file(Machine& machine, const std::string& name,
                                   std::uint64_t size_max) {
  const repair::Disk& disk = *TRY(machine.disk());
  repair::GuestPath path = TRY(machine.resolve(name));
  File file = TRY(TRY(disk.volume(path.partition))->find(path.path).in(name));
  DevicePtr data = TRY(file.data());
  return read_bytes(*data, 0, data->size(), size_max).in(name);
}

// Puts what a command writes into a file of the disk.
Done write_guest_file(Machine& machine, const std::string& name, ByteVector content) {
  if (machine.is_elsewhere(name)) {
    machine.note(
        fmt::format("{} isn't on this disk, and isn't written: what is "
                    "replaced is kept for `drydock undo`",
                    name));
    return {};
  }
  return machine.edit(repair::FilePut{.file = TRY(machine.resolve(name)),
                                      .content = std::move(content)});
}

// Leaves out what would make a control set: none is ever made.
Result<Actions> without_new_control_sets(Actions actions, const hive::Hive& hive,
                                         Machine& machine) {
  Actions kept;
  for (repair::Action& action : actions) {
    const auto* set = std::get_if<repair::RegistrySet>(&action);
    auto allowed =
        set != nullptr ? repair::refuse_new_control_set(hive, set->key) : Done();
    if (allowed) {
      kept.push_back(std::move(action));
    } else if (allowed.error().code() == Errc::bad_argument) {
      machine.note(fmt::format("{} isn't there, and nothing is added to it",
                               set->key.substr(0, set->key.find('\\'))));
    } else {
      return std::move(allowed).error();
    }
  }
  return kept;
}

// ---- One overload a command of reg.

Done run(const reg::Add& add, Machine& machine) {
  Notes notes;
  auto place = TRY(machine.hives().open(add.key));
  Actions actions = TRY(reg::plan(add, machine.hives(), notes));
  actions = TRY(without_new_control_sets(std::move(actions), *place.hive, machine));
  return edit_all(machine, std::move(actions), notes);
}

Done run(const reg::Delete& remove, Machine& machine) {
  TRY(machine.settle());
  Notes notes;
  TRY(machine.hives().open(remove.key));
  auto actions = reg::plan(remove, machine.hives(), notes);
  if (!actions && actions.error().code() == Errc::not_found) {
    machine.note("it isn't there, so nothing is deleted");
    return {};
  }
  return edit_all(machine, TRY(std::move(actions)), notes);
}

Done run(const reg::Copy& copy, Machine& machine) {
  TRY(machine.settle());
  Notes notes;
  auto place = TRY(machine.hives().open(copy.to));
  Actions actions = TRY(reg::plan(copy, machine.hives(), notes));
  actions = TRY(without_new_control_sets(std::move(actions), *place.hive, machine));
  return edit_all(machine, std::move(actions), notes);
}

Done run(const reg::Query& query, Machine& machine) {
  TRY(machine.settle());
  auto place = TRY(machine.hives().open(query.key));
  std::string path = TRY(reg::path_to_read(*place.hive, query.key));
  auto answer = reg::answer(query, *place.hive, path);
  if (!answer && answer.error().code() == Errc::not_found) {
    machine.print(kNotFound);
    return {};
  }
  machine.print(reg::print(query, TRY(std::move(answer))));
  return {};
}

Result<reg::Side> side_of(const reg::KeyName& key, Machine& machine) {
  auto place = TRY(machine.hives().open(key));
  std::string path = TRY(reg::path_to_read(*place.hive, key));
  return reg::Side{.hive = place.hive, .path = std::move(path), .name = key.name()};
}

Done run(const reg::Compare& compare, Machine& machine) {
  TRY(machine.settle());
  reg::Side first = TRY(side_of(compare.first, machine));
  reg::Side second = TRY(side_of(compare.second, machine));
  auto pairs = TRY(reg::compare(compare, first, second));
  machine.print(reg::print(compare, pairs, first, second));
  return {};
}

// A key of a hive, with the hive.
struct OpenKey {
  const hive::Hive* hive = nullptr;
  hive::Key key;
};

Result<OpenKey> open_key(const reg::KeyName& name, Machine& machine) {
  TRY(machine.settle());
  auto place = TRY(machine.hives().open(name));
  std::string path = TRY(reg::path_to_read(*place.hive, name));
  hive::Key key = TRY(place.hive->find(path).in(name.name()));
  return OpenKey{.hive = place.hive, .key = key};
}

Done run(const reg::Export& command, Machine& machine) {
  OpenKey from = TRY(open_key(command.key, machine));
  ByteVector text = TRY(reg::export_key(*from.hive, from.key, command.key.name()));
  return write_guest_file(machine, command.file, std::move(text));
}

Done run(const reg::Save& command, Machine& machine) {
  OpenKey from = TRY(open_key(command.key, machine));
  ByteVector saved = TRY(hive::save_key(*from.hive, from.key).in(command.key.name()));
  return write_guest_file(machine, command.file, std::move(saved));
}

Done run(const reg::Import& import, Machine& machine) {
  ByteVector file = TRY(read_guest_file(machine, import.file, reg_file::kFileSizeMax));
  auto sections = TRY(reg_file::read(file).in(import.file));
  Notes notes;
  Actions actions =
      TRY(reg::plan(import, sections, reg::Root::loaded, machine.hives(), notes)
              .in(import.file));
  return edit_all(machine, std::move(actions), notes);
}

Done run(const reg::Restore& restore, Machine& machine) {
  const repair::Disk& disk = *TRY(machine.disk());
  repair::GuestPath path = TRY(machine.resolve(restore.file));
  hive::Hive saved = TRY(repair::open_hive(disk, path));
  Notes notes;
  Actions actions = TRY(reg::plan(restore, saved, machine.hives(), notes));
  return edit_all(machine, std::move(actions), notes);
}

// ---- reg load and reg unload, which mean something to a script alone.

Result<std::string> hive_name(const std::string& word) {
  reg::KeyName key = TRY(reg::parse_key(word, reg::Root::loaded));
  if (!key.path.empty()) {
    return Error(Errc::bad_argument,
                 fmt::format("{}: a hive is loaded as HKLM\\NAME or HKU\\NAME", word));
  }
  return key.root;
}

Result<Run> prepare_load(const std::vector<std::string>& words) {
  if (words.size() != 3) return Error(Errc::bad_argument, "reg load KEY FILE");
  std::string name = TRY(hive_name(words[1]));
  return Run([name, file = words[2]](Machine& machine) -> Done {
    const repair::Disk& disk = *TRY(machine.disk());
    repair::GuestPath path = TRY(machine.resolve(file));
    TRY(repair::open_hive(disk, path).in(file));
    machine.note(
        fmt::format("{} is {}", name, disk.show(path, machine.installation())));
    return machine.load_hive(name, std::move(path));
  });
}

Result<Run> prepare_unload(const std::vector<std::string>& words) {
  if (words.size() != 2) return Error(Errc::bad_argument, "reg unload KEY");
  std::string name = TRY(hive_name(words[1]));
  return Run([name](Machine& machine) -> Done {
    TRY(machine.settle());
    return machine.unload_hive(name);
  });
}

Result<Run> prepare_reg(const Call& call) {
  std::vector<std::string> words = program_words(call.tail);
  if (!words.empty() && equal_ignoring_case(words[0], "load")) {
    return prepare_load(words);
  }
  if (!words.empty() && equal_ignoring_case(words[0], "unload")) {
    return prepare_unload(words);
  }
  reg::Command command = TRY(reg::parse(words, reg::Root::loaded));
  return Run([command = std::move(command)](Machine& machine) -> Done {
    return std::visit([&](const auto& one) { return run(one, machine); }, command);
  });
}

}  // namespace

const std::vector<Verb>& registry_verbs() {
  static const std::vector<Verb> kVerbs = {{"reg", prepare_reg}};
  return kVerbs;
}

}  // namespace drydock::script
