#include "repair/hive_files.h"

#include <array>
#include <string>

#include "repair/hive/check.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// Below the Windows folder.
constexpr std::string_view kMachineHives[] = {
    "System32\\config\\SYSTEM",        "System32\\config\\SOFTWARE",
    "System32\\config\\SAM",           "System32\\config\\SECURITY",
    "System32\\config\\DEFAULT",       "System32\\config\\COMPONENTS",
    "System32\\config\\DRIVERS",       "System32\\config\\ELAM",
    "System32\\config\\BBI",           "System32\\SMI\\Store\\Machine\\SCHEMA.DAT",
    "AppCompat\\Programs\\Amcache.hve"};

// Below a profile.
constexpr std::string_view kProfileHives[] = {
    "NTUSER.DAT", "AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"};

// A folder of profiles with more than this is somebody's data.
constexpr std::size_t kProfilesMax = 1024;

std::vector<std::string> folders_in(const FileSystem& volume, const std::string& path) {
  std::vector<std::string> folders;
  auto folder = volume.find(path);
  if (!folder || !folder->is_directory()) return folders;
  // What can't be listed has no hives that we could say anything of.
  static_cast<void>(volume.list(*folder, [&](const Entry& entry) {
    if (entry.stat.kind == FileKind::directory) {
      folders.push_back(path + "\\" + entry.name);
    }
    return folders.size() < kProfilesMax;
  }));
  return folders;
}

bool is_dirty(const Disk& disk, const GuestPath& path) {
  auto look = [&]() -> Result<bool> {
    DevicePtr data = TRY(TRY(TRY(disk.volume(path.partition))->find(path.path)).data());
    std::array<std::byte, 512> sector{};
    if (data->size() < sector.size()) return false;
    TRY(data->read(0, sector));
    return as_text(Bytes(sector).first(4)) == "regf" &&
           hive::read_header_facts(sector).dirty();
  };
  auto dirty = look();
  return dirty && *dirty;
}

}  // namespace

std::vector<GuestPath> hive_files(const Installation& windows) {
  std::vector<GuestPath> files;
  auto volume = windows.disk().volume(windows.partition());
  if (!volume) return files;
  auto add = [&](std::string path) {
    auto file = (*volume)->find(path);
    if (!file || file->is_directory()) return;
    files.push_back({.partition = windows.partition(), .path = std::move(path)});
  };
  for (std::string_view hive : kMachineHives) add(windows.in_windows(hive).path);
  std::vector<std::string> profiles = folders_in(**volume, "\\Users");
  for (std::string& profile :
       folders_in(**volume, windows.in_windows("ServiceProfiles").path)) {
    profiles.push_back(std::move(profile));
  }
  for (const std::string& profile : profiles) {
    for (std::string_view hive : kProfileHives) add(profile + "\\" + std::string(hive));
  }
  if (windows.boot().bcd) files.push_back(*windows.boot().bcd);
  return files;
}

std::vector<GuestPath> dirty_hive_files(const Installation& windows) {
  std::vector<GuestPath> files = hive_files(windows);
  std::erase_if(files,
                [&](const GuestPath& path) { return !is_dirty(windows.disk(), path); });
  return files;
}

}  // namespace drydock::repair
