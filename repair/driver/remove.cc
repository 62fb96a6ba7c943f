#include "repair/driver/remove.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "repair/control_sets.h"
#include "repair/driver/add.h"
#include "repair/driver/database.h"
#include "repair/driver/disable.h"
#include "repair/driver/target.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// Of the places that a name is looked for in: a Windows has a few hundred packages.
constexpr std::size_t kPackagesMax = 10'000;

bool is_oem_inf(std::string_view name) {
  std::string lower = ascii_lower(name);
  return lower.starts_with("oem") && lower.ends_with(".inf") && lower.size() > 7 &&
         lower.find_first_not_of("0123456789", 3) == lower.size() - 4;
}

class Remover {
 public:
  Remover(const repair::Installation& windows, repair::Plan& plan)
      : windows_(windows), plan_(plan) {}

  Done run(std::string_view name, const RemoveOptions& options);

 private:
  // "oem0.inf" for what a person named.
  Result<std::string> find_inf(std::string_view name);
  Result<std::optional<std::string>> inf_of_service(std::string_view name);
  Result<std::vector<std::string>> infs_titled(std::string_view title);
  Done read_package_in_store();
  Done find_services();

  Done plan_services();
  Done plan_files();
  Done plan_tree(const repair::GuestPath& folder);
  Done plan_file_if_same(const PackageFile& file);
  void remove_file(repair::GuestPath file);
  void remove_key(std::string key);

  repair::GuestPath in_store(std::string_view path) const {
    return windows_.in_windows(fmt::format("{}\\{}\\{}", kStoreFolder, folder_, path));
  }

  const repair::Installation& windows_;
  repair::Plan& plan_;
  FileSystemPtr volume_;
  const hive::Hive* system_ = nullptr;
  std::vector<std::string> sets_;  // "ControlSet001\Services" of each
  std::string inf_;                // "oem0.inf"
  std::string folder_;             // of the package in the store; "" where unknown
  std::optional<Package> package_;
  std::vector<std::string> services_;  // that are this package's alone
};

std::vector<std::string> owners_of(const hive::Hive& system, const std::string& key) {
  auto found = system.find(key);
  if (!found) return {};
  auto owners = system.value(*found, "Owners");
  if (!owners) return {};
  return owners->texts().value_or(std::vector<std::string>{});
}

Result<std::optional<std::string>> Remover::inf_of_service(std::string_view name) {
  bool there = false;
  for (const std::string& top : sets_) {
    std::string key = fmt::format("{}\\{}", top, name);
    there = there || system_->find(key);
    for (const std::string& owner : owners_of(*system_, key)) {
      if (is_oem_inf(owner)) return std::optional<std::string>(owner);
    }
  }
  if (!there) return std::optional<std::string>();
  return Error(
      Errc::bad_argument,
      fmt::format("the service {} belongs to no package that was added: it came "
                  "with Windows, or by another way; `drivers disable` keeps it "
                  "from loading",
                  name));
}

// The packages whose INF file had this name before.
Result<std::vector<std::string>> Remover::infs_titled(std::string_view title) {
  std::vector<std::string> infs;
  auto top = system_->find("DriverDatabase\\DriverPackages");
  if (!top) return infs;
  for (hive::Key key : TRY(system_->subkeys(*top))) {
    auto held = system_->value(key, "InfName");
    auto inf = system_->value(key, "");
    if (!held || !inf || infs.size() == kPackagesMax) continue;
    std::string name = inf->text().value_or("");
    if (!equal_ignoring_case(held->text().value_or(""), title)) continue;
    if (is_oem_inf(name)) infs.push_back(std::move(name));
  }
  return infs;
}

