#include "repair/driver/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// Microsoft's "Using Dirids".  Those of a user, of printers and of shared folders have
// no one place on a disk that lies still.
struct Dirid {
  std::string_view number;
  Place::Root root;
  std::string_view path;
};
constexpr Dirid kDirids[] = {
    {"10", Place::Root::windows, ""},
    {"11", Place::Root::windows, "System32"},
    {"12", Place::Root::windows, "System32\\drivers"},
    {"13", Place::Root::package, ""},
    {"17", Place::Root::windows, "INF"},
    {"18", Place::Root::windows, "Help"},
    {"20", Place::Root::windows, "Fonts"},
    {"24", Place::Root::volume, ""},
    {"50", Place::Root::windows, "system"},
    {"16422", Place::Root::volume, "Program Files"},
    {"16425", Place::Root::windows, "SysWOW64"},
    {"16426", Place::Root::volume, "Program Files (x86)"},
    {"16427", Place::Root::volume, "Program Files\\Common Files"},
    {"16428", Place::Root::volume, "Program Files (x86)\\Common Files"}};

std::string join(std::string_view folder, std::string_view below) {
  if (folder.empty() || below.empty()) return fmt::format("{}{}", folder, below);
  return fmt::format("{}\\{}", folder, below);
}

// "\a\b\" is "a\b": how folders are written differs from file to file.
std::string_view without_end_slashes(std::string_view path) {
  while (path.starts_with('\\')) path.remove_prefix(1);
  while (path.ends_with('\\')) path.remove_suffix(1);
  return path;
}

Error line_error(const InfLine& line, std::string words) {
  return Error(Errc::corrupt, std::move(words)).in(fmt::format("line {}", line.number));
}

}  // namespace

