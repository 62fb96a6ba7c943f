// What a Windows loads into its kernel, or needs to get there: the drivers that its
// SYSTEM hive lists, the user-mode drivers in their folder, and the files of the boot
// chain.  Each with its place in the load order, its file, and whether a start of
// Windows stops without it.
//
// Nothing of the files is read here but their records.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/file.h"
#include "repair/installation.h"

namespace drydock::driver {

enum class Kind : std::uint8_t {
  kernel,       // Type 1 of a service ([MS-SCMR] 2.2.15)
  file_system,  // Type 2
  adapter,      // Type 4
  recognizer,   // Type 8
  user_mode,    // a library in System32\drivers\UMDF
  boot_file,    // the boot manager, the loader, the kernel, what these load by name
};

std::string_view to_string(Kind kind);  // "file_system"

// When Windows loads a driver: the Start of its service ([MS-SCMR] 2.2.15).
enum class Start : std::uint32_t { boot = 0, system = 1, automatic, demand, disabled };

// "boot", "system", "auto", "demand", "disabled"; "?" for a number that has no meaning.
std::string_view start_word(std::uint32_t start);
// "ignore", "normal", "severe", "critical"; "?".
std::string_view error_control_word(std::uint32_t error_control);

struct Driver {
  Kind kind = Kind::kernel;
  std::string name;          // of its service, "ACPI"; of the others the file's name
  std::string display_name;  // as written: perhaps "@disk.inf,..."
  std::string group;
  std::string image_path;  // as written; "" where it is absent
  std::optional<std::uint32_t> type = std::nullopt;
  std::optional<std::uint32_t> start_written = std::nullopt;  // Start
  // StartOverride's value for the hardware that Windows last ran on; it is in force.
  std::optional<std::uint32_t> start_override = std::nullopt;
  std::optional<std::uint32_t> error_control = std::nullopt;
  std::optional<std::uint32_t> tag = std::nullopt;

  // When it is loaded.  NTFS is at boot, whatever its service says: the loader adds the
  // file system of its own volume.  4 where neither value is there.
  std::uint32_t start = 4;
  // From 1 on, of those that Windows loads by itself; demand and disabled have none.
  std::optional<std::size_t> order = std::nullopt;

  // Where its file is; nothing where `problem` says why that can't be told.
  std::optional<repair::GuestPath> path = std::nullopt;
  std::optional<Stat> file = std::nullopt;  // nothing: it isn't there
  // Why the path or the file can't be told; "" where they are.
  std::string problem;

  // Whether Windows stops, or starts over, where this can't be loaded.  Boot files and
  // the boot volume's file system always; drivers of Start 0 and 1 where ErrorControl
  // is critical, or severe: Windows then starts the last known good control set, which
  // has the same file, and stops of what is critical there (Microsoft, "INF AddService
  // Directive").  0x5A with 0xC0000428 is what a dump shows of FileCrypt, Start 1 and
  // critical, whose catalog was gone.  A driver of another ErrorControl that the disk
  // hangs on stops Windows later, with 0x7B: that isn't judged here.
  bool stops_boot = false;
};

struct Inventory {
  std::string control_set;  // "ControlSet001", the one that was read
  // Boot files, then drivers in the order in which they are loaded; then those on
  // demand, user-mode drivers, and the disabled, by name.
  std::vector<Driver> drivers;
  std::vector<std::string> problems;  // what couldn't be looked into
};

// Reads SYSTEM: the control set that Select's Current names, or Default where that one
// isn't there.  Fails as opening the hive does, and with not_found where it has
// neither.
Result<Inventory> read_inventory(const repair::Installation& windows);

// Where the file of a service is whose ImagePath is `image_path`, as the loader and the
// kernel find it: "" is System32\drivers\NAME.sys; what isn't absolute is below the
// Windows folder.  unsupported for the path of a device.
Result<repair::GuestPath> resolve_image_path(const repair::Installation& windows,
                                             std::string_view name,
                                             std::string_view image_path);

}  // namespace drydock::driver
