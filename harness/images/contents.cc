#include "harness/images/contents.h"

#include <fmt/format.h>

#include <set>

#include "harness/images/component_store.h"
#include "harness/images/hive_file.h"
#include "harness/images/pe.h"
#include "harness/images/services.h"
#include "harness/images/windows_text.h"
#include "harness/work_folder.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::images {

namespace {

struct Program {
  std::string_view path;  // below the Windows folder, or in the system partition
  std::string_view description;
  Subsystem subsystem = Subsystem::windows;
};

constexpr Program kPrograms[] = {
    {"Boot\\EFI\\bootmgfw.efi", "Boot Manager", Subsystem::efi},
    {"Boot\\EFI\\bootmgr.efi", "Boot Manager", Subsystem::efi},
    {"Boot\\EFI\\memtest.efi", "Memory Diagnostic", Subsystem::boot_program},
    {"Boot\\EFI\\en-US\\bootmgfw.efi.mui", "Boot Manager", Subsystem::efi},
    {"Boot\\PCAT\\memtest.exe", "Memory Diagnostic", Subsystem::boot_program},
    {"Boot\\PCAT\\en-US\\bootmgr.exe.mui", "Boot Manager", Subsystem::efi},
    {"explorer.exe", "Windows Explorer"},
    {"servicing\\TrustedInstaller.exe", "Windows Modules Installer"},
    {"System32\\autochk.exe", "Auto Check Utility", Subsystem::native},
    {"System32\\bootvid.dll", "VGA Boot Driver", Subsystem::native},
    {"System32\\ci.dll", "Code Integrity Module", Subsystem::native},
    {"System32\\csrss.exe", "Client Server Runtime Process", Subsystem::native},
    {"System32\\drivers\\UMDF\\WpdFs.dll", "Portable Devices File System Driver"},
    {"System32\\hal.dll", "Hardware Abstraction Layer DLL", Subsystem::native},
    {"System32\\kdcom.dll", "Serial Kernel Debugger", Subsystem::native},
    {"System32\\kernel32.dll", "Windows NT BASE API Client DLL"},
    {"System32\\lsass.exe", "Local Security Authority Process"},
    {"System32\\ntdll.dll", "NT Layer DLL"},
    {"System32\\ntoskrnl.exe", "NT Kernel & System", Subsystem::native},
    {"System32\\services.exe", "Services and Controller app"},
    {"System32\\smss.exe", "Windows Session Manager", Subsystem::native},
    {"System32\\svchost.exe", "Host Process for Windows Services"},
    {"System32\\userinit.exe", "Userinit Logon Application"},
    {"System32\\win32k.sys", "Full/Desktop Win32k Kernel Driver", Subsystem::native},
    {"System32\\wininit.exe", "Windows Start-Up Application"},
    {"System32\\winload.efi", "OS Loader", Subsystem::boot_program},
    {"System32\\winload.exe", "OS Loader", Subsystem::boot_program},
    {"System32\\winlogon.exe", "Windows Logon Application"},
    {"System32\\winresume.efi", "Resume From Hibernate", Subsystem::boot_program},
    {"System32\\winresume.exe", "Resume From Hibernate", Subsystem::boot_program},
};

constexpr std::string_view kFolders[] = {
    "\\Program Files\\",
    "\\ProgramData\\",
    "\\Recovery\\",
    "\\System Volume Information\\",
    "\\Users\\",
    "\\Users\\Public\\",
    "\\Windows\\",
    "\\Windows\\Boot\\",
    "\\Windows\\Boot\\EFI\\",
    "\\Windows\\Boot\\EFI\\en-US\\",
    "\\Windows\\Boot\\Fonts\\",
    "\\Windows\\Boot\\PCAT\\",
    "\\Windows\\Boot\\PCAT\\en-US\\",
    "\\Windows\\inf\\",
    "\\Windows\\Logs\\",
    "\\Windows\\Logs\\CBS\\",
    "\\Windows\\Minidump\\",
    "\\Windows\\servicing\\",
    "\\Windows\\servicing\\Packages\\",
    "\\Windows\\System32\\",
    "\\Windows\\System32\\CatRoot\\",
    "\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\",
    "\\Windows\\System32\\config\\",
    "\\Windows\\System32\\drivers\\",
    "\\Windows\\System32\\drivers\\UMDF\\",
    "\\Windows\\System32\\drivers\\wd\\",
    "\\Windows\\System32\\winevt\\",
    "\\Windows\\System32\\winevt\\Logs\\",
    "\\Windows\\Temp\\",
    "\\Windows\\WinSxS\\",
    "\\Windows\\WinSxS\\Catalogs\\",
};

std::string_view last_name(std::string_view path) {
  return path.substr(path.find_last_of('\\') + 1);
}

ByteVector program(const Layout& layout, std::string_view name,
                   std::string_view description, Subsystem subsystem) {
  return make_pe(
      {.name = name,
       .description = description,
       .version = {10, 0, layout.spec.windows->build, layout.spec.windows->revision},
       .subsystem = subsystem,
       .time = static_cast<std::uint32_t>(kBuildTimeUnix)});
}

// The one driver that isn't Microsoft's, and what it was installed from.
constexpr std::string_view kOemDriver = "System32\\drivers\\ctsvideo.sys";
constexpr std::string_view kOemInf =
    "; Contoso Video\r\n[Version]\r\nSignature = \"$WINDOWS NT$\"\r\n"
    "Class = Display\r\nCatalogFile = ctsvideo.cat\r\n";

void add_oem_package(std::vector<Content>& contents) {
  contents.push_back({fmt::format("\\Windows\\{}", kOemDriver),
                      make_pe({.name = "ctsvideo.sys",
                               .description = "Contoso Video miniport",
                               .company = "Contoso Ltd.",
                               .product = "Contoso Video",
                               .version = {3, 2, 0, 17},
                               .time = static_cast<std::uint32_t>(kBuildTimeUnix)})});
  Bytes inf = bytes_of(kOemInf);
  contents.push_back({"\\Windows\\inf\\oem9.inf", ByteVector(inf.begin(), inf.end())});
}

Result<ByteVector> hive(const Layout& layout, const std::filesystem::path& work,
                        const HiveHead& head, std::string_view text) {
  std::filesystem::path path = work / "hive";
  TRY(make_hive(path, head, text, words_of(layout)).in(head.file_name));
  return harness::read_host_file(path);
}

// A hive of \Windows\System32\config with its two logs, which are empty, as
// they are after a clean shutdown.  The name in its head is the end of
// "\SystemRoot\System32\Config\NAME", 31 letters at most.
Done add_hive(const Layout& layout, const std::filesystem::path& work,
              std::string_view name, std::string_view text,
              std::vector<Content>& contents) {
  std::string full = fmt::format("\\SystemRoot\\System32\\Config\\{}", name);
  std::string file_name = full.substr(full.size() > 31 ? full.size() - 31 : 0);
  HiveHead head = {file_name, "ROOT", 5, kBuildTime};
  std::string path = fmt::format("\\Windows\\System32\\config\\{}", name);
  ByteVector bytes = TRY(hive(layout, work, head, text));
  contents.push_back({path, std::move(bytes)});
  contents.push_back({path + ".LOG1", {}});
  contents.push_back({path + ".LOG2", {}});
  return {};
}

Done add_boot_template(const Layout& layout, const std::filesystem::path& work,
                       std::vector<Content>& contents) {
  HiveHead head = {"System32\\Config\\BCD-Template", "NewStoreRoot", 3, kBuildTime};
  ByteVector bytes = TRY(hive(layout, work, head, boot_template_text()));
  contents.push_back({"\\Windows\\System32\\config\\BCD-Template", std::move(bytes)});
  return {};
}

void add_drivers(const Layout& layout, std::vector<Content>& contents) {
  std::set<std::string> made;  // two services may share a driver
  for (const Service& service : services()) {
    std::string path = driver_file(service);
    if (path.empty() || path.ends_with(kOemDriver)) continue;
    if (!made.insert(ascii_lower(path)).second) continue;
    contents.push_back(
        {"\\Windows\\" + path,
         program(layout, last_name(path), fmt::format("{} driver", service.name),
                 Subsystem::native)});
  }
}

// What stands in for a file that is no program.
ByteVector stand_in(std::string_view name) {
  std::string text = fmt::format("Stands in for {}\n", name);
  Bytes bytes = bytes_of(std::string_view(text));
  return {bytes.begin(), bytes.end()};
}

// The boot store in `folder`, with its logs, which are empty.
Done add_boot_store(const Layout& layout, const std::filesystem::path& work,
                    std::string_view folder, std::vector<Content>& contents) {
  std::string full = fmt::format("\\Device\\HarddiskVolume1{}BCD", folder);
  HiveHead head = {std::string_view(full).substr(full.size() - 31), "NewStoreRoot", 3,
                   kBuildTime};
  std::string path = fmt::format("{}BCD", folder);
  ByteVector store =
      TRY(hive(layout, work, head, boot_store_text(layout.spec.firmware)));
  contents.push_back({path, std::move(store)});
  for (std::string_view log : {".LOG", ".LOG1", ".LOG2"}) {
    contents.push_back({path + std::string(log), {}});
  }
  return {};
}

Result<std::vector<Content>> uefi_contents(const Layout& layout,
                                           const std::filesystem::path& work) {
  constexpr std::string_view kFolder = "\\EFI\\Microsoft\\Boot\\";
  ByteVector manager = program(layout, "bootmgr.exe", "Boot Manager", Subsystem::efi);
  std::vector<Content> contents;
  for (std::string_view folder :
       {"\\EFI\\", "\\EFI\\Boot\\", "\\EFI\\Microsoft\\", "\\EFI\\Microsoft\\Boot\\",
        "\\EFI\\Microsoft\\Boot\\Fonts\\"}) {
    contents.push_back({std::string(folder), {}});
  }
  contents.push_back({"\\EFI\\Boot\\bootx64.efi", manager});
  contents.push_back({"\\EFI\\Microsoft\\Boot\\bootmgfw.efi", manager});
  contents.push_back({"\\EFI\\Microsoft\\Boot\\bootmgr.efi", manager});
  contents.push_back(
      {"\\EFI\\Microsoft\\Boot\\memtest.efi",
       program(layout, "memtest.exe", "Memory Diagnostic", Subsystem::boot_program)});
  contents.push_back(
      {"\\EFI\\Microsoft\\Boot\\Fonts\\wgl4_boot.ttf", stand_in("wgl4_boot.ttf")});
  TRY(add_boot_store(layout, work, kFolder, contents));
  return contents;
}

Result<std::vector<Content>> bios_contents(const Layout& layout,
                                           const std::filesystem::path& work) {
  std::vector<Content> contents;
  contents.push_back({"\\Boot\\", {}});
  contents.push_back({"\\Boot\\Fonts\\", {}});
  contents.push_back({"\\bootmgr", stand_in("bootmgr")});
  contents.push_back(
      {"\\Boot\\memtest.exe",
       program(layout, "memtest.exe", "Memory Diagnostic", Subsystem::boot_program)});
  contents.push_back({"\\Boot\\Fonts\\wgl4_boot.ttf", stand_in("wgl4_boot.ttf")});
  TRY(add_boot_store(layout, work, "\\Boot\\", contents));
  return contents;
}

}  // namespace

