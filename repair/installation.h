// A Windows found on a disk: its volume, its hives, its boot store.
//
// Found by content: a folder with System32\config\SYSTEM in it.  Where it lies
// is known at once; what its hives say is read when it is asked for, because a
// SOFTWARE hive alone is a hundred MiB.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/bcd/store.h"
#include "repair/control_sets.h"
#include "repair/disk.h"
#include "repair/hive/hive.h"

namespace drydock::repair {

// How a Windows is started.
struct Boot {
  std::string firmware = "uefi";  // or "bios"
  // Its boot store.  With several on the disk: the one whose default loader
  // names this Windows' volume, else one of whose loaders does, else the
  // system partition's.
  std::optional<GuestPath> bcd;
};

// What the hives say of this Windows; whatever couldn't be read is missing.
struct InstallationFacts {
  std::uint32_t partition = 0;
  std::string root = "\\Windows";
  std::optional<std::string> product;       // "Windows Server 2022 Datacenter"
  std::optional<std::string> edition;       // "ServerDatacenter"
  std::optional<std::string> build;         // "20348.2031"
  std::optional<std::string> architecture;  // "amd64", "arm64", "x86"
  std::optional<std::string> computer_name;
  std::string boot = "uefi";     // or "bios"
  std::optional<GuestPath> bcd;  // its boot store
  std::optional<ControlSets> control_sets;
  std::vector<std::string> problems;  // what couldn't be read, and why
};

class Installation {
 public:
  // The Windows in folder `root` of `partition`.  `disk` must outlive it.
  Installation(const Disk& disk, std::uint32_t partition, std::string root);
  ~Installation();

  const Disk& disk() const { return *disk_; }
  std::uint32_t partition() const { return partition_; }
  const std::string& root() const { return root_; }  // "\Windows"
  // "C:\Windows", or "4:\Windows" of a second one.
  std::string show() const;

  // Reads no hive but boot stores, and those only where there are several.
  const Boot& boot() const;
  // Reads SYSTEM and SOFTWARE, at the first call.
  const InstallationFacts& facts() const;

  // "\System32\drivers" below the Windows folder, as a guest path.
  GuestPath in_windows(std::string_view path) const;
  // The file of "SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT",
  // "COMPONENTS": in \Windows\System32\config.
  GuestPath hive_path(std::string_view name) const;

  // Opened anew at each call, recovered from its logs (hive_logs.h).
  Result<hive::Hive> open_hive(std::string_view name) const;
  // The SYSTEM hive, opened once and kept for reading.
  Result<const hive::Hive*> system() const;
  // The boot store's hive.  not_found where no store was found.
  Result<hive::Hive> open_boot_store() const;

 private:
  struct Cache;
  const Disk* disk_;
  std::uint32_t partition_;
  std::string root_;
  std::unique_ptr<Cache> cache_;
};

// Whether a device element names `partition` of a disk with `table`.
bool names_partition(const bcd::Device& device, const partition::Table& table,
                     const partition::Partition& partition);

// Each Windows on `disk`, in the order of its partitions.
std::vector<std::unique_ptr<Installation>> find_installations(const Disk& disk);

}  // namespace drydock::repair
