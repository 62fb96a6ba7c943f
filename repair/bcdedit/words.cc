#include "repair/bcdedit/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "repair/bcd/names.h"
#include "repair/bcdedit/settings.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcdedit {

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
    {"event", "{current}", "event", Shortcut::Id::optional},
};

// What these change isn't on the disk, but of the running machine.
struct Elsewhere {
  std::string_view command;
  std::string_view words;
};
constexpr Elsewhere kElsewhere[] = {
    {"sysstore",
     "/sysstore tells the firmware of a running machine where its system partition is: "
     "a store on a disk is named by /store, as /store esp:\\EFI\\Microsoft\\Boot\\BCD"},
    {"mirror",
     "/mirror makes an entry known to the firmware of a running machine: an entry of "
     "the "
     "store is made by /copy {id} /d description"},
    {"eventsettings",
     "/eventsettings isn't among the commands here: /set takes the elements one by "
     "one, "
     "as /set {eventsettings} debugtype serial"},
};

struct Application {
  std::string_view word;
  bcd::ObjectType type;
};
// Of /create /application.
constexpr Application kApplications[] = {
    {"bootsector", bcd::kBootSector},
    {"osloader", bcd::kOsLoader},
    {"resume", bcd::kResumeLoader},
    {"startup", bcd::kStartup},
};
// Of /create /inherit.  Stores have loaders' and resume's; the others by analogy.
constexpr Application kHeirs[] = {
    {"fwbootmgr", 0x20200001},
    {"bootmgr", 0x20200002},
    {"osloader", bcd::kLoaderSettings},
    {"resume", bcd::kResumeSettings},
    {"memdiag", 0x20200005},
    {"ntldr", 0x20200006},
    {"bootsector", 0x20200008},
    {"device", bcd::kDeviceSettings},
};

// Takes the object's id from the front, where there is one.
std::optional<std::string> take_id(Words& words) {
  if (words.empty() || !words.front().starts_with('{')) return std::nullopt;
  std::string id = std::move(words.front());
  words.erase(words.begin());
  return id;
}

// Takes /addfirst, /addlast or /remove from the end.
Edit::How take_placement(Words& words) {
  struct Placement {
    std::string_view name;
    Edit::How how;
  };
  constexpr Placement placements[] = {{"addfirst", Edit::How::add_first},
                                      {"addlast", Edit::How::add_last},
                                      {"remove", Edit::How::take_out}};
  for (const Placement& placement : placements) {
    if (!words.empty() && is_switch(words.back(), placement.name)) {
      words.pop_back();
      return placement.how;
    }
  }
  return Edit::How::set;
}

Result<std::vector<Edit>> parse_set(Words words) {
  Edit edit;
  if (auto id = take_id(words)) edit.object = *id;
  edit.how = take_placement(words);
  if (words.size() < 2) {
    return usage("/set takes [{id}] element value: /set {default} safeboot minimal");
  }
  edit.element = words.front();
  edit.values.assign(words.begin() + 1, words.end());
  return std::vector{edit};
}

Result<std::vector<Edit>> parse_delete_value(Words words) {
  Edit edit;
  if (auto id = take_id(words)) edit.object = *id;
  edit.how = Edit::How::delete_value;
  if (words.size() != 1) {
    return usage("/deletevalue takes [{id}] element: /deletevalue {default} safeboot");
  }
  edit.element = words.front();
  return std::vector{edit};
}

