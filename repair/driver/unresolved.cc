#include "repair/driver/unresolved.h"

#include "vhd/base/try.h"

namespace drydock::driver {

bool is_loaded_at_boot(const Driver& driver) {
  if (driver.kind == Kind::boot_file) return true;
  constexpr auto kSystem = static_cast<std::uint32_t>(Start::system);
  return driver.kind != Kind::user_mode && driver.start <= kSystem;
}

Result<Resolution> resolve_boot_drivers(const repair::Installation& windows,
                                        const signature::Verifier& verifier) {
  Inventory inventory = TRY(read_inventory(windows));
  Resolution resolution;
  for (Driver& driver : inventory.drivers) {
    if (!is_loaded_at_boot(driver) || !driver.path || !driver.file) continue;
    std::string place = windows.disk().show(*driver.path);
    FileSystemPtr volume = TRY(windows.disk().volume(driver.path->partition));
    File file = TRY(volume->find(driver.path->path).in(place));
    DevicePtr data = TRY(file.data().in(place));
    signature::Verification found = TRY(verifier.verify(*data).in(place));
    ++resolution.examined_count;
    if (found.resolves) continue;
    resolution.unresolved.push_back(
        {.driver = std::move(driver), .verification = std::move(found)});
  }
  return resolution;
}

}  // namespace drydock::driver
