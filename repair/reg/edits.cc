#include "repair/reg/edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "repair/hive/upcase.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

using hive::Hive;
using hive::Key;
using hive::Value;
using repair::Action;
using repair::RegistryDelete;
using repair::RegistrySet;
using Actions = std::vector<Action>;
using Notes = std::vector<std::string>;

// A key that is to be edited: in the hive of a file, under one path or, of the
// current configuration, several.
struct Target {
  const Hive* hive = nullptr;
  repair::GuestPath file;
  std::vector<std::string> paths;
};

Result<Target> target_of(const KeyName& key, Hives& hives, Notes& notes) {
  Hives::Place place = TRY(hives.open(key));
  repair::CurrentKeys keys = TRY(paths_to_edit(*place.hive, key));
  for (std::string& note : keys.notes) {
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) {
      notes.push_back(std::move(note));
    }
  }
  return Target{
      .hive = place.hive, .file = std::move(place.file), .paths = std::move(keys.keys)};
}

std::string below(std::string_view key, std::string_view name) {
  return fmt::format("{}{}{}", key, key.empty() ? "" : "\\", name);
}

// Sets all values of `from` in `path`, and where `recursive` all below.  Ends,
// because no hive that opened leads back to a key.
Done add_tree(const Hive& source, Key from, const repair::GuestPath& file,
              const std::string& path, bool recursive, Actions& actions) {
  std::vector<std::pair<Key, std::string>> ahead{{from, path}};
  while (!ahead.empty()) {
    auto [key, to] = std::move(ahead.back());
    ahead.pop_back();
    std::vector<Value> values = TRY(source.values(key));
    if (values.empty())
      actions.push_back(RegistrySet{.hive = file, .key = to, .value = std::nullopt});
    for (Value& value : values) {
      actions.push_back(
          RegistrySet{.hive = file, .key = to, .value = std::move(value)});
    }
    if (!recursive) return {};
    std::vector<Key> subkeys = TRY(source.subkeys(key));
    for (auto subkey = subkeys.rbegin(); subkey != subkeys.rend(); ++subkey) {
      ahead.emplace_back(*subkey, below(to, TRY(source.name(*subkey))));
    }
  }
  return {};
}

// Takes everything out of a key, but not the key.
Done empty_key(const Hive& hive, const repair::GuestPath& file, const std::string& path,
               Actions& actions) {
  auto key = hive.find(path);
  if (!key && key.error().code() == Errc::not_found) return {};
  if (!key) return std::move(key).error();
  for (Value& value : TRY(hive.values(*key))) {
    actions.push_back(
        RegistryDelete{.hive = file, .key = path, .value = std::move(value.name)});
  }
  for (Key subkey : TRY(hive.subkeys(*key))) {
    std::string name = TRY(hive.name(subkey));
    actions.push_back(
        RegistryDelete{.hive = file, .key = below(path, name), .value = {}});
  }
  return {};
}

// A name as hives tell two of them apart.
std::u16string folded(std::string_view name) {
  return hive::upcase(to_utf16(name).value_or(u""));
}

// What a file is imported into, and what the lines so far have made of it: a later
// line may delete what an earlier one made, or make anew what it deleted.
class Importing {
 public:
  Importing(const Import& import, Root root, Hives& hives, Notes& notes)
      : import_(import), root_(root), hives_(hives), notes_(notes) {}

  Done add(const reg_file::Section& section);
  Actions&& actions() && { return std::move(actions_); }

 private:
  // A key by its hive and its path, and a value of one by its name.
  using Place = std::pair<const Hive*, std::u16string>;
  struct Known {
    bool there = false;
    bool anew = false;  // nothing of the hive's is below it any more
    std::map<std::u16string, bool> values = {};  // whether each is there
  };

  void make_key(const Target& target, const std::string& path);
  void remove_key(const Target& target, const std::string& path);
  void add_entry(const Target& target, const std::string& path,
                 const reg_file::Entry& entry);
  bool is_there(const Hive& hive, const std::string& path) const;
  bool is_there(const Hive& hive, const std::string& path,
                const std::string& value) const;
  // Whether a line so far deleted the key, or one above it.
  bool was_deleted(const Hive& hive, const std::u16string& path) const;

  const Import& import_;
  Root root_;
  Hives& hives_;
  Notes& notes_;
  std::map<Place, Known> known_;
  Actions actions_;
};

bool Importing::was_deleted(const Hive& hive, const std::u16string& path) const {
  std::u16string key = path;
  for (;;) {
    auto found = known_.find({&hive, key});
    if (found != known_.end() && (found->second.anew || !found->second.there)) {
      return true;
    }
    std::size_t slash = key.rfind(u'\\');
    if (slash == key.npos) return false;
    key.resize(slash);
  }
}

bool Importing::is_there(const Hive& hive, const std::string& path) const {
  std::u16string key = folded(path);
  auto found = known_.find({&hive, key});
  if (found != known_.end()) return found->second.there;
  return !was_deleted(hive, key) && hive.find(path);
}

bool Importing::is_there(const Hive& hive, const std::string& path,
                         const std::string& value) const {
  std::u16string key = folded(path);
  auto found = known_.find({&hive, key});
  if (found != known_.end()) {
    auto known = found->second.values.find(folded(value));
    if (known != found->second.values.end()) return known->second;
  }
  if (was_deleted(hive, key)) return false;
  auto cell = hive.find(path);
  return cell && hive.value(*cell, value);
}

