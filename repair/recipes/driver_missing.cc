// The file of a driver, or of another part of Windows, that is loaded at boot is gone.
// Its service is there still, and with it what Windows does where it can't be loaded.
//
// Services outlive programs that were removed, and Windows starts without the driver
// of one that is neither severe nor critical.  So a file is missed only where a start
// hangs on it, or where Windows itself has another copy of it.

#include <fmt/format.h>

#include <algorithm>

#include "repair/driver/copies.h"
#include "repair/driver/disable.h"
#include "repair/driver/inventory.h"
#include "repair/file_tree.h"
#include "repair/recipes/boot_trust.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using driver::Driver;

class DriverMissing final : public Recipe {
 public:
  std::string_view id() const override { return "driver.missing"; }
  std::string_view summary() const override {
    return "the file of a driver that is loaded at boot isn't there";
  }
  std::string_view reads() const override {
    return "SYSTEM, the files of the drivers that are loaded at boot, WinSxS, the "
           "driver store";
  }
  std::string_view writes() const override {
    return "that file: a copy that is believed";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override;
  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    return mend_from_disk(subject, finding, plan);
  }
};

// Boot files outside the Windows folder are bcd.rebuild's.
bool is_missing(const Driver& driver, const Installation& windows) {
  return driver::is_loaded_at_boot(driver) && driver.path && !driver.file &&
         driver.problem.empty() && driver.path->partition == windows.partition() &&
         is_within(driver.path->path, windows.root());
}

// Hives alone are no Windows of which every driver was lost.
Done check_has_drivers(const Installation& windows) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  GuestPath folder = windows.in_windows("\\System32\\drivers");
  auto found = volume->find(folder.path);
  if (found) return {};
  if (found.error().code() != Errc::not_found) return std::move(found).error();
  return Error(Errc::corrupt, "there is no folder of drivers")
      .in(windows.disk().show(folder));
}

std::vector<std::string> evidence_of(const Driver& driver,
                                     const std::vector<driver::FileCopy>& copies) {
  std::vector<std::string> evidence;
  if (driver.kind == driver::Kind::boot_file) {
    evidence.push_back("every Windows loads it at boot");
  } else {
    evidence.push_back(
        fmt::format("the service {} has Start {} and ErrorControl {}", driver.name,
                    driver::start_word(driver.start),
                    driver::error_control_word(driver.error_control.value_or(0))));
  }
  for (const driver::FileCopy& copy : copies) {
    evidence.push_back(fmt::format("a copy is in {}", copy.place));
  }
  if (copies.empty()) evidence.push_back("no other copy is on this disk");
  return evidence;
}

Result<Recipe::Findings> DriverMissing::examine(const Subject& subject,
                                                const Settings&) const {
  const Installation& windows = *subject.windows;
  TRY(check_has_drivers(windows));
  driver::Inventory inventory = TRY(driver::read_inventory(windows));
  Findings findings;
  for (const Driver& driver : inventory.drivers) {
    if (!is_missing(driver, windows)) continue;
    auto copies = TRY(copies_on_disk(windows, *driver.path));
    bool reaches_disk = driver::why_always_needed(driver.name).has_value();
    if (copies.empty() && !driver.stops_boot && !reaches_disk) continue;
    Finding finding;
    finding.recipe = id();
    finding.what = fmt::format("{}: its file isn't there", driver.name);
    finding.where = windows.disk().show(*driver.path);
    finding.evidence = evidence_of(driver, copies);
    finding.stops_boot = driver.stops_boot || reaches_disk;
    if (reaches_disk) finding.stop_code = "0x7B";
    const std::string& path = driver.path->path;
    finding.image_name = path.substr(path.rfind('\\') + 1);
    bool known = std::ranges::any_of(
        findings, [&](const Finding& one) { return one.where == finding.where; });
    if (!known) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

const Recipe& driver_missing() {
  static const DriverMissing recipe;
  return recipe;
}

}  // namespace drydock::repair