Result<std::string> Remover::find_inf(std::string_view name) {
  if (is_oem_inf(name)) {
    bool there = static_cast<bool>(
        volume_->find(windows_.in_windows("INF\\" + std::string(name)).path));
    if (there) return std::string(name);
    return Error(Errc::not_found, fmt::format("there is no package {}", name));
  }
  if (ascii_lower(name).ends_with(".inf")) {
    std::vector<std::string> infs = TRY(infs_titled(name));
    if (infs.size() == 1) return infs.front();
    if (infs.empty()) {
      return Error(Errc::not_found,
                   fmt::format("no package that was added is called {}", name));
    }
    return Error(Errc::bad_argument,
                 fmt::format("{} packages are called {}: {}", infs.size(), name,
                             fmt::join(infs, ", ")));
  }
  auto inf = TRY(inf_of_service(name));
  if (inf) return *inf;
  return Error(Errc::not_found,
               fmt::format("there is no service and no package {}", name));
}

// What the package installs here, by its own INF file.
Done Remover::read_package_in_store() {
  File file = TRY(volume_->find(windows_.in_windows("INF\\" + inf_).path));
  ByteVector bytes = TRY(read_file(file, kInfSizeMax).in(inf_));
  Inf inf = TRY(Inf::read(bytes).in(inf_));
  package_ = TRY(read_package(inf, TRY(target_of(windows_))).in(inf_));
  auto key = system_->find("DriverDatabase\\DriverInfFiles\\" + inf_);
  if (key) {
    auto active = system_->value(*key, "Active");
    if (active) folder_ = active->text().value_or("");
  }
  if (!folder_.empty()) {
    if (is_below(folder_) && folder_.find('\\') == std::string::npos) return {};
    return Error(Errc::corrupt, fmt::format("its package is called \"{}\"", folder_))
        .in(inf_);
  }
  // Without a database: the folder of the store that holds this very INF file.
  auto store = volume_->find(windows_.in_windows(kStoreFolder).path);
  if (!store) return {};
  std::vector<std::string> names;
  TRY(volume_->list(*store, [&](const Entry& entry) {
    names.push_back(entry.name);
    return names.size() < kPackagesMax;
  }));
  for (const std::string& name : names) {
    std::size_t end = ascii_lower(name).find(".inf_");
    if (end == std::string::npos) continue;
    auto twin =
        volume_->find(windows_
                          .in_windows(fmt::format("{}\\{}\\{}.inf", kStoreFolder, name,
                                                  name.substr(0, end)))
                          .path);
    if (!twin || twin->stat().size != bytes.size()) continue;
    if (TRY(read_file(*twin, kInfSizeMax)) == bytes) folder_ = name;
  }
  return {};
}

// Those that no other INF file owns.
Done Remover::find_services() {
  for (const Install& install : package_->installs) {
    for (const Service& service : install.services) {
      if (std::find(services_.begin(), services_.end(), service.name) !=
          services_.end()) {
        continue;
      }
      bool ours = false;
      bool others = false;
      for (const std::string& top : sets_) {
        for (const std::string& owner :
             owners_of(*system_, top + "\\" + service.name)) {
          (equal_ignoring_case(owner, inf_) ? ours : others) = true;
        }
      }
      if (ours && !others) {
        services_.push_back(service.name);
      } else {
        plan_.notes.push_back(fmt::format(
            "service {} stays: {}", service.name,
            ours ? "other INF files own it, too"
                 : "nothing in it says that it belongs to this package alone"));
      }
    }
  }
  return {};
}

void Remover::remove_key(std::string key) {
  plan_.edits.push_back(
      {.action = repair::RegistryDelete{.hive = windows_.hive_path("SYSTEM"),
                                        .key = std::move(key),
                                        .value = {}},
       .why = fmt::format("{} is removed", inf_)});
}

void Remover::remove_file(repair::GuestPath file) {
  if (!volume_->find(file.path)) return;
  plan_.edits.push_back({.action = repair::FileDelete{.file = std::move(file)},
                         .why = fmt::format("{} is removed", inf_)});
}

