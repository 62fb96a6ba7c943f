// A Windows found on a disk: its volume, its hives, its boot store.
//
// Found by content: a volume with \Windows\System32\config\SYSTEM.  Its boot
// store is the one whose default loader names this volume, else the system
// partition's.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/disk.h"
#include "repair/hive/hive.h"

namespace drydock::repair {

// HKLM\SYSTEM\Select, and which of the sets that it may name are there.
struct ControlSets {
  std::uint32_t current = 0;
  std::uint32_t default_ = 0;
  std::uint32_t failed = 0;
  std::uint32_t last_known_good = 0;
  std::vector<std::uint32_t> existing;  // 1 for ControlSet001, ascending

  // Those that an edit of the current configuration goes to: named by
  // Current, Default or LastKnownGood, and existing.
  std::vector<std::uint32_t> to_edit() const;
  // Named by one of those three but absent: skipped, with a message.
  std::vector<std::uint32_t> missing() const;
};

// "ControlSet001".
std::string control_set_name(std::uint32_t number);

// HKLM\SYSTEM\Select of an open SYSTEM hive.
Result<ControlSets> read_control_sets(const hive::Hive& system);

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
  // `disk` must outlive it.
  Installation(const Disk& disk, InstallationFacts facts)
      : disk_(&disk), facts_(std::move(facts)) {}

  const Disk& disk() const { return *disk_; }
  const InstallationFacts& facts() const { return facts_; }

  // "\System32\drivers" below the Windows folder, as a guest path.
  GuestPath in_windows(std::string_view path) const;
  // The file of "SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT",
  // "COMPONENTS": in \Windows\System32\config.
  GuestPath hive_path(std::string_view name) const;

  // Opened anew at each call, as it lies on the disk.
  Result<hive::Hive> open_hive(std::string_view name) const;
  // The boot store's hive.  not_found where no store was found.
  Result<hive::Hive> open_boot_store() const;

 private:
  const Disk* disk_;
  InstallationFacts facts_;
};

// Each Windows on `disk`.  Called by Disk::open().
Result<std::vector<std::unique_ptr<Installation>>> find_installations(const Disk& disk);

}  // namespace drydock::repair
