// dism: what Windows was serviced with.  Its own list is answered from the registry;
// for the rest we say what there is instead.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "repair/installation.h"
#include "repair/script/times.h"
#include "repair/script/verb.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

constexpr std::string_view kPackagesKey =
    "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages";
// Of those that dism lists; the parts of others have 2.  Not documented: people set
// it to 1 to see them.
constexpr std::uint64_t kVisible = 1;
// A package's manifest says what it is in its first lines.
constexpr std::uint64_t kManifestHeadSize = std::uint64_t{64} << 10;

struct Package {
  std::string name;
  std::string state;
  std::string release_type;  // "" where it isn't known
  std::string installed;     // when
};

// CurrentState in dism's words, which are DismPackageFeatureState's.  Nothing of
// Microsoft's lists the numbers; these are known from tools that read the registry
// beside dism.
std::string state_words(std::uint64_t state) {
  switch (state) {
    case 0x05:
      return "Uninstall Pending";
    case 0x40:
      return "Staged";
    case 0x50:
      return "Superseded";
    case 0x60:
      return "Install Pending";
    case 0x65:
      return "Partially Installed";
    case 0x70:
    case 0x80:
      return "Installed";
    default:
      return fmt::format("unknown ({:#x})", state);
  }
}

// The words between the quotes behind releaseType= in \Windows\servicing\Packages; ""
// where the manifest isn't there, or can't be read.
std::string release_type(const repair::Installation& windows, std::string_view name) {
  repair::GuestPath path =
      windows.in_windows(fmt::format("\\servicing\\Packages\\{}.mum", name));
  auto volume = windows.disk().volume(path.partition);
  if (!volume) return "";
  auto file = (*volume)->find(path.path);
  if (!file) return "";
  auto data = file->data();
  if (!data) return "";
  std::uint64_t size = std::min((*data)->size(), kManifestHeadSize);
  auto head = read_bytes(**data, 0, size, kManifestHeadSize);
  if (!head) return "";
  std::string_view text = as_text(*head);
  constexpr std::string_view kBefore = "releaseType=\"";
  std::size_t start = text.find(kBefore);
  if (start == std::string_view::npos) return "";
  text.remove_prefix(start + kBefore.size());
  std::size_t end = text.find_first_of("\"<>\n");
  if (end == std::string_view::npos || text[end] != '"') return "";
  return to_utf16(text.substr(0, end)) ? std::string(text.substr(0, end)) : "";
}

std::uint64_t number_of(const hive::Hive& hive, hive::Key key, std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->number().value_or(0) : 0;
}

// By name, as dism lists them; without those that are absent or a part of others.
Result<std::vector<Package>> packages_of(const repair::Installation& windows) {
  hive::Hive software = TRY(windows.open_hive("SOFTWARE"));
  auto root = software.find(kPackagesKey);
  if (!root && root.error().code() == Errc::not_found) return std::vector<Package>();
  if (!root) return std::move(root).error();
  std::vector<Package> packages;
  for (hive::Key key : TRY(software.subkeys(*root))) {
    std::uint64_t state = number_of(software, key, "CurrentState");
    auto visibility = software.value(key, "Visibility");
    bool hidden = visibility && visibility->number() != kVisible;
    if (state == 0 || hidden) continue;
    std::string name = TRY(software.name(key));
    FileTime time = number_of(software, key, "InstallTimeHigh") << 32 |
                    number_of(software, key, "InstallTimeLow");
    packages.push_back({.name = name,
                        .state = state_words(state),
                        .release_type = release_type(windows, name),
                        .installed = time == 0 ? "" : plain_time(time)});
  }
  std::ranges::sort(packages, {},
                    [](const Package& each) { return ascii_lower(each.name); });
  return packages;
}

std::string as_list(const std::vector<Package>& packages) {
  std::string text;
  for (const Package& each : packages) {
    text += fmt::format("Package Identity : {}\nState : {}\n", each.name, each.state);
    if (!each.release_type.empty()) {
      text += fmt::format("Release Type : {}\n", each.release_type);
    }
    text += fmt::format("Install Time : {}\n\n", each.installed);
  }
  return text;
}

