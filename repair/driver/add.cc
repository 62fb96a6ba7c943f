#include "repair/driver/add.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "repair/control_sets.h"
#include "repair/driver/package_signing.h"
#include "repair/driver/service_edits.h"
#include "repair/driver/target.h"
#include "repair/file_tree.h"
#include "repair/signature/pe.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/memory_device.h"

namespace drydock::driver {

namespace {

std::string sha256_of(Bytes bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

// [PE] IMAGE_FILE_MACHINE_*, by Architecture's numbers.
constexpr std::uint16_t kPeMachines[] = {0x014c, 0x8664, 0x01c4, 0xaa64, 0x0200};

constexpr bool is_kernel_driver(const Service& service) {
  return (service.type & 0x3) != 0;  // SERVICE_KERNEL_DRIVER, _FILE_SYSTEM_DRIVER
}

class Adder {
 public:
  Adder(const repair::Installation& windows, const ReadPackageFile& read,
        const AddOptions& options, repair::Plan& plan)
      : windows_(windows), read_(read), options_(options), plan_(plan) {}

  Result<Added> run(const std::string& inf_title);

 private:
  Done load(const std::string& inf_title);
  Result<const NamedFile*> load_file(const std::string& path);
  Done check_signed();
  Done choose_names(const std::string& inf_title);
  void choose_starts();
  Done check_drivers();

  Done plan_files();
  void plan_folder(const repair::GuestPath& folder);
  Done plan_file(repair::GuestPath at, const NamedFile& file, const std::string& why);
  Done plan_services();
  void add_ids();

  repair::GuestPath at(const Place& place) const;
  repair::GuestPath in_store(std::string_view path) const;
  std::string store_as_windows_calls_it() const;

  const repair::Installation& windows_;
  const ReadPackageFile& read_;
  const AddOptions& options_;
  repair::Plan& plan_;
  FileSystemPtr volume_;
  const hive::Hive* system_ = nullptr;
  Target target_;
  std::optional<Inf> inf_;
  Package package_;
  std::uint64_t size_ = 0;
  std::map<std::string, NamedFile> files_;  // by path in lower case
  const NamedFile* inf_file_ = nullptr;
  const NamedFile* catalog_ = nullptr;  // nullptr for none
  std::uint32_t signer_score_ = kScoreUnsigned;
  std::set<std::string> folders_;  // planned, in lower case
  Added added_;
};

Result<const NamedFile*> Adder::load_file(const std::string& path) {
  auto known = files_.find(ascii_lower(path));
  if (known != files_.end()) return &known->second;
  ByteVector bytes = TRY(read_(path));
  size_ += bytes.size();
  if (size_ > kPackageSizeMax) {
    return Error(Errc::bad_argument,
                 fmt::format("the package is larger than {} bytes", kPackageSizeMax));
  }
  auto placed = files_.try_emplace(ascii_lower(path),
                                   NamedFile{.name = path, .bytes = std::move(bytes)});
  return &placed.first->second;
}

// The INF file, and what it names.
Done Adder::load(const std::string& inf_title) {
  inf_file_ = TRY(load_file(inf_title));
  inf_ = TRY(Inf::read(inf_file_->bytes).in(inf_title));
  package_ = TRY(read_package(*inf_, target_).in(inf_title));
  for (const Install& install : package_.installs) {
    for (const PackageFile& file : install.files) TRY(load_file(file.source));
    plan_.notes.insert(plan_.notes.end(), install.notes.begin(), install.notes.end());
  }
  if (package_.facts.catalog.empty()) return {};
  if (!is_below(package_.facts.catalog)) {
    return Error(Errc::corrupt, fmt::format("its catalog is \"{}\", which is no name",
                                            package_.facts.catalog))
        .in(inf_title);
  }
  auto catalog = load_file(package_.facts.catalog);
  if (!catalog && options_.allow_unsigned) return {};
  catalog_ = TRY(std::move(catalog));
  return {};
}

Done Adder::check_signed() {
  std::vector<const NamedFile*> files;
  for (const auto& [path, file] : files_) {
    if (&file != catalog_) files.push_back(&file);
  }
  Signing signing = TRY(judge_package(files, catalog_, options_.trust, target_.build));
  if (signing.doubts.empty()) {
    signer_score_ = kScoreSigned;
    return {};
  }
  std::string doubts = fmt::format("{}", fmt::join(signing.doubts, "; "));
  if (!options_.allow_unsigned) {
    return Error(Errc::bad_argument,
                 fmt::format("the package isn't signed as Windows wants it: {}; "
                             "--allow-unsigned adds it all the same",
                             doubts));
  }
  plan_.notes.push_back(fmt::format(
      "{}: Windows loads no such driver unless it is told to (test signing), and where "
      "it starts at boot, stops with 0xC0000428",
      doubts));
  return {};
}

// "oemN.inf": that of the same file, where it is there already, else the next free one.
Done Adder::choose_names(const std::string& inf_title) {
  PackageNames& names = added_.names;
  names.inf_title = inf_title;
  // How Windows makes the last part isn't known; it has to be one package's alone.
  Sha256 hash;
  hash.add(inf_file_->bytes);
  if (catalog_ != nullptr) hash.add(catalog_->bytes);
  names.folder = fmt::format("{}_{}_{}", ascii_lower(inf_title),
                             to_string(target_.architecture), hash.hex().substr(0, 16));
  if (auto known = inf_name_of(*system_, names.folder)) {
    names.inf = *known;
    return {};
  }
  std::vector<std::string> taken;
  auto folder = volume_->find(windows_.in_windows("INF").path);
  if (folder) {
    TRY(volume_->list(*folder, [&](const Entry& entry) {
      taken.push_back(entry.name);
      return true;
    }));
  }
  for (const std::string& name : taken) {
    if (!ascii_lower(name).starts_with("oem")) continue;
    auto file = volume_->find(windows_.in_windows("INF\\" + name).path);
    if (!file || file->is_directory()) continue;
    if (file->stat().size != inf_file_->bytes.size()) continue;
    if (TRY(read_file(*file, kInfSizeMax)) != inf_file_->bytes) continue;
    names.inf = name;
    return {};
  }
  names.inf = free_inf_name(*system_, taken);
  return {};
}

void Adder::choose_starts() {
  if (!options_.start) return;
  for (Install& install : package_.installs) {
    for (Service& service : install.services) {
      bool drives = (service.flags & kIsFunctionDriver) != 0;
      if (drives && is_kernel_driver(service)) service.start = *options_.start;
    }
  }
}

// That each driver is brought along, or there, and for this machine.
Done Adder::check_drivers() {
  for (const Install& install : package_.installs) {
    for (const Service& service : install.services) {
      const NamedFile* file = nullptr;
      for (const PackageFile& copied : install.files) {
        if (copied.target == service.binary) file = TRY(load_file(copied.source));
      }
      if (file == nullptr) {
        if (volume_->find(at(service.binary).path)) continue;
        return Error(Errc::corrupt,
                     fmt::format("{} starts {}, which the package doesn't bring and "
                                 "Windows doesn't have",
                                 service.name, service.binary.path));
      }
      auto pe = signature::read_pe(MemoryDevice(file->bytes));
      if (!pe) return std::move(pe).error().in(file->name);
      auto wanted = kPeMachines[static_cast<std::size_t>(target_.architecture)];
      if (!is_kernel_driver(service) || pe->machine == wanted) continue;
      return Error(
          Errc::bad_argument,
          fmt::format("{} is for {}, and this is {}", file->name,
                      signature::machine_word(pe->machine), words_of(target_)));
    }
  }
  return {};
}

repair::GuestPath Adder::in_store(std::string_view path) const {
  return windows_.in_windows(
      fmt::format("{}\\{}\\{}", kStoreFolder, added_.names.folder, path));
}

std::string Adder::store_as_windows_calls_it() const {
  return fmt::format("C:{}\\{}\\{}", windows_.root(), kStoreFolder,
                     added_.names.folder);
}

repair::GuestPath Adder::at(const Place& place) const {
  switch (place.root) {
    case Place::Root::windows:
      return windows_.in_windows(place.path);
    case Place::Root::package:
      return in_store(place.path);
    case Place::Root::volume:
      break;
  }
  return {.partition = windows_.partition(), .path = "\\" + place.path};
}

// With those above it, as far as they aren't there.
void Adder::plan_folder(const repair::GuestPath& folder) {
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = folder.path.find('\\', slash + 1);
    repair::GuestPath above{.partition = folder.partition,
                            .path = folder.path.substr(0, slash)};
    if (volume_->find(above.path)) continue;
    if (!folders_.insert(ascii_lower(above.path)).second) continue;
    plan_.edits.push_back({.action = repair::FolderMake{.folder = std::move(above)},
                           .why = "a file of the package goes there"});
  }
}

Done Adder::plan_file(repair::GuestPath at, const NamedFile& file,
                      const std::string& why) {
  plan_folder(
      {.partition = at.partition, .path = at.path.substr(0, at.path.rfind('\\'))});
  auto present = volume_->find(at.path);
  if (present && !present->is_directory() &&
      TRY(read_file(*present, kPackageSizeMax)) != file.bytes) {
    plan_.notes.push_back(
        fmt::format("{} replaces another file of that name", windows_.disk().show(at)));
  }
  plan_.edits.push_back(
      {.action = repair::FilePut{.file = std::move(at), .content = file.bytes},
       .why = why});
  return {};
}

Done Adder::plan_files() {
  const PackageNames& names = added_.names;
  for (const auto& [path, file] : files_) {
    TRY(plan_file(in_store(file.name), file, "the driver store keeps the package"));
  }
  TRY(plan_file(windows_.in_windows("INF\\" + names.inf), *inf_file_,
                "Windows looks for INF files there"));
  if (catalog_ != nullptr) {
    std::string name = names.inf.substr(0, names.inf.rfind('.')) + ".cat";
    TRY(plan_file(windows_.in_windows(fmt::format("{}\\{}", kCatalogFolder, name)),
                  *catalog_, "the package's files are signed by it"));
  }
  std::set<std::string> done;
  for (const Install& install : package_.installs) {
    for (const PackageFile& file : install.files) {
      repair::GuestPath target = at(file.target);
      if (!done.insert(ascii_lower(target.path)).second) continue;
      TRY(plan_file(std::move(target), *TRY(load_file(file.source)),
                    fmt::format("[{}] copies it there", install.section)));
    }
  }
  return {};
}

Done Adder::plan_services() {
  RegistryWriter writer(windows_, *system_, store_as_windows_calls_it(), plan_);
  std::set<std::string> done;
  for (const Install& install : package_.installs) {
    for (const Service& service : install.services) {
      if (!done.insert(ascii_lower(service.name)).second) continue;
      std::string image_path = image_path_of(service, added_.names.folder);
      TRY(plan_service(windows_, *system_, service, image_path, added_.names.inf,
                       writer, plan_));
      Added::Driver driver{.service = service.name,
                           .start = service.start,
                           .image_path = image_path,
                           .file = at(service.binary),
                           .sha256 = {}};
      for (const PackageFile& file : install.files) {
        if (file.target != service.binary) continue;
        driver.sha256 = sha256_of(TRY(load_file(file.source))->bytes);
      }
      added_.drivers.push_back(std::move(driver));
    }
  }
  return plan_database(windows_, *system_,
                       {.inf = *inf_,
                        .package = package_,
                        .names = added_.names,
                        .architecture = target_.architecture,
                        .signer_score = signer_score_},
                       writer, plan_);
}

void Adder::add_ids() {
  for (const Device& device : package_.devices) {
    const Install& install = package_.installs[device.install_index];
    const Service* service = install.function_driver();
    bool at_once = service != nullptr && is_installed_at_once(install, *system_);
    std::vector<std::string> ids = device.compatible_ids;
    if (!device.hardware_id.empty()) ids.push_back(device.hardware_id);
    if (!has_driver_database(*system_) && !at_once) continue;
    for (std::string& id : ids) {
      added_.ids.push_back(
          {.id = std::move(id), .service = at_once ? service->name : ""});
    }
  }
}

Result<Added> Adder::run(const std::string& inf_title) {
  volume_ = TRY(windows_.disk().volume(windows_.partition()));
  system_ = TRY(windows_.system());
  target_ = TRY(target_of(windows_));
  TRY(load(inf_title));
  TRY(check_signed());
  TRY(choose_names(inf_title));
  choose_starts();
  TRY(check_drivers());
  TRY(plan_files());
  TRY(plan_services());
  add_ids();
  return std::move(added_);
}

Done missing(const std::string& place, std::string words) {
  return Error(Errc::corrupt, std::move(words)).in(place);
}

Done check_driver(const repair::Installation& windows, const hive::Hive& system,
                  const Added::Driver& driver) {
  repair::ControlSets sets = TRY(repair::read_control_sets(system));
  std::string below = "Services\\" + driver.service;
  for (const std::string& key : TRY(repair::keys_in_control_sets(sets, below)).keys) {
    hive::Key at = TRY(system.find(key));
    auto start = TRY(system.value(at, "Start").in(key)).number();
    if (start != driver.start) return missing(key, "it doesn't start as it should");
    auto image = TRY(system.value(at, "ImagePath").in(key)).text();
    if (image != driver.image_path) return missing(key, "it has another ImagePath");
  }
  if (driver.sha256.empty()) return {};
  FileSystemPtr volume = TRY(windows.disk().volume(driver.file.partition));
  std::string place = windows.disk().show(driver.file);
  File file = TRY(volume->find(driver.file.path).in(place));
  ByteVector bytes = TRY(read_file(file, kPackageSizeMax).in(place));
  if (sha256_of(bytes) == driver.sha256) return {};
  return missing(place, "it isn't the package's file");
}

}  // namespace

Result<Added> plan_add(const repair::Installation& windows, const std::string& inf,
                       const ReadPackageFile& read, const AddOptions& options,
                       repair::Plan& plan) {
  return Adder(windows, read, options, plan).run(inf);
}

Done check_added(const repair::Installation& windows, const Added& added) {
  const hive::Hive* system = TRY(windows.system());
  for (const Added::Driver& driver : added.drivers) {
    TRY(check_driver(windows, *system, driver));
  }
  for (const Added::Id& wanted : added.ids) {
    std::vector<Match> matches = matches_for(*system, wanted.id);
    bool found = std::any_of(matches.begin(), matches.end(), [&](const Match& match) {
      return (match.inf.empty() || equal_ignoring_case(match.inf, added.names.inf)) &&
             equal_ignoring_case(match.service, wanted.service);
    });
    if (!found) return missing(wanted.id, "Windows wouldn't find the driver for it");
  }
  return {};
}

}  // namespace drydock::driver