Result<std::vector<Content>> boot_contents(const Layout& layout,
                                           const std::filesystem::path& work) {
  return layout.spec.firmware == Firmware::uefi ? uefi_contents(layout, work)
                                                : bios_contents(layout, work);
}

Result<std::vector<Content>> windows_contents(const Layout& layout,
                                              const std::filesystem::path& work) {
  std::vector<Content> contents;
  for (std::string_view folder : kFolders)
    contents.push_back({std::string(folder), {}});
  for (const Program& one : kPrograms) {
    contents.push_back(
        {fmt::format("\\Windows\\{}", one.path),
         program(layout, last_name(one.path), one.description, one.subsystem)});
  }
  contents.push_back({"\\Windows\\Boot\\PCAT\\bootmgr", stand_in("bootmgr")});
  contents.push_back(
      {"\\Windows\\Boot\\Fonts\\wgl4_boot.ttf", stand_in("wgl4_boot.ttf")});
  add_drivers(layout, contents);
  add_component_store(layout, contents);
  add_oem_package(contents);
  TRY(add_hive(layout, work, "SYSTEM", system_text(), contents));
  TRY(add_hive(layout, work, "SOFTWARE", software_text(layout.spec), contents));
  TRY(add_hive(layout, work, "SAM", sam_text(), contents));
  TRY(add_hive(layout, work, "SECURITY", security_text(), contents));
  TRY(add_hive(layout, work, "DEFAULT", default_text(), contents));
  TRY(add_boot_template(layout, work, contents));
  if (!layout.recovery) {
    std::vector<Content> recovery = recovery_contents();
    contents.insert(contents.end(), recovery.begin() + 1, recovery.end());
  }
  return contents;
}

std::vector<Content> recovery_contents() {
  // Stand-ins: nothing here reads a WIM or a RAM disk's image.
  return {
      {"\\Recovery\\", {}},
      {"\\Recovery\\WindowsRE\\", {}},
      {"\\Recovery\\WindowsRE\\Winre.wim", stand_in("Winre.wim")},
      {"\\Recovery\\WindowsRE\\boot.sdi", stand_in("boot.sdi")},
  };
}

}  // namespace drydock::images
