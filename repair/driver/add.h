// Puts a driver package into a Windows that isn't running, so that its devices have
// their driver at the next start: the disk of another hypervisor, before any other.
//
//   System32\DriverStore\FileRepository\NAME.inf_amd64_HASH   the package
//   INF\oemN.inf                                              its INF file
//   System32\CatRoot\{F750E6C3-...}\oemN.cat                  its catalog
//   System32\drivers\NAME.sys                                 where CopyFiles says
//   SYSTEM: Services\NAME, and what database.h is about
//
// As virt-v2v does for virtio's disks, and Windows for every driver.  What only a
// running Windows can do -- class installers, co-installers, settings of the device's
// own key -- it does when it meets the device, from the package in its store.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/database.h"
#include "repair/installation.h"
#include "repair/plan.h"
#include "repair/signature/trust.h"

namespace drydock::driver {

// In bytes, of all files of a package: they are held in memory, and in the journal.
inline constexpr std::uint64_t kPackageSizeMax = std::uint64_t{1} << 30;

// Reads a file of the folder that the package lies in: "x64\viostor.sys".  Names match
// without regard to case.
using ReadPackageFile = std::function<Result<ByteVector>(const std::string& path)>;

struct AddOptions {
  // Of the drivers of its devices; nothing: as the INF file says.
  std::optional<std::uint32_t> start = {};
  bool allow_unsigned = false;
  // Whose signature on the package's catalog is believed.
  signature::TrustStore trust = signature::TrustStore::built_in();
};

// What has to be there once it is added.
struct Added {
  PackageNames names;
  struct Driver {
    std::string service;
    std::uint32_t start = 0;
    std::string image_path;
    repair::GuestPath file;
    std::string sha256;  // of it
  };
  std::vector<Driver> drivers = {};
  struct Id {
    std::string id;
    std::string service;  // "" where Windows installs the device once it is up
  };
  std::vector<Id> ids = {};
};

// Adds to `plan` what puts the package of `inf` into `windows`.  bad_argument where it
// has no device for this Windows, isn't signed, or its driver is for another machine;
// else as read_package() and `read` fail.
Result<Added> plan_add(const repair::Installation& windows, const std::string& inf,
                       const ReadPackageFile& read, const AddOptions& options,
                       repair::Plan& plan);

// Reads all of that back.  corrupt, with what is missing, where it isn't so.
Done check_added(const repair::Installation& windows, const Added& added);

// The folder of the catalogs, below Windows'.
inline constexpr std::string_view kCatalogFolder =
    "System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}";
inline constexpr std::string_view kStoreFolder =
    "System32\\DriverStore\\FileRepository";

}  // namespace drydock::driver