// Those above it are made, too.
void Importing::make_key(const Target& target, const std::string& path) {
  std::u16string key = folded(path);
  bool anew = was_deleted(*target.hive, key);
  for (;;) {
    Known& known = known_[{target.hive, key}];
    if (known.there) return;
    known.there = true;
    known.anew = anew;
    std::size_t slash = key.rfind(u'\\');
    if (slash == key.npos) return;
    key.resize(slash);
    // What was made by no line, and deleted by none, is as the hive has it.
    if (anew) anew = was_deleted(*target.hive, key);
  }
}

void Importing::remove_key(const Target& target, const std::string& path) {
  if (!is_there(*target.hive, path)) return;
  std::u16string key = folded(path);
  Place below(target.hive, key + u'\\');
  auto end = known_.lower_bound(below);
  while (end != known_.end() && end->first.first == target.hive &&
         end->first.second.starts_with(below.second)) {
    end = known_.erase(end);
  }
  known_[{target.hive, key}] = Known{};
  actions_.push_back(
      RegistryDelete{.hive = target.file, .key = path, .value = std::nullopt});
}

void Importing::add_entry(const Target& target, const std::string& path,
                          const reg_file::Entry& entry) {
  bool there = is_there(*target.hive, path, entry.name);
  Known& known = known_[{target.hive, folded(path)}];
  known.values[folded(entry.name)] = entry.value.has_value();
  if (entry.value) {
    actions_.push_back(
        RegistrySet{.hive = target.file, .key = path, .value = entry.value});
  } else if (there) {
    actions_.push_back(
        RegistryDelete{.hive = target.file, .key = path, .value = entry.name});
  }
}

Done Importing::add(const reg_file::Section& section) {
  KeyName key = TRY(parse_key(section.key, root_));
  key.seen_by_32_bits = import_.seen_by_32_bits;
  if (section.removes && key.path.empty()) {
    return Error(Errc::bad_argument, "a hive's root can't be deleted");
  }
  Target target = TRY(target_of(key, hives_, notes_));
  for (const std::string& path : target.paths) {
    if (section.removes) {
      remove_key(target, path);
      continue;
    }
    bool made_by_value = !section.entries.empty() && section.entries.front().value;
    if (!made_by_value && !is_there(*target.hive, path)) {
      actions_.push_back(
          RegistrySet{.hive = target.file, .key = path, .value = std::nullopt});
    }
    make_key(target, path);
    for (const reg_file::Entry& entry : section.entries) {
      add_entry(target, path, entry);
    }
  }
  return {};
}

}  // namespace

Result<Actions> plan(const Add& add, Hives& hives, Notes& notes) {
  Target target = TRY(target_of(add.key, hives, notes));
  Actions actions;
  for (const std::string& path : target.paths) {
    actions.push_back(
        RegistrySet{.hive = target.file, .key = path, .value = add.value});
  }
  return actions;
}

Result<Actions> plan(const Delete& remove, Hives& hives, Notes& notes) {
  Target target = TRY(target_of(remove.key, hives, notes));
  Actions actions;
  std::optional<Error> absent;
  bool found_any = false;
  for (const std::string& path : target.paths) {
    auto key = target.hive->find(path);
    Result<Value> value = Value{};
    if (key && remove.value) value = target.hive->value(*key, *remove.value);
    if (!key || !value) {
      Error error = !key ? std::move(key).error() : std::move(value).error();
      if (error.code() != Errc::not_found) return error;
      absent = std::move(error);
      continue;
    }
    found_any = true;
    if (!remove.all_values) {
      actions.push_back(
          RegistryDelete{.hive = target.file, .key = path, .value = remove.value});
      continue;
    }
    for (const Value& one : TRY(target.hive->values(*key))) {
      actions.push_back(
          RegistryDelete{.hive = target.file, .key = path, .value = one.name});
    }
  }
  if (!found_any && absent) return *std::move(absent);
  return actions;
}

Result<Actions> plan(const Copy& copy, Hives& hives, Notes& notes) {
  Hives::Place source = TRY(hives.open(copy.from));
  std::string from = TRY(path_to_read(*source.hive, copy.from));
  Key key = TRY(source.hive->find(from).in(copy.from.name()));
  Target target = TRY(target_of(copy.to, hives, notes));
  Actions actions;
  for (const std::string& path : target.paths) {
    TRY(add_tree(*source.hive, key, target.file, path, copy.recursive, actions));
  }
  return actions;
}

Result<Actions> plan(const Import& import,
                     const std::vector<reg_file::Section>& sections, Root root,
                     Hives& hives, Notes& notes) {
  Importing importing(import, root, hives, notes);
  for (const reg_file::Section& section : sections) {
    TRY(importing.add(section).in(fmt::format("line {}", section.line)));
  }
  return std::move(importing).actions();
}

Result<Actions> plan(const Restore& restore, const Hive& saved, Hives& hives,
                     Notes& notes) {
  Target target = TRY(target_of(restore.key, hives, notes));
  Actions actions;
  for (const std::string& path : target.paths) {
    TRY(empty_key(*target.hive, target.file, path, actions));
    TRY(add_tree(saved, saved.root(), target.file, path, true, actions));
  }
  return actions;
}

}  // namespace drydock::reg
