// drydock drivers IMAGE add, remove: driver packages, by their INF files.

#include <fmt/format.h>

#include <filesystem>

#include "repair/cli/change.h"
#include "repair/cli/driver_verbs.h"
#include "repair/cli/host_file.h"
#include "repair/driver/add.h"
#include "repair/driver/remove.h"
#include "repair/driver/service_key.h"
#include "repair/installation.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;

// Certificates of --trust: a handful.
constexpr std::uint64_t kTrustFileSizeMax = std::uint64_t{16} << 20;

// The name in `folder` that is `name` but for the case of its letters, as Windows would
// find it; `name` where there is none.
fs::path find_name(const fs::path& folder, const std::string& name) {
  std::error_code error;
  if (fs::exists(folder / name, error)) return folder / name;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (equal_ignoring_case(at->path().filename().string(), name)) return at->path();
  }
  return folder / name;
}

// A file of a package: `path` is below `folder`, with Windows' slashes.
Result<ByteVector> read_below(fs::path folder, std::string_view path) {
  if (!driver::is_below(path)) {
    return Error(Errc::bad_argument, fmt::format("{} leads out of the package", path));
  }
  while (true) {
    std::string_view part = path.substr(0, path.find('\\'));
    folder = find_name(folder, std::string(part));
    if (part.size() == path.size()) break;
    path.remove_prefix(part.size() + 1);
  }
  return read_host_file(folder.string(), driver::kPackageSizeMax);
}

// not_found where there is no Windows.
Result<const repair::Installation*> meant_windows(const repair::Disk& disk,
                                                  std::size_t installation) {
  std::size_t index = TRY(repair::choose_installation(disk, installation));
  return disk.installations()[index].get();
}

Result<driver::AddOptions> options_of(const DriverAddRequest& request) {
  driver::AddOptions options;
  options.allow_unsigned = request.allow_unsigned;
  if (auto start = driver::parse_start(request.start)) {
    options.start = static_cast<std::uint32_t>(*start);
  }
  for (const std::string& file : request.trust) {
    ByteVector bytes = TRY(read_host_file(file, kTrustFileSizeMax));
    TRY(options.trust.add(bytes).in(file));
  }
  return options;
}

}  // namespace

Exit add_driver(const DriverAddRequest& request, Report& report) {
  std::error_code error;
  fs::path inf = fs::absolute(request.inf, error);
  if (error) {
    return report.fail(
        Error(Errc::bad_argument, fmt::format("the host says: {}", error.message()))
            .in(request.inf));
  }
  auto options = options_of(request);
  if (!options) return report.fail(options.error());
  auto read = [folder = inf.parent_path()](const std::string& path) {
    return read_below(folder, path);
  };
  driver::Added added;
  std::size_t chosen = 0;
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    const repair::Installation& windows = *TRY(meant_windows(disk, installation));
    repair::Plan plan;
    chosen = installation;
    added =
        TRY(driver::plan_add(windows, inf.filename().string(), read, *options, plan));
    return plan;
  };
  auto prove = [&](const repair::Disk& disk) -> Done {
    return driver::check_added(*TRY(meant_windows(disk, chosen)), added);
  };
  return change_image(request.image, request.change,
                      fmt::format("drivers add {}", inf.filename().string()), make_plan,
                      report, prove);
}

Exit remove_driver(const DriverRemoveRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    const repair::Installation& windows = *TRY(meant_windows(disk, installation));
    repair::Plan plan;
    TRY(driver::plan_remove(windows, request.name, {.force = request.force}, plan));
    return plan;
  };
  return change_image(request.image, request.change,
                      fmt::format("drivers remove {}", request.name), make_plan,
                      report);
}

}  // namespace drydock::cli
