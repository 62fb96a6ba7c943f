// The files that a machine starts from beside its boot store: those of the boot
// manager, which each Windows keeps a copy of below \Windows\Boot.

#pragma once

#include <string>
#include <vector>

#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::repair {

// The system partition, where the boot manager and its store belong: of UEFI the EFI
// system partition, of a BIOS the active one.  unsupported where there is none, or
// several that may be it; fails as opening its volume does.
Result<std::uint32_t> find_system_partition(const Installation& windows);

// "\EFI\Microsoft\Boot\BCD" or "\Boot\BCD".
std::string_view boot_store_path(const Installation& windows);

// Adds the folders on the way to `file` that aren't there and that `plan` doesn't make.
Done plan_folders(const Disk& disk, const GuestPath& file, Plan& plan);

// What is wrong with the file that firmware starts -- bootmgfw.efi, or bootmgr -- on
// the partition `system`; "" where nothing is.
Result<std::string> boot_manager_wound(const Installation& windows,
                                       std::uint32_t system);

// Adds to `plan` what bcdboot copies from below \Windows\Boot and the system partition
// lacks: the boot manager, its memory tester, languages and fonts, and of UEFI the
// fallback loader of \EFI\Boot.  Files that are there and hold something stay, but for
// a boot manager with a wound.  Where there is no room for all, the boot manager alone,
// with a note.  unsupported where this Windows keeps none that is sound.
Done plan_boot_files(const Installation& windows, std::uint32_t system, Plan& plan);

}  // namespace drydock::repair
