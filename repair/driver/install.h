// What an INF file does to install its devices: files, services, registry.
//
// Each device names an install section, and that one names others.  What they say is
// collected here for one Windows, and nothing is done about it yet.  Sections of other
// INF files (Include, Needs) and co-installers are noted, not followed.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/inf.h"
#include "repair/driver/models.h"
#include "vhd/base/result.h"

namespace drydock::driver {

// All sections of a package together: sections can be named again and again.
inline constexpr std::size_t kInstallLineCountMax = 100'000;

// A file or folder that an INF file names by a directory's number (dirid).
struct Place {
  enum class Root : std::uint8_t {
    windows,  // \Windows
    volume,   // the volume that Windows is on
    package,  // the package's own folder in the driver store (dirid 13)
  };
  Root root = Root::windows;
  std::string path;  // below it: "System32\drivers\viostor.sys"

  friend bool operator==(const Place&, const Place&) = default;
};
// Of "12" and a path below it.  unsupported for a number that no folder here stands
// for; corrupt for a path that leads out of its folder.
Result<Place> place_of(std::string_view dirid, std::string_view below);

// Whether `path` names something below where it starts, and no stream of it.
bool is_below(std::string_view path);

struct PackageFile {
  std::string source;  // below the folder of the INF file: "x64\viostor.sys"
  Place target;

  friend bool operator==(const PackageFile&, const PackageFile&) = default;
};

// FLG_ADDREG_*.
inline constexpr std::uint32_t kNoClobber = 0x2;
inline constexpr std::uint32_t kDeleteValue = 0x4;
inline constexpr std::uint32_t kAppend = 0x8;
inline constexpr std::uint32_t kKeyOnly = 0x10;
inline constexpr std::uint32_t kOverwriteOnly = 0x20;

// A line that AddReg or DelReg leads to.
struct RegistryLine {
  std::string root;  // "HKR", which depends on who names the section, "HKLM"...
  std::string key;   // below the root; "" for the root itself
  std::string value;
  std::uint32_t flags = 0;
  std::vector<std::string> data = {};
  bool deletes = false;    // of DelReg
  std::size_t number = 0;  // of the line
};

// SPSVCINST_TAGTOFRONT and _ASSOCSERVICE.
inline constexpr std::uint32_t kTagToFront = 0x1;
inline constexpr std::uint32_t kIsFunctionDriver = 0x2;

// A line of AddService.
struct Service {
  std::string name;
  std::uint32_t flags = 0;
  std::uint32_t type = 1;           // SERVICE_KERNEL_DRIVER
  std::uint32_t start = 3;          // SERVICE_DEMAND_START
  std::uint32_t error_control = 1;  // SERVICE_ERROR_NORMAL
  Place binary;
  std::string display_name;  // "" for none, as for those below
  std::string description;
  std::string group;  // LoadOrderGroup
  std::string start_name;
  std::vector<std::string> dependencies = {};  // "+NAME" is a group
  std::vector<RegistryLine> registry = {};     // HKR: the service's key
  std::string event_log;                       // "System"; "" where it logs nothing
  std::string event_name;
  std::vector<RegistryLine> event_registry = {};  // HKR: its key below the log's
};

struct Install {
  std::string section;  // with its decoration
  std::vector<PackageFile> files = {};
  std::vector<RegistryLine> driver_registry = {};  // HKR: the device's software key
  std::vector<RegistryLine> device_registry = {};  // HKR: its hardware key (.HW)
  std::vector<Service> services = {};
  std::vector<std::string> notes = {};  // what wasn't followed
  bool needs_other_files = false;       // sections of other INF files

  // The driver of the device itself; nullptr for a device that needs none.
  const Service* function_driver() const;
};

struct Package {
  PackageFacts facts;
  std::vector<Device> devices;
  std::vector<Install> installs;  // each section once: Device::install_index
};

// Fails as read_package_facts() and read_devices() do; corrupt, with the line or
// section in the places, where a section is missing or a line can't be believed.
Result<Package> read_package(const Inf& inf, const Target& target);

}  // namespace drydock::driver