bool is_below(std::string_view path) {
  if (path.empty() || path.find_first_of("/:*?\"<>|") != std::string_view::npos) {
    return false;
  }
  while (!path.empty()) {
    std::string_view part = path.substr(0, path.find('\\'));
    // Windows takes dots and blanks from the end of a name.
    if (part.empty() || part.ends_with('.') || part.ends_with(' ')) return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
  return false;
}

Result<Place> place_of(std::string_view dirid, std::string_view below) {
  for (const Dirid& known : kDirids) {
    if (known.number != dirid) continue;
    std::string_view rest = without_end_slashes(below);
    if (!rest.empty() && !is_below(rest)) {
      return Error(Errc::corrupt,
                   fmt::format("\"{}\" is no path below a folder", below));
    }
    return Place{.root = known.root, .path = join(known.path, rest)};
  }
  return Error(
      Errc::unsupported,
      fmt::format("directory {} has no place on a disk that lies still", dirid));
}

const Service* Install::function_driver() const {
  for (const Service& service : services) {
    if ((service.flags & kIsFunctionDriver) != 0) return &service;
  }
  return nullptr;
}

// Follows the sections of one file.
class PackageReader {
 public:
  PackageReader(const Inf& inf, const Target& target) : inf_(inf), target_(target) {}

  Result<Install> read_install(const std::string& name);

 private:
  // Its lines, which are counted.
  Result<const std::vector<InfLine>*> lines_of(std::string_view section);
  // Those that `key` names in `sections`.
  Result<std::vector<std::string>> named_in(
      const std::vector<const InfSection*>& sections, std::string_view key);
  // A section with those that it needs, where they are in this file.
  Result<std::vector<const InfSection*>> with_needs(std::string_view name,
                                                    Install& install);

  Done read_files(const std::vector<const InfSection*>& sections, Install& install);
  Done read_file_list(const std::string& name, Install& install);
  Done add_file(const std::string& target, const std::string& source,
                const std::string& list, Install& install);
  Result<std::string> source_of(const std::string& file);
  const InfLine* find(const std::string& section, const std::string& key);
  Result<std::string> value_for(const std::string& section, const std::string& key,
                                std::size_t index);

  Done read_registry(const std::vector<const InfSection*>& sections,
                     std::vector<RegistryLine>& into);
  Result<RegistryLine> read_registry_line(const InfLine& line, bool deletes);

  Done read_services(std::string_view name, Install& install);
  Result<Service> read_service(const InfLine& line);
  Done read_service_section(const InfSection& section, Service& service);
  Result<std::uint32_t> number(const InfLine& line, std::size_t index,
                               std::uint32_t otherwise);
  Result<Place> binary(const InfLine& line);

  const Inf& inf_;
  const Target& target_;
  std::size_t line_count_ = 0;
  std::map<std::string, std::map<std::string, const InfLine*>> indexes_;
};

Result<const std::vector<InfLine>*> PackageReader::lines_of(std::string_view section) {
  const InfSection* found = inf_.find(section);
  if (found == nullptr) {
    return Error(Errc::corrupt, fmt::format("[{}] is named and isn't there", section));
  }
  line_count_ += found->lines.size() + 1;
  if (line_count_ > kInstallLineCountMax) {
    return Error(Errc::corrupt, fmt::format("its sections come to more than {} lines",
                                            kInstallLineCountMax));
  }
  return &found->lines;
}

Result<std::vector<std::string>> PackageReader::named_in(
    const std::vector<const InfSection*>& sections, std::string_view key) {
  std::vector<std::string> names;
  for (const InfSection* section : sections) {
    for (std::string& name : TRY(inf_.list(*section, key))) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

Result<std::vector<const InfSection*>> PackageReader::with_needs(std::string_view name,
                                                                 Install& install) {
  const InfSection* section = inf_.find(name);
  std::vector<const InfSection*> all;
  if (section == nullptr) return all;
  TRY(lines_of(name));
  all.push_back(section);
  std::vector<std::string> missing;
  for (std::string& needed : TRY(inf_.list(*section, "Needs"))) {
    if (const InfSection* found = inf_.find(needed)) {
      TRY(lines_of(needed));
      all.push_back(found);
    } else {
      missing.push_back(std::move(needed));
    }
  }
  if (missing.empty()) return all;
  install.needs_other_files = true;
  std::vector<std::string> files = TRY(inf_.list(*section, "Include"));
  install.notes.push_back(fmt::format(
      "[{}] needs {} of {}, which isn't followed: Windows does so when it installs the "
      "device",
      section->name, fmt::join(missing, ", "), fmt::join(files, ", ")));
  return all;
}

// As Inf::find(), for a section that is asked again and again.
const InfLine* PackageReader::find(const std::string& section, const std::string& key) {
  auto [index, is_new] = indexes_.try_emplace(ascii_lower(section));
  const InfSection* found = is_new ? inf_.find(section) : nullptr;
  if (found != nullptr) {
    for (const InfLine& line : found->lines) {
      if (line.key) index->second.try_emplace(ascii_lower(*line.key), &line);
    }
  }
  auto line = index->second.find(ascii_lower(key));
  return line == index->second.end() ? nullptr : line->second;
}

// A value of the section for the architecture, else of the common one.
Result<std::string> PackageReader::value_for(const std::string& section,
                                             const std::string& key,
                                             std::size_t index) {
  const InfLine* line =
      find(fmt::format("{}.{}", section, to_string(target_.architecture)), key);
  if (line == nullptr) line = find(section, key);
  if (line == nullptr) {
    return Error(Errc::corrupt, fmt::format("[{}] doesn't list {}", section, key));
  }
  return inf_.field(*line, index);
}

// Where a file is below the folder of the INF file.
Result<std::string> PackageReader::source_of(const std::string& file) {
  // FILE = DISK, FOLDER; and DISK = DESCRIPTION, TAG, , PATH.
  std::string disk = TRY(value_for("SourceDisksFiles", file, 0));
  std::string folder = TRY(value_for("SourceDisksFiles", file, 1));
  std::string path = TRY(value_for("SourceDisksNames", disk, 3));
  std::string whole = join(join(without_end_slashes(path), without_end_slashes(folder)),
                           without_end_slashes(file));
  if (is_below(whole)) return whole;
  return Error(Errc::corrupt, fmt::format("\"{}\" is no path below a folder", whole));
}

Done PackageReader::add_file(const std::string& target, const std::string& source,
                             const std::string& list, Install& install) {
  if (!is_below(target)) {
    return Error(Errc::corrupt, fmt::format("\"{}\" is no name of a file", target));
  }
  const InfLine* line = find("DestinationDirs", list);
  if (line == nullptr) line = find("DestinationDirs", "DefaultDestDir");
  if (line == nullptr) {
    return Error(Errc::corrupt,
                 fmt::format("[DestinationDirs] has no folder for [{}]", list));
  }
  std::string below = join(without_end_slashes(TRY(inf_.field(*line, 1))), target);
  PackageFile file;
  file.source = TRY(source_of(source.empty() ? target : source));
  file.target = TRY(place_of(TRY(inf_.field(*line, 0)), below));
  install.files.push_back(std::move(file));
  return {};
}

Done PackageReader::read_file_list(const std::string& name, Install& install) {
  if (name.starts_with('@')) {
    return add_file(name.substr(1), "", "DefaultDestDir", install);
  }
  for (const InfLine& line : *TRY(lines_of(name))) {
    std::string target = TRY(inf_.field(line, 0));
    std::string source = TRY(inf_.field(line, 1));
    auto done = add_file(target, source, name, install);
    if (!done) return std::move(done).error().in(fmt::format("line {}", line.number));
  }
  return {};
}

Done PackageReader::read_files(const std::vector<const InfSection*>& sections,
                               Install& install) {
  for (const std::string& name : TRY(named_in(sections, "CopyFiles"))) {
    TRY(read_file_list(name, install));
  }
  return {};
}

// ROOT, KEY, NAME, FLAGS, DATA...
Result<RegistryLine> PackageReader::read_registry_line(const InfLine& line,
                                                       bool deletes) {
  RegistryLine read;
  read.deletes = deletes;
  read.number = line.number;
  read.root = TRY(inf_.field(line, 0));
  read.key = without_end_slashes(TRY(inf_.field(line, 1)));
  read.value = TRY(inf_.field(line, 2));
  read.flags = TRY(number(line, 3, 0));
  for (std::size_t i = 4; i < line.fields.size(); ++i) {
    read.data.push_back(TRY(inf_.field(line, i)));
  }
  return read;
}

Done PackageReader::read_registry(const std::vector<const InfSection*>& sections,
                                  std::vector<RegistryLine>& into) {
  for (bool deletes : {true, false}) {
    std::string_view directive = deletes ? "DelReg" : "AddReg";
    for (const std::string& name : TRY(named_in(sections, directive))) {
      for (const InfLine& line : *TRY(lines_of(name))) {
        into.push_back(TRY(read_registry_line(line, deletes)));
      }
    }
  }
  return {};
}

Result<std::uint32_t> PackageReader::number(const InfLine& line, std::size_t index,
                                            std::uint32_t otherwise) {
  std::string text = TRY(inf_.field(line, index));
  if (text.empty()) return otherwise;
  auto parsed = parse_inf_number(text);
  if (!parsed) return line_error(line, fmt::format("\"{}\" is no number", text));
  return *parsed;
}

// %12%\viostor.sys.
Result<Place> PackageReader::binary(const InfLine& line) {
  std::string text = TRY(inf_.field(line, 0));
  std::size_t end = text.find('%', 1);
  if (!text.starts_with('%') || end == std::string::npos) {
    return line_error(line,
                      fmt::format("\"{}\" doesn't begin with a folder as %12%", text));
  }
  std::string below = text.substr(end + 1);
  if (below.size() < 2 || !below.starts_with('\\')) {
    return line_error(line, fmt::format("\"{}\" names no file in a folder", text));
  }
  auto place = place_of(text.substr(1, end - 1), below);
  if (!place) return std::move(place).error().in(fmt::format("line {}", line.number));
  return place;
}

Done PackageReader::read_service_section(const InfSection& section, Service& service) {
  bool has_binary = false;
  for (const InfLine& line : section.lines) {
    std::string key = ascii_lower(line.key.value_or(""));
    if (key == "servicetype") {
      service.type = TRY(number(line, 0, service.type));
    } else if (key == "starttype") {
      service.start = TRY(number(line, 0, service.start));
    } else if (key == "errorcontrol") {
      service.error_control = TRY(number(line, 0, service.error_control));
    } else if (key == "servicebinary") {
      service.binary = TRY(binary(line));
      has_binary = true;
    } else if (key == "displayname") {
      service.display_name = TRY(inf_.field(line, 0));
    } else if (key == "description") {
      service.description = TRY(inf_.field(line, 0));
    } else if (key == "loadordergroup") {
      service.group = TRY(inf_.field(line, 0));
    } else if (key == "startname") {
      service.start_name = TRY(inf_.field(line, 0));
    } else if (key == "dependencies") {
      service.dependencies = TRY(inf_.fields_from(line, 0));
    }
  }
  if (has_binary) return {};
  return Error(Errc::corrupt, fmt::format("[{}] has no ServiceBinary: nothing to start",
                                          section.name));
}

// NAME, FLAGS, SECTION, EVENT LOG SECTION, LOG, NAME IN IT.
Result<Service> PackageReader::read_service(const InfLine& line) {
  Service service;
  service.name = TRY(inf_.field(line, 0));
  service.flags = TRY(number(line, 1, 0));
  if (!is_below(service.name) || service.name.find('\\') != std::string::npos) {
    return line_error(line,
                      fmt::format("\"{}\" is no name of a service", service.name));
  }
  std::string name = TRY(inf_.field(line, 2));
  TRY(lines_of(name));
  const InfSection& section = *inf_.find(name);
  TRY(read_service_section(section, service));
  TRY(read_registry({&section}, service.registry));
  std::string events = TRY(inf_.field(line, 3));
  if (events.empty()) return service;
  TRY(lines_of(events));
  TRY(read_registry({inf_.find(events)}, service.event_registry));
  service.event_log = TRY(inf_.field(line, 4));
  service.event_name = TRY(inf_.field(line, 5));
  if (service.event_log.empty()) service.event_log = "System";
  if (service.event_name.empty()) service.event_name = service.name;
  return service;
}

Done PackageReader::read_services(std::string_view name, Install& install) {
  for (const InfSection* section :
       TRY(with_needs(fmt::format("{}.Services", name), install))) {
    for (const InfLine& line : section->lines) {
      if (!equal_ignoring_case(line.key.value_or(""), "AddService")) continue;
      // AddService = ,2 is a device that needs no driver.
      if (TRY(inf_.field(line, 0)).empty()) continue;
      auto service = read_service(line);
      if (!service) {
        return std::move(service).error().in(fmt::format("line {}", line.number));
      }
      install.services.push_back(std::move(*service));
    }
  }
  return {};
}

Result<Install> PackageReader::read_install(const std::string& name) {
  Install install;
  for (const std::string& decorated :
       {fmt::format("{}.nt{}", name, to_string(target_.architecture)), name + ".nt",
        name}) {
    const InfSection* found = inf_.find(decorated);
    if (found == nullptr) continue;
    install.section = found->name;
    break;
  }
  if (install.section.empty()) {
    return Error(Errc::corrupt, fmt::format("[{}] is named and isn't there, with a "
                                            "decoration or without",
                                            name));
  }
  std::vector<const InfSection*> sections = TRY(with_needs(install.section, install));
  TRY(read_files(sections, install));
  TRY(read_registry(sections, install.driver_registry));
  auto hardware = TRY(with_needs(install.section + ".HW", install));
  TRY(read_registry(hardware, install.device_registry));
  TRY(read_services(install.section, install));
  if (inf_.find(install.section + ".CoInstallers") != nullptr) {
    install.notes.push_back(fmt::format(
        "[{}.CoInstallers] isn't followed: Windows runs co-installers when it installs "
        "the device",
        install.section));
  }
  return install;
}

Result<Package> read_package(const Inf& inf, const Target& target) {
  Package package;
  package.facts = TRY(read_package_facts(inf, target.architecture));
  package.devices = TRY(read_devices(inf, target));
  PackageReader reader(inf, target);
  std::map<std::string, std::size_t> places;  // of installs, by name in lower case
  for (Device& device : package.devices) {
    auto [place, is_new] =
        places.try_emplace(ascii_lower(device.install), package.installs.size());
    device.install_index = place->second;
    if (!is_new) continue;
    auto install = reader.read_install(device.install);
    if (!install) {
      return std::move(install).error().in(fmt::format("section {}", device.install));
    }
    package.installs.push_back(std::move(*install));
  }
  return package;
}

}  // namespace drydock::driver
