// Commands that have nothing to do on a disk which isn't running, those whose place
// another verb of drydock takes, and echo.

#include <fmt/format.h>

#include <array>

#include "repair/script/verb.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

Result<Run> prepare_echo(const Call& call) {
  std::string_view text = call.tail;
  // "echo.": a line without words.  A blank only keeps the words apart.
  if (!text.empty()) text.remove_prefix(1);
  bool silent = call.tail.empty() || equal_ignoring_case(text, "on") ||
                equal_ignoring_case(text, "off");
  if (silent) return Run([](Machine&) { return Done(); });
  return Run([line = std::string(text) + "\n"](Machine& machine) {
    machine.print(line);
    return Done();
  });
}

// Nothing to do, and nothing to say.
Result<Run> prepare_nothing(const Call&) {
  return Run([](Machine&) { return Done(); });
}

// exit, and goto :eof, which is the only place that a goto finds.
Result<Run> prepare_exit(const Call& call) {
  std::vector<std::string> words = shell_words(call.tail);
  bool ends = call.name == "exit" || (words.size() == 1 && words[0].size() == 4 &&
                                      equal_ignoring_case(words[0], ":eof"));
  if (!ends) {
    return Error(Errc::unsupported, "a script is run line after line, without jumps");
  }
  return Run([](Machine& machine) {
    machine.stop();
    return Done();
  });
}

Result<Run> prepare_setlocal(const Call& call) {
  for (const std::string& word : shell_words(call.tail)) {
    if (!equal_ignoring_case(word, "enabledelayedexpansion")) continue;
    return Error(Errc::unsupported, "!NAME! isn't understood; %NAME% is");
  }
  return prepare_nothing(call);
}

struct Answer {
  std::string_view name;
  std::string_view words;
};
constexpr Answer kAnswers[] = {
    {"chkdsk",
     "isn't run: `drydock check` lists what is wrong with the volumes, and `drydock "
     "repair` mends what has one cure only"},
    {"sfc",
     "isn't run: system files aren't compared with their packages; `drydock check` "
     "looks at volumes, hives and boot stores, `drydock diagnose` at what stops a "
     "start"},
    {"bcdboot",
     "isn't run: `drydock repair IMAGE bcd.rebuild` makes a store and the boot files "
     "where they are missing"},
    {"bootrec",
     "isn't run: `drydock repair` mends the boot store, `bcd.rebuild` makes one where "
     "it is missing"},
    {"sigverif", "isn't run: signatures aren't looked at here"},
    {"gpupdate", "isn't run: no policy reaches a machine that isn't running"},
    {"net",
     "isn't run: no service of a machine that isn't running can be started or "
     "stopped"},
    {"sc", "isn't run: `reg add` of the service's Start changes how it starts"},
    {"shutdown", "isn't run: the machine isn't running"},
};

Result<Run> prepare_answer(const Call& call) {
  return Run([name = call.name](Machine& machine) {
    for (const Answer& answer : kAnswers) {
      if (answer.name == name) {
        machine.note(fmt::format("{} {}", name, answer.words));
      }
    }
    return Done();
  });
}

// "F:" alone.
Result<Run> prepare_drive(const Call& call) {
  return Run([letter = call.name[0]](Machine& machine) {
    machine.enter_drive(letter);
    return Done();
  });
}

}  // namespace

const std::vector<Verb>& other_verbs() {
  static const std::vector<Verb> kVerbs = [] {
    std::vector<Verb> verbs = {{"echo", prepare_echo},
                               {"exit", prepare_exit},
                               {"goto", prepare_exit},
                               {"setlocal", prepare_setlocal}};
    for (const Answer& answer : kAnswers)
      verbs.push_back({answer.name, prepare_answer});
    for (std::string_view name : {"chcp", "cls", "color", "endlocal", "pause", "psexec",
                                  "timeout", "title", "whoami"}) {
      verbs.push_back({name, prepare_nothing});
    }
    return verbs;
  }();
  return kVerbs;
}

const Verb* drive_verb(std::string_view name) {
  static constexpr Verb kDrive = {"drive", prepare_drive};
  bool letter = name.size() == 2 && name[1] == ':' && name[0] >= 'a' && name[0] <= 'z';
  return letter ? &kDrive : nullptr;
}

}  // namespace drydock::script
