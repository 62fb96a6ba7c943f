#include "repair/cli/bcdedit_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "repair/bcd/names.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {

namespace {

using Words = std::vector<std::string>;

// bcdedit takes both marks, and articles use both.
bool is_switch(std::string_view word) {
  return word.starts_with('/') || word.starts_with('-');
}

bool is_switch(std::string_view word, std::string_view name) {
  return is_switch(word) && equal_ignoring_case(word.substr(1), name);
}

Error usage(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

// Commands that set one element, and of what when the line doesn't say.
struct Shortcut {
  std::string_view command;
  std::string_view object;
  std::string_view element;
  enum class Id : std::uint8_t { optional, none } id;
};

constexpr Shortcut kShortcuts[] = {
    {"default", "{bootmgr}", "default", Shortcut::Id::none},
    {"timeout", "{bootmgr}", "timeout", Shortcut::Id::none},
    {"displayorder", "{bootmgr}", "displayorder", Shortcut::Id::none},
    {"toolsdisplayorder", "{bootmgr}", "toolsdisplayorder", Shortcut::Id::none},
    {"bootsequence", "{bootmgr}", "bootsequence", Shortcut::Id::none},
    {"ems", "{current}", "ems", Shortcut::Id::optional},
    {"bootems", "{current}", "bootems", Shortcut::Id::optional},
    {"debug", "{current}", "debug", Shortcut::Id::optional},
    {"bootdebug", "{current}", "bootdebug", Shortcut::Id::optional},
};

constexpr std::string_view kElsewhere[] = {
    "createstore", "export", "import",      "sysstore",           "copy", "create",
    "delete",      "mirror", "dbgsettings", "hypervisorsettings", "event"};

// Takes the object's id from the front, where there is one.
std::optional<std::string> take_id(Words& words) {
  if (words.empty() || !words.front().starts_with('{')) return std::nullopt;
  std::string id = std::move(words.front());
  words.erase(words.begin());
  return id;
}

// Takes /addfirst, /addlast or /remove from the end.
BcdeditEdit::How take_placement(Words& words) {
  struct Placement {
    std::string_view name;
    BcdeditEdit::How how;
  };
  constexpr Placement placements[] = {{"addfirst", BcdeditEdit::How::add_first},
                                      {"addlast", BcdeditEdit::How::add_last},
                                      {"remove", BcdeditEdit::How::take_out}};
  for (const Placement& placement : placements) {
    if (!words.empty() && is_switch(words.back(), placement.name)) {
      words.pop_back();
      return placement.how;
    }
  }
  return BcdeditEdit::How::set;
}

Result<std::vector<BcdeditEdit>> parse_set(Words words) {
  BcdeditEdit edit;
  if (auto id = take_id(words)) edit.object = *id;
  edit.how = take_placement(words);
  if (words.size() < 2) {
    return usage("/set takes [{id}] element value: /set {default} safeboot minimal");
  }
  edit.element = words.front();
  edit.values.assign(words.begin() + 1, words.end());
  return std::vector{edit};
}

Result<std::vector<BcdeditEdit>> parse_delete_value(Words words) {
  BcdeditEdit edit;
  if (auto id = take_id(words)) edit.object = *id;
  edit.how = BcdeditEdit::How::delete_value;
  if (words.size() != 1) {
    return usage("/deletevalue takes [{id}] element: /deletevalue {default} safeboot");
  }
  edit.element = words.front();
  return std::vector{edit};
}

Result<std::vector<BcdeditEdit>> parse_shortcut(const Shortcut& shortcut, Words words) {
  BcdeditEdit edit;
  edit.object = shortcut.object;
  edit.element = shortcut.element;
  if (shortcut.id == Shortcut::Id::optional) {
    if (auto id = take_id(words)) edit.object = *id;
  }
  edit.how = take_placement(words);
  if (words.empty()) return usage(fmt::format("/{} takes a value", shortcut.command));
  edit.values = std::move(words);
  return std::vector{edit};
}

// "EMSPORT:1 EMSBAUDRATE:115200", either or both.
Result<std::vector<BcdeditEdit>> parse_ems_settings(const Words& words) {
  std::vector<BcdeditEdit> edits;
  for (const std::string& word : words) {
    std::size_t colon = std::min(word.find(':'), word.size());
    std::string name = ascii_lower(word.substr(0, colon));
    if ((name != "emsport" && name != "emsbaudrate") || colon + 1 >= word.size()) {
      return usage(fmt::format(
          "\"{}\" isn't one of /emssettings' EMSPORT:n and EMSBAUDRATE:n", word));
    }
    edits.push_back({.object = "{emssettings}",
                     .element = name,
                     .values = {word.substr(colon + 1)}});
  }
  if (edits.empty()) return usage("/emssettings takes EMSPORT:n and EMSBAUDRATE:n");
  return edits;
}

Result<std::vector<BcdeditEdit>> parse_edits(const std::string& command, Words words) {
  if (is_switch(command, "set")) return parse_set(std::move(words));
  if (is_switch(command, "deletevalue")) return parse_delete_value(std::move(words));
  if (is_switch(command, "emssettings")) return parse_ems_settings(words);
  for (const Shortcut& shortcut : kShortcuts) {
    if (is_switch(command, shortcut.command)) {
      return parse_shortcut(shortcut, std::move(words));
    }
  }
  for (std::string_view elsewhere : kElsewhere) {
    if (is_switch(command, elsewhere)) {
      return Error(Errc::unsupported,
                   fmt::format("bcdedit's {} isn't among the commands here", command));
    }
  }
  return usage(fmt::format(
      "\"{}\" is no command of bcdedit: /enum, /set and /deletevalue are", command));
}

// What `word` may have been meant for, to end an error with; or "".
std::string hint(std::string_view word, bcd::ObjectType type) {
  constexpr bcd::ObjectType types[] = {bcd::kOsLoader, bcd::kBootManagerType,
                                       bcd::kResumeLoader, 0x10200005, 0x30000000};
  for (bcd::ObjectType other : types) {
    if (bcd::find_element(word, other)) {
      return fmt::format("; a {} has one", bcd::title_of({}, other));
    }
  }
  // Microsoft's own article prints "integrityservicesenable".
  for (std::size_t size = word.size(); size-- > 1;) {
    if (bcd::find_element(word.substr(0, size), type)) {
      return fmt::format("; is it \"{} {}\"?", word.substr(0, size), word.substr(size));
    }
  }
  return "";
}

Result<bcd::ElementId> find_element(const BcdeditEdit& edit,
                                    const bcd::Object& object) {
  auto id = bcd::find_element(std::string_view(edit.element), object.type);
  if (!id) {
    return Error(
        Errc::not_found,
        fmt::format("a {} has no element \"{}\"{}", bcd::title_of({}, object.type),
                    edit.element, hint(edit.element, object.type)));
  }
  bool plausible = *id >> 28 >= 1 && *id >> 28 <= 5 && bcd::kind_name(*id) != "unknown";
  if (!plausible) {
    return usage(
        fmt::format("{:08x} is no element's id: its first digit is 1 to 5, "
                    "its second 1 to 7",
                    *id));
  }
  return *id;
}

// Two ids are published for this one name, and the wrong one would do nothing.
Done refuse_ambiguous(const BcdeditEdit& edit) {
  if (!equal_ignoring_case(edit.element, "forcefipscrypto")) return {};
  return Error(Errc::unsupported,
               "forcefipscrypto is published as 16000079 and as 1600007b: write the "
               "one that you mean as custom:16000079 or custom:1600007b");
}

Result<const std::string*> only_one(const Words& values) {
  if (values.size() != 1) {
    return usage(fmt::format("it takes one value, not {}: {}", values.size(),
                             fmt::join(values, " ")));
  }
  return &values.front();
}

Result<bool> parse_boolean(std::string_view word) {
  for (std::string_view yes : {"yes", "on", "true", "1"}) {
    if (equal_ignoring_case(word, yes)) return true;
  }
  for (std::string_view no : {"no", "off", "false", "0"}) {
    if (equal_ignoring_case(word, no)) return false;
  }
  return usage(fmt::format("\"{}\" is neither yes nor no", word));
}

std::optional<std::uint64_t> parse_number(std::string_view word) {
  int base = 10;
  if (equal_ignoring_case(word.substr(0, 2), "0x")) {
    word.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const char* end = word.data() + word.size();
  auto [stop, failure] = std::from_chars(word.data(), end, number, base);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

Result<std::uint64_t> parse_integer(std::string_view word,
                                    const bcd::ElementName* element) {
  std::string known;
  if (element != nullptr) {
    for (const bcd::ValueWord& value : element->words) {
      if (equal_ignoring_case(value.word, word)) return value.value;
      known += fmt::format("{}{}", known.empty() ? "; it may be " : ", ", value.word);
    }
  }
  if (auto number = parse_number(word)) return *number;
  return usage(fmt::format("\"{}\" is no number of 64 bits{}", word, known));
}

Result<std::vector<bcd::ObjectId>> parse_objects(const Words& words,
                                                 const bcd::Store& store) {
  std::vector<bcd::ObjectId> objects;
  for (const std::string& word : words) objects.push_back(TRY(store.resolve(word)));
  return objects;
}

Result<bcd::Device> parse_device(std::string_view word,
                                 const PartitionNames& partitions) {
  constexpr std::string_view partition = "partition=";
  if (equal_ignoring_case(word, "boot")) {
    bcd::Device device;
    device.kind = bcd::Device::Kind::boot;
    return device;
  }
  if (!equal_ignoring_case(word.substr(0, partition.size()), partition)) {
    return Error(
        Errc::unsupported,
        fmt::format("\"{}\" can't be written: a device is boot or partition=C:", word));
  }
  if (!partitions.find) {
    return Error(Errc::not_found, "a store without its disk has no partitions to name");
  }
  return partitions.find(word.substr(partition.size()));
}

struct Target {
  const bcd::Store& store;
  const bcd::Object& object;
  bcd::ElementId element;
};

Result<bcd::Value> parse_value(const BcdeditEdit& edit, const Target& target,
                               const PartitionNames& partitions) {
  const bcd::ElementName* name = bcd::find_element(target.element, target.object.type);
  std::string_view kind = bcd::kind_name(target.element);
  if (kind == "objectlist") {
    return bcd::Value(TRY(parse_objects(edit.values, target.store)));
  }
  if (kind == "integerlist") {
    std::vector<std::uint64_t> integers;
    for (const std::string& word : edit.values) {
      integers.push_back(TRY(parse_integer(word, name)));
    }
    return bcd::Value(std::move(integers));
  }
  const std::string& word = *TRY(only_one(edit.values));
  if (kind == "object") return bcd::Value(TRY(target.store.resolve(word)));
  if (kind == "boolean") return bcd::Value(TRY(parse_boolean(word)));
  if (kind == "integer") return bcd::Value(TRY(parse_integer(word, name)));
  if (kind == "device") return bcd::Value(TRY(parse_device(word, partitions)));
  return bcd::Value(word);
}

// The list that is there, with the objects of `edit` first, last or out of it.
Result<std::vector<bcd::ObjectId>> placed(const BcdeditEdit& edit,
                                          const Target& target) {
  if (bcd::kind_name(target.element) != "objectlist") {
    return usage("/addfirst, /addlast and /remove are for lists of objects");
  }
  std::vector<bcd::ObjectId> named = TRY(parse_objects(edit.values, target.store));
  std::vector<bcd::ObjectId> list;
  auto before = target.store.get(target.object.id, target.element);
  if (before) {
    list = std::get<std::vector<bcd::ObjectId>>(*before);
  } else if (before.error().code() != Errc::not_found) {
    return std::move(before).error();
  }
  for (const bcd::ObjectId& object : named) {
    auto found = std::ranges::find(list, object);
    if (found == list.end() && edit.how == BcdeditEdit::How::take_out) {
      return Error(Errc::not_found, to_string(object) + " isn't in the list");
    }
    std::erase(list, object);
  }
  if (edit.how == BcdeditEdit::How::add_first) {
    list.insert(list.begin(), named.begin(), named.end());
  } else if (edit.how == BcdeditEdit::How::add_last) {
    list.insert(list.end(), named.begin(), named.end());
  }
  return list;
}

Result<repair::Action> plan_edit(const BcdeditEdit& edit, const bcd::Store& store,
                                 const repair::GuestPath& where,
                                 const PartitionNames& partitions) {
  bcd::Object object = TRY(store.object(TRY(store.resolve(edit.object))));
  bcd::ElementId element = TRY(find_element(edit, object));
  Target target{.store = store, .object = object, .element = element};
  repair::BcdDelete removal{.store = where, .object = object.id, .element = element};
  if (edit.how == BcdeditEdit::How::delete_value) {
    if (std::ranges::find(object.elements, element, &bcd::Element::id) ==
        object.elements.end()) {
      return Error(Errc::not_found, "it isn't set, so there is nothing to delete");
    }
    return repair::Action(removal);
  }
  TRY(refuse_ambiguous(edit));
  repair::BcdSet set{
      .store = where, .object = object.id, .element = element, .value = {}};
  if (edit.how == BcdeditEdit::How::set) {
    set.value = TRY(parse_value(edit, target, partitions));
    return repair::Action(set);
  }
  std::vector<bcd::ObjectId> list = TRY(placed(edit, target));
  if (list.empty()) return repair::Action(removal);  // as an empty list isn't stored
  set.value = std::move(list);
  return repair::Action(set);
}

}  // namespace

Result<BcdeditCommand> parse_bcdedit(const std::vector<std::string>& line) {
  BcdeditCommand command;
  Words words = line;
  auto store = std::ranges::find_if(
      words, [](const std::string& word) { return is_switch(word, "store"); });
  if (store != words.end()) {
    if (words.end() - store < 2) return usage("/store takes a path");
    command.store = store[1];
    words.erase(store, store + 2);
  }
  BcdeditEnum enumerate;
  enumerate.verbose =
      std::erase_if(words, [](const auto& word) { return is_switch(word, "v"); }) != 0;
  if (words.empty() || is_switch(words.front(), "enum")) {
    if (words.size() > 2) {
      return usage(fmt::format("/enum takes one word: {}", fmt::join(words, " ")));
    }
    if (words.size() == 2) enumerate.which = words[1];
    command.action = enumerate;
    return command;
  }
  std::string verb = words.front();
  words.erase(words.begin());
  command.action = TRY(parse_edits(verb, std::move(words)));
  return command;
}

Result<std::vector<repair::Action>> plan_bcdedit(const std::vector<BcdeditEdit>& edits,
                                                 const bcd::Store& store,
                                                 const repair::GuestPath& where,
                                                 const PartitionNames& partitions) {
  std::vector<repair::Action> actions;
  for (const BcdeditEdit& edit : edits) {
    actions.push_back(TRY(plan_edit(edit, store, where, partitions)
                              .in(fmt::format("{} {}", edit.object, edit.element))));
  }
  return actions;
}

}  // namespace drydock::cli
