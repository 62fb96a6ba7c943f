// The driver database: how Windows 8 and later know, before any service runs, which
// driver a device gets.  Before that there was CriticalDeviceDatabase.
//
//     SYSTEM\DriverDatabase
//       DeviceIds\PCI\VEN_1AF4&DEV_1001      oem0.inf = 01 FF 00 00
//       DriverInfFiles\oem0.inf              @, Active = the package; Configurations
//       DriverPackages\viostor.inf_amd64_520417bbc533faba
//         @ = oem0.inf; Version, Provider, InfName, Catalog, SignerScore...
//         Configurations\scsi_inst           Service = viostor; Device\...
//         Descriptors\PCI\VEN_1AF4&DEV_1001  Configuration = scsi_inst
//         Strings
//
//     SYSTEM\ControlSet001\Control\CriticalDeviceDatabase
//       PCI#VEN_1AF4&DEV_1001                Service = viostor; ClassGUID
//
// Nothing of it is documented.  What is written here is what Windows wrote when it
// installed viostor, vioser and balloon, as lxc/distrobuilder keeps it, without the
// values whose meaning nobody told (ConfigScope, StatusFlags); virt-v2v writes less,
// and Windows starts from it.  Windows keeps drivers that no start needs in a hive of
// their own, DRIVERS; it takes them from SYSTEM as well.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/install.h"
#include "repair/driver/registry_lines.h"
#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::driver {

// What a package is called once it is in a Windows.
struct PackageNames {
  std::string inf;        // "oem0.inf"
  std::string folder;     // "viostor.inf_amd64_520417bbc533faba"
  std::string inf_title;  // as it came: "viostor.inf"
};

// Whether Windows asks the driver database, and not CriticalDeviceDatabase.
bool has_driver_database(const hive::Hive& system);

// "oemN.inf" for the lowest N that `taken` doesn't have, nor the database.
std::string free_inf_name(const hive::Hive& system,
                          const std::vector<std::string>& taken);

// The name that a package of this folder has already.
std::optional<std::string> inf_name_of(const hive::Hive& system,
                                       std::string_view folder);

// The edits that make the database know the package.  `signer_score` is how far its
// signature is believed.
struct DatabaseEntry {
  const Inf& inf;
  const Package& package;
  const PackageNames& names;
  Architecture architecture = Architecture::amd64;
  std::uint32_t signer_score = 0;
};
Done plan_database(const repair::Installation& windows, const hive::Hive& system,
                   const DatabaseEntry& entry, RegistryWriter& writer,
                   repair::Plan& plan);

// The edits that make it forget `inf`, whichever of the two has it, and its package
// `folder`, which is "" where it isn't known.
Done plan_forgetting(const repair::Installation& windows, const hive::Hive& system,
                     std::string_view inf, std::string_view folder,
                     const std::vector<std::string>& services, repair::Plan& plan);

// Whether a device of this section has its driver before any service runs: the kernel
// can carry the section out alone, or there is no driver database.
bool is_installed_at_once(const Install& install, const hive::Hive& system);

// A package that says it serves a device.
struct Match {
  std::string inf;      // "oem0.inf"; "" in CriticalDeviceDatabase
  std::string service;  // "" where Windows has yet to install it
};
// Those that Windows would find for a device of this id.
std::vector<Match> matches_for(const hive::Hive& system, std::string_view id);

}  // namespace drydock::driver
