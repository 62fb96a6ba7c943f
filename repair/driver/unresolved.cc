#include "repair/driver/unresolved.h"

#include <fmt/format.h>

#include "vhd/base/try.h"

namespace drydock::driver {

bool is_loaded_at_boot(const Driver& driver) {
  if (driver.kind == Kind::boot_file) return true;
  constexpr auto kSystem = static_cast<std::uint32_t>(Start::system);
  return driver.kind != Kind::user_mode && driver.start <= kSystem;
}

namespace {

Result<signature::Verification> verify(const repair::Installation& windows,
                                       const repair::GuestPath& path,
                                       const signature::Verifier& verifier) {
  FileSystemPtr volume = TRY(windows.disk().volume(path.partition));
  File file = TRY(volume->find(path.path));
  DevicePtr data = TRY(file.data());
  return verifier.verify(*data);
}

}  // namespace

Result<Resolution> resolve_boot_drivers(const repair::Installation& windows,
                                        const signature::Verifier& verifier) {
  Inventory inventory = TRY(read_inventory(windows));
  Resolution resolution;
  for (Driver& driver : inventory.drivers) {
    if (!is_loaded_at_boot(driver)) continue;
    std::string problem = driver.problem;
    if (problem.empty() && driver.path && driver.file) {
      auto found = verify(windows, *driver.path, verifier);
      if (found) {
        ++resolution.examined_count;
        if (found->resolves) continue;
        resolution.unresolved.push_back(
            {.driver = std::move(driver), .verification = *std::move(found)});
        continue;
      }
      if (found.error().code() == Errc::io) return std::move(found).error();
      problem = fmt::format("{}: {}", windows.disk().show(*driver.path),
                            found.error().describe());
    }
    if (problem.empty() || !driver.stops_boot) continue;
    resolution.untold.push_back(fmt::format("{}: {}", driver.name, problem));
  }
  return resolution;
}

}  // namespace drydock::driver