Result<std::vector<Edit>> parse_shortcut(const Shortcut& shortcut, Words words) {
  Edit edit;
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

Result<bcd::ObjectType> find_type(std::span<const Application> types,
                                  std::string_view word) {
  std::string known;
  for (const Application& type : types) {
    if (equal_ignoring_case(type.word, word)) return type.type;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", type.word);
  }
  return usage(fmt::format("\"{}\" is none of {}", word, known));
}

// Takes the word behind a switch, and the switch; nothing where it isn't there.
Result<std::optional<std::string>> take_option(Words& words, std::string_view name) {
  auto option = std::ranges::find_if(
      words, [&](const std::string& word) { return is_switch(word, name); });
  if (option == words.end()) return std::optional<std::string>();
  if (words.end() - option < 2) return usage(fmt::format("/{} takes a value", name));
  std::optional<std::string> value = std::move(option[1]);
  words.erase(option, option + 2);
  return value;
}

bool take_switch(Words& words, std::string_view name) {
  return std::erase_if(words, [&](const std::string& word) {
           return is_switch(word, name);
         }) != 0;
}

Done nothing_left(std::string_view command, const Words& words) {
  if (words.empty()) return {};
  return usage(fmt::format("{} doesn't take \"{}\"", command, fmt::join(words, " ")));
}

Result<Create> parse_create(Words words) {
  Create create;
  create.object = take_id(words);
  create.description = TRY(take_option(words, "d"));
  int kinds = 0;
  if (auto type = TRY(take_option(words, "application"))) {
    create.type = TRY(find_type(kApplications, *type));
    ++kinds;
  }
  if (take_switch(words, "device")) {
    create.type = bcd::kDeviceOptions;
    ++kinds;
  }
  if (!words.empty() && is_switch(words.front(), "inherit")) {
    create.type = bcd::kSettings;
    ++kinds;
    words.erase(words.begin());
    if (!words.empty()) {
      create.type = TRY(find_type(kHeirs, words.front()));
      words.erase(words.begin());
    }
  }
  TRY(nothing_left("/create", words));
  bool known = create.object && bcd::object_of_alias(*create.object);
  if (known ? kinds != 0 : kinds != 1) {
    return usage(known ? "a well-known entry's type is known: leave /application, "
                         "/inherit and /device out"
                       : "/create takes one of /application TYPE, /inherit [TYPE] and "
                         "/device");
  }
  return create;
}

Result<Copy> parse_copy(Words words) {
  auto id = take_id(words);
  auto description = TRY(take_option(words, "d"));
  TRY(nothing_left("/copy", words));
  if (!id || !description) return usage("/copy takes {id} /d description");
  return Copy{.object = *std::move(id), .description = *std::move(description)};
}

Result<Remove> parse_remove(Words words) {
  Remove remove;
  auto id = take_id(words);
  if (!id) return usage("/delete takes {id}");
  remove.object = *std::move(id);
  remove.force = take_switch(words, "f");
  bool cleanup = take_switch(words, "cleanup");
  remove.cleanup = !take_switch(words, "nocleanup");
  if (cleanup && !remove.cleanup) {
    return usage("/delete takes /cleanup or /nocleanup, not both");
  }
  TRY(nothing_left("/delete", words));
  return remove;
}

Result<std::string> parse_file(std::string_view command, const Words& words) {
  if (words.size() == 1 && !words.front().empty()) return words.front();
  if (command == "/import" && words.size() == 2 && is_switch(words[1], "clean")) {
    return Error(Errc::unsupported,
                 "/clean is about the firmware's own entries, which no disk holds");
  }
  return usage(fmt::format("{} takes a file", command));
}

using Action = decltype(Command::action);

// Of one settings object: shown where there are no words.
Result<Action> parse_settings(const Words& words, std::string_view object, bool verbose,
                              Result<std::vector<Edit>> (*parse)(const Words&)) {
  if (words.empty()) {
    return Action(Enum{.which = std::string(object), .verbose = verbose});
  }
  return Action(TRY(parse(words)));
}

Result<Action> parse_action(const std::string& command, Words words, bool verbose) {
  if (is_switch(command, "set")) return Action(TRY(parse_set(std::move(words))));
  if (is_switch(command, "deletevalue")) {
    return Action(TRY(parse_delete_value(std::move(words))));
  }
  if (is_switch(command, "emssettings")) return Action(TRY(parse_ems_settings(words)));
  if (is_switch(command, "dbgsettings")) {
    return parse_settings(words, "{dbgsettings}", verbose, parse_debug_settings);
  }
  if (is_switch(command, "hypervisorsettings")) {
    return parse_settings(words, "{hypervisorsettings}", verbose,
                          parse_hypervisor_settings);
  }
  if (is_switch(command, "create")) return Action(TRY(parse_create(std::move(words))));
  if (is_switch(command, "copy")) return Action(TRY(parse_copy(std::move(words))));
  if (is_switch(command, "delete")) return Action(TRY(parse_remove(std::move(words))));
  if (is_switch(command, "export")) {
    return Action(Export{TRY(parse_file("/export", words))});
  }
  if (is_switch(command, "import")) {
    return Action(Import{TRY(parse_file("/import", words))});
  }
  if (is_switch(command, "createstore")) {
    return Action(CreateStore{TRY(parse_file("/createstore", words))});
  }
  for (const Shortcut& shortcut : kShortcuts) {
    if (is_switch(command, shortcut.command)) {
      return Action(TRY(parse_shortcut(shortcut, std::move(words))));
    }
  }
  for (const Elsewhere& elsewhere : kElsewhere) {
    if (is_switch(command, elsewhere.command)) {
      return Error(Errc::unsupported, std::string(elsewhere.words));
    }
  }
  return usage(fmt::format(
      "\"{}\" is no command of bcdedit: /enum, /set and /deletevalue are", command));
}

}  // namespace

Result<Command> parse(const std::vector<std::string>& line) {
  Command command;
  Words words = line;
  command.store = TRY(take_option(words, "store"));
  Enum enumerate;
  enumerate.verbose = take_switch(words, "v");
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
  command.action = TRY(parse_action(verb, std::move(words), enumerate.verbose));
  return command;
}

}  // namespace drydock::bcdedit