Done Remover::plan_services() {
  for (const std::string& top : sets_) {
    for (const Install& install : package_->installs) {
      for (const Service& service : install.services) {
        bool ours = std::find(services_.begin(), services_.end(), service.name) !=
                    services_.end();
        std::string events = fmt::format("{}\\EventLog\\{}\\{}", top, service.event_log,
                                         service.event_name);
        bool logs = ours && !service.event_log.empty() && system_->find(events);
        if (logs) remove_key(std::move(events));
      }
    }
    for (const std::string& name : services_) {
      std::string key = fmt::format("{}\\{}", top, name);
      if (system_->find(key)) remove_key(std::move(key));
    }
  }
  return {};
}

// A copy elsewhere goes if it is still the package's file.
Done Remover::plan_file_if_same(const PackageFile& file) {
  if (file.target.root == Place::Root::package || folder_.empty()) return {};
  repair::GuestPath at = file.target.root == Place::Root::windows
                             ? windows_.in_windows(file.target.path)
                             : repair::GuestPath{.partition = windows_.partition(),
                                                 .path = "\\" + file.target.path};
  auto present = volume_->find(at.path);
  auto kept = volume_->find(in_store(file.source).path);
  if (!present || present->is_directory()) return {};
  bool same = kept && kept->stat().size == present->stat().size &&
              TRY(read_file(*kept, kPackageSizeMax)) ==
                  TRY(read_file(*present, kPackageSizeMax));
  if (same) {
    remove_file(std::move(at));
  } else {
    plan_.notes.push_back(fmt::format("{} stays: it isn't the package's file any more",
                                      windows_.disk().show(at)));
  }
  return {};
}

// What is in the folder first, then the folder.
Done Remover::plan_tree(const repair::GuestPath& folder) {
  auto found = volume_->find(folder.path);
  if (!found) return {};
  std::vector<std::string> paths = {folder.path};
  std::optional<Error> problem;
  TRY(repair::walk_tree(
      *volume_, *found, folder.path,
      [&](const repair::BelowFolder& below) -> Done {
        paths.push_back(below.path);
        return {};
      },
      [&](const Error& error) { plan_.notes.push_back(error.describe()); }));
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    remove_file({.partition = folder.partition, .path = *path});
  }
  return {};
}

Done Remover::plan_files() {
  std::set<std::string> done;
  for (const Install& install : package_->installs) {
    for (const PackageFile& file : install.files) {
      if (done.insert(ascii_lower(file.target.path)).second)
        TRY(plan_file_if_same(file));
    }
  }
  std::string title = inf_.substr(0, inf_.rfind('.'));
  remove_file(windows_.in_windows("INF\\" + inf_));
  remove_file(windows_.in_windows("INF\\" + title + ".PNF"));  // compiled from it
  remove_file(windows_.in_windows(fmt::format("{}\\{}.cat", kCatalogFolder, title)));
  if (folder_.empty()) return {};
  return plan_tree(windows_.in_windows(fmt::format("{}\\{}", kStoreFolder, folder_)));
}

Done Remover::run(std::string_view name, const RemoveOptions& options) {
  volume_ = TRY(windows_.disk().volume(windows_.partition()));
  system_ = TRY(windows_.system());
  repair::ControlSets sets = TRY(repair::read_control_sets(*system_));
  sets_ = TRY(repair::keys_in_control_sets(sets, "Services")).keys;
  inf_ = TRY(find_inf(name));
  TRY(read_package_in_store());
  TRY(find_services());
  for (const std::string& service : services_) {
    Sight sight = TRY(look_at(windows_, service));
    auto why = why_needed(sight);
    if (!why) continue;
    if (!options.force) {
      return Error(Errc::bad_argument,
                   fmt::format("{}; --force removes it all the same", *why));
    }
    plan_.notes.push_back(*std::move(why));
  }
  TRY(plan_services());
  TRY(plan_forgetting(windows_, *system_, inf_, folder_, services_, plan_));
  return plan_files();
}

}  // namespace

Done plan_remove(const repair::Installation& windows, std::string_view name,
                 const RemoveOptions& options, repair::Plan& plan) {
  return Remover(windows, plan).run(name, options);
}

}  // namespace drydock::driver