std::string as_table(const std::vector<Package>& packages) {
  std::vector<std::vector<std::string>> rows = {
      {"Package Identity", "State", "Release Type", "Install Time"}};
  for (const Package& each : packages) {
    rows.push_back({each.name, each.state, each.release_type, each.installed});
  }
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += fmt::format("{}{:<{}}", i == 0 ? "" : " | ", row[i], widths[i]);
    }
    return text + '\n';
  };
  std::vector<std::string> rule;
  for (std::size_t width : widths) rule.emplace_back(width, '-');
  std::string text = line(rule) + line(rows[0]) + line(rule);
  for (std::size_t i = 1; i < rows.size(); ++i) text += line(rows[i]);
  return text + '\n';
}

// What a dism line says, as far as it is heeded.
struct Dism {
  std::optional<std::string> image;
  bool online = false;
  bool lists_packages = false;
  bool table = false;
  std::string command;  // "/remove-package"
};

Dism parse(const std::vector<std::string>& words) {
  Dism dism;
  for (const std::string& word : words) {
    if (word.empty() || (word[0] != '/' && word[0] != '-')) continue;
    std::size_t end = word.find_first_of(":=");
    std::string name = '/' + ascii_lower(word.substr(0, end)).substr(1);
    std::string value = end == std::string::npos ? "" : word.substr(end + 1);
    if (name == "/image") {
      dism.image = std::move(value);
    } else if (name == "/online") {
      dism.online = true;
    } else if (name == "/format") {
      dism.table = equal_ignoring_case(value, "table");
    } else if (name == "/get-packages") {
      dism.lists_packages = true;
    } else if (dism.command.empty() && name != "/english") {
      dism.command = std::move(name);
    }
  }
  return dism;
}

// bad_argument where another volume than that of this Windows is meant.
Done check_image(Machine& machine, const Dism& dism) {
  if (!dism.image) {
    if (dism.online) return {};
    return Error(Errc::bad_argument, "which Windows? /image:F:\\ or /online says so");
  }
  repair::GuestPath path = TRY(machine.resolve(*dism.image).in("/image"));
  if (path.partition == machine.windows().partition() && path.path == "\\") return {};
  return Error(
      Errc::bad_argument,
      fmt::format("/image:{} isn't the root of this Windows' volume", *dism.image));
}

Done list_packages(Machine& machine, const Dism& dism) {
  TRY(machine.settle());
  TRY(check_image(machine, dism));
  const repair::Installation& windows = machine.windows();
  auto packages = TRY(packages_of(windows).in("SOFTWARE"));
  if (auto build = windows.facts().build) {
    machine.print(fmt::format("Image Version: 10.0.{}\n\n", *build));
  }
  machine.print("Packages listing:\n\n");
  machine.print(dism.table ? as_table(packages) : as_list(packages));
  machine.print("The operation completed successfully.\n");
  return {};
}

// Lines that aren't run are no mistake of the script's.
std::string instead_of(const std::string& command) {
  constexpr std::string_view kAbout =
      "drydock check IMAGE looks at what the disk's structures are worth, drydock "
      "repair IMAGE mends what it knows, drydock undo IMAGE takes a change back";
  if (command == "/remove-package") {
    return fmt::format("dism {} isn't run: packages aren't removed offline; {}",
                       command, kAbout);
  }
  if (command == "/cleanup-image") {
    return fmt::format(
        "dism {} isn't run: the component store is neither checked nor "
        "mended offline; {}",
        command, kAbout);
  }
  return fmt::format("dism {} isn't run on a disk offline; {}", command, kAbout);
}

Result<Run> prepare_dism(const Call& call) {
  Dism dism = parse(program_words(call.tail));
  if (dism.lists_packages) {
    return Run([dism = std::move(dism)](Machine& machine) {
      return list_packages(machine, dism);
    });
  }
  return Run([command = std::move(dism.command)](Machine& machine) -> Done {
    machine.note(instead_of(command));
    return {};
  });
}

}  // namespace

const std::vector<Verb>& package_verbs() {
  static const std::vector<Verb> kVerbs = {{"dism", prepare_dism}};
  return kVerbs;
}

}  // namespace drydock::script
