#include "repair/bcdedit/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcdedit {

namespace {

using Words = std::vector<std::string>;

Error usage(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

// "DEBUGPORT:1" sets an element.
struct Setting {
  std::string_view word;
  std::string_view element;
};

constexpr Setting kEmsSettings[] = {
    {"emsport", "emsport"},
    {"emsbaudrate", "emsbaudrate"},
};
constexpr Setting kDebugSettings[] = {
    {"debugport", "debugport"},
    {"baudrate", "baudrate"},
    {"channel", "channel"},
    {"targetname", "targetname"},
    {"hostip", "hostip"},
    {"port", "port"},
    {"key", "key"},
    {"busparams", "busparams"},
};
constexpr Setting kHypervisorSettings[] = {
    {"debugport", "hypervisordebugport"}, {"baudrate", "hypervisorbaudrate"},
    {"channel", "hypervisorchannel"},     {"hostip", "hypervisorhostip"},
    {"port", "hypervisorhostport"},       {"key", "hypervisorusekey"},
    {"busparams", "hypervisorbusparams"},
};

struct Debugger {
  std::string_view command;
  std::string_view object;
  std::string_view type;  // the elements that the bare words set
  std::string_view dhcp;
  std::span<const Setting> settings;
};
constexpr Debugger kKernelDebugger = {.command = "/dbgsettings",
                                      .object = "{dbgsettings}",
                                      .type = "debugtype",
                                      .dhcp = "dhcp",
                                      .settings = kDebugSettings};
constexpr Debugger kHypervisorDebugger = {.command = "/hypervisorsettings",
                                          .object = "{hypervisorsettings}",
                                          .type = "hypervisordebugtype",
                                          .dhcp = "hypervisordhcp",
                                          .settings = kHypervisorSettings};

Edit edit_of(std::string_view object, std::string_view element, std::string value) {
  return {.object = std::string(object),
          .element = std::string(element),
          .values = {std::move(value)}};
}

// "NAME:VALUE", by what `settings` has; nothing for other words.
std::optional<Edit> parse_setting(std::string_view object,
                                  std::span<const Setting> settings,
                                  const std::string& word) {
  std::size_t colon = word.find(':');
  if (colon == std::string::npos || colon + 1 == word.size()) return std::nullopt;
  for (const Setting& setting : settings) {
    if (equal_ignoring_case(word.substr(0, colon), setting.word)) {
      return edit_of(object, setting.element, word.substr(colon + 1));
    }
  }
  return std::nullopt;
}

Error unknown_setting(std::string_view command, std::span<const Setting> settings,
                      const std::string& word) {
  std::string known;
  for (const Setting& setting : settings) {
    known += fmt::format("{}{}:...", known.empty() ? "" : ", ", setting.word);
  }
  return usage(fmt::format("\"{}\" is none of {}'s: {}", word, command, known));
}

bool names(const std::vector<Edit>& edits, std::string_view element) {
  return std::ranges::find(edits, element, &Edit::element) != edits.end();
}

// The words that are no setting: NODHCP, /start POLICY, /noumex.  Takes those that
// it understands from the front of `words`.
Result<bool> take_plain_word(const Debugger& debugger,
                             std::span<const std::string>& words,
                             std::vector<Edit>& edits) {
  std::string word = ascii_lower(words.front());
  bool kernel = debugger.type == kKernelDebugger.type;
  if (word == "newkey") {
    return Error(Errc::unsupported,
                 "a key isn't made up here: write it as KEY:w.x.y.z");
  }
  if (word == "nodhcp") {
    edits.push_back(edit_of(debugger.object, debugger.dhcp, "no"));
  } else if (kernel && (word == "/noumex" || word == "-noumex")) {
    edits.push_back(edit_of(debugger.object, "noumex", "yes"));
  } else if (kernel && (word == "/start" || word == "-start") && words.size() > 1) {
    edits.push_back(edit_of(debugger.object, "debugstart", words[1]));
    words = words.subspan(1);
  } else {
    return false;
  }
  words = words.subspan(1);
  return true;
}

// Over the network only a host that is named, and with a key, is debugged from.
Done check_net(const Debugger& debugger, std::vector<Edit>& edits) {
  for (std::string_view needed : {"hostip", "port", "key"}) {
    auto setting = std::ranges::find(debugger.settings, needed, &Setting::word);
    if (!names(edits, setting->element)) {
      return usage(
          fmt::format("{} net takes hostip:, port: and key:, and {}: isn't "
                      "there",
                      debugger.command, needed));
    }
  }
  if (!names(edits, debugger.dhcp)) {
    edits.push_back(edit_of(debugger.object, debugger.dhcp, "yes"));
  }
  return {};
}

Result<std::vector<Edit>> parse_debugger(const Debugger& debugger,
                                         std::span<const std::string> words) {
  std::vector<Edit> edits;
  // Its values are bcdedit's words for it, and are looked up like any other.
  edits.push_back(edit_of(debugger.object, debugger.type, words.front()));
  bool net = equal_ignoring_case(words.front(), "net");
  words = words.subspan(1);
  while (!words.empty()) {
    if (TRY(take_plain_word(debugger, words, edits))) continue;
    auto setting = parse_setting(debugger.object, debugger.settings, words.front());
    if (!setting) {
      return unknown_setting(debugger.command, debugger.settings, words.front());
    }
    edits.push_back(*std::move(setting));
    words = words.subspan(1);
  }
  if (net) TRY(check_net(debugger, edits));
  return edits;
}

}  // namespace

Result<std::vector<Edit>> parse_ems_settings(const Words& words) {
  std::vector<Edit> edits;
  // The firmware's own settings hold where the store has none.
  if (words.size() == 1 && equal_ignoring_case(words.front(), "bios")) {
    for (const Setting& setting : kEmsSettings) {
      edits.push_back({.object = "{emssettings}",
                       .element = std::string(setting.element),
                       .values = {},
                       .how = Edit::How::clear});
    }
    return edits;
  }
  for (const std::string& word : words) {
    auto edit = parse_setting("{emssettings}", kEmsSettings, word);
    if (!edit) return unknown_setting("/emssettings", kEmsSettings, word);
    edits.push_back(*std::move(edit));
  }
  if (edits.empty()) {
    return usage("/emssettings takes BIOS, or EMSPORT:n and EMSBAUDRATE:n");
  }
  return edits;
}

Result<std::vector<Edit>> parse_debug_settings(const Words& words) {
  return parse_debugger(kKernelDebugger, words);
}

Result<std::vector<Edit>> parse_hypervisor_settings(const Words& words) {
  return parse_debugger(kHypervisorDebugger, words);
}

}  // namespace drydock::bcdedit
