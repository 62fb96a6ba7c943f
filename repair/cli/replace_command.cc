// drydock drivers replace: a believed copy in the place of a driver, or of all that
// nobody signed.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "repair/cli/change.h"
#include "repair/cli/donor.h"
#include "repair/cli/driver_verbs.h"
#include "repair/cli/host_file.h"
#include "repair/cli/progress_bar.h"
#include "repair/cli/trust.h"
#include "repair/driver/audit.h"
#include "repair/driver/replace.h"
#include "repair/signature/guest_verifier.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

using driver::FileCopy;
using driver::Shelf;
using repair::GuestPath;

std::string name_of(const GuestPath& path) {
  return path.path.substr(path.path.rfind('\\') + 1);
}

// The copies that --from means, of one file after another.
class Sources {
 public:
  static Result<Sources> open(const std::string& from, Report& report);
  Result<std::vector<FileCopy>> copies(const repair::Installation& windows,
                                       const GuestPath& file) const;
  bool is_one_file() const {
    return donor_ && donor_->windows == nullptr && !donor_->is_folder;
  }

 private:
  std::vector<Shelf> shelves_;
  std::optional<Donor> donor_;
};

Result<Sources> Sources::open(const std::string& from, Report& report) {
  Sources sources;
  if (from == "winsxs" || from == "auto") {
    sources.shelves_.push_back(Shelf::component_store);
  }
  if (from == "driverstore" || from == "auto") {
    sources.shelves_.push_back(Shelf::driver_store);
  }
  if (sources.shelves_.empty()) sources.donor_ = TRY(open_donor(from, report));
  return sources;
}

FileCopy host_copy(const std::filesystem::path& path) {
  return {.place = path.string(), .read = [path] {
            return read_host_file(path.string(), driver::kCopySizeMax);
          }};
}

Result<std::vector<FileCopy>> Sources::copies(const repair::Installation& windows,
                                              const GuestPath& file) const {
  std::vector<FileCopy> copies;
  for (Shelf shelf : shelves_) {
    for (FileCopy& copy : TRY(driver::copies_on(windows, shelf, file))) {
      copies.push_back(std::move(copy));
    }
  }
  if (!donor_) return copies;
  if (donor_->windows != nullptr) {
    auto copy = driver::copy_of(*donor_->windows, windows, file);
    if (copy) {
      copy->place = fmt::format("{}: {}", donor_->name, copy->place);
      copies.push_back(*std::move(copy));
    }
    if (!copy && copy.error().code() != Errc::not_found) return std::move(copy).error();
  } else {
    std::filesystem::path path = donor_->name;
    if (donor_->is_folder) path /= name_of(file);
    copies.push_back(host_copy(path));
  }
  return copies;
}

// The file of the driver that a person names: by its path, its service or its name.
Result<GuestPath> find_target(const repair::Installation& windows,
                              const std::string& name, std::size_t installation) {
  if (name.find_first_of(":\\/") != std::string::npos) {
    return windows.disk().resolve(name, installation);
  }
  driver::Inventory inventory = TRY(driver::read_inventory(windows));
  for (const driver::Driver& one : inventory.drivers) {
    if (!one.path) continue;
    if (equal_ignoring_case(one.name, name) ||
        equal_ignoring_case(name_of(*one.path), name)) {
      return *one.path;
    }
  }
  return Error(
             Errc::not_found,
             fmt::format("no driver of {} has this name; `drydock drivers IMAGE list` "
                         "has them",
                         windows.show()))
      .in(name);
}

// The files of all drivers that are there and that nobody signed, or not so that it is
// believed.
Result<std::vector<GuestPath>> find_unsigned(const repair::Installation& windows,
                                             const signature::TrustStore& trust) {
  ProgressBar bar("verify");
  driver::Audit audit = TRY(driver::audit(windows, trust, {.files = bar.progress()}));
  std::vector<GuestPath> targets;
  for (std::size_t i = 0; i < audit.verdicts.size(); ++i) {
    driver::Verdict verdict = audit.verdicts[i].verdict;
    if (verdict != driver::Verdict::unsigned_file && verdict != driver::Verdict::bad) {
      continue;
    }
    const GuestPath& path = *audit.inventory.drivers[i].path;
    if (std::ranges::find(targets, path) == targets.end()) targets.push_back(path);
  }
  return targets;
}

Result<driver::ReplaceOptions> options_of(const DriverReplaceRequest& request) {
  driver::ReplaceOptions options{.allow_unsigned = request.allow_unsigned,
                                 .keep_old = request.keep_old};
  if (request.version.empty()) return options;
  options.version = signature::parse_version(request.version);
  if (options.version) return options;
  return Error(Errc::bad_argument, "a version is four numbers, as 10.0.20348.1")
      .in("--version");
}

Result<repair::Plan> plan_all(const repair::Installation& windows,
                              const Sources& sources,
                              const signature::TrustStore& trust,
                              const signature::Verifier& verifier,
                              const driver::ReplaceOptions& options,
                              bool& leaves_some) {
  repair::Plan plan;
  for (const GuestPath& target : TRY(find_unsigned(windows, trust))) {
    auto copies = TRY(sources.copies(windows, target));
    auto done =
        driver::plan_replacement(windows, target, copies, verifier, options, plan);
    if (done) continue;
    plan.notes.push_back(done.error().describe());
    leaves_some = true;
  }
  return plan;
}

// `leaves_some` gets to be true where one that is unsigned stays so.
Result<repair::Plan> make_plan(const DriverReplaceRequest& request,
                               const repair::Disk& disk, std::size_t installation,
                               bool& leaves_some, Report& report) {
  if (disk.installations().empty()) {
    return Error(Errc::not_found, "no Windows was found on this disk");
  }
  const repair::Installation& windows = *disk.installations()[installation];
  driver::ReplaceOptions options = TRY(options_of(request));
  Sources sources = TRY(Sources::open(request.from, report));
  ProgressBar bar("catalogs");
  signature::TrustStore trust = TRY(trust_store(request.trust));
  auto verifier = TRY(signature::guest_verifier(windows, trust, bar.progress()));
  if (request.all_unsigned && sources.is_one_file()) {
    return Error(Errc::bad_argument,
                 "one file is no copy of them all: name a folder or an image")
        .in("--from");
  }
  if (request.all_unsigned) {
    return plan_all(windows, sources, trust, *verifier, options, leaves_some);
  }
  GuestPath target = TRY(find_target(windows, request.name, installation));
  auto copies = TRY(sources.copies(windows, target));
  repair::Plan plan;
  auto done =
      driver::plan_replacement(windows, target, copies, *verifier, options, plan);
  if (!done) return std::move(done).error();
  return plan;
}

}  // namespace

Exit replace_driver(const DriverReplaceRequest& request, Report& report) {
  if (request.all_unsigned != request.name.empty()) {
    return report.fail(
        Error(Errc::bad_argument, "name a driver, or --all-unsigned instead"),
        Exit::usage);
  }
  bool leaves_some = false;
  auto plan = [&](const repair::Disk& disk, std::size_t installation) {
    return make_plan(request, disk, installation, leaves_some, report);
  };
  Exit exit =
      change_image(request.image, request.change, "drivers replace", plan, report);
  return exit == Exit::done && leaves_some ? Exit::faults : exit;
}

}  // namespace drydock::cli
