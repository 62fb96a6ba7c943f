#include "repair/hive_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "repair/hive/check.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

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

// Below a profile: in the order of UserHive.
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

// Where `text`, a path as Windows keeps it for itself, leads: it may begin with the
// folder's variable or the drive's.
Result<GuestPath> resolve_stored(const Installation& windows, std::string text) {
  auto starts = [&](std::string_view word) {
    return equal_ignoring_case(std::string_view(text).substr(0, word.size()), word);
  };
  for (std::string_view folder : {"%SystemRoot%", "%windir%"}) {
    if (starts(folder)) return windows.in_windows(text.substr(folder.size()));
  }
  constexpr std::string_view kDrive = "%SystemDrive%";
  if (starts(kDrive)) text = "C:" + text.substr(kDrive.size());
  const auto& all = windows.disk().installations();
  auto same = std::ranges::find_if(
      all, [&](const auto& found) { return found.get() == &windows; });
  return windows.disk().resolve(text, same - all.begin());
}

// The folder of the profile that ProfileList has under a SID.
Result<GuestPath> profile_of_sid(const Installation& windows, std::string_view sid) {
  hive::Hive software = TRY(windows.open_hive("SOFTWARE"));
  hive::Key key = TRY(software.find(
      fmt::format("Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{}", sid)));
  auto folder = TRY(software.value(key, "ProfileImagePath")).text();
  if (folder) return resolve_stored(windows, *folder);
  return Error(Errc::corrupt, fmt::format("ProfileImagePath of {} is no text", sid));
}

Result<GuestPath> profile_folder(const Installation& windows, std::string_view name) {
  if (equal_ignoring_case(name.substr(0, 2), "S-")) {
    return profile_of_sid(windows, name);
  }
  auto volume = TRY(windows.disk().volume(windows.partition()));
  GuestPath folder{.partition = windows.partition(),
                   .path = fmt::format("\\Users\\{}", name)};
  if (volume->find(folder.path)) return folder;
  GuestPath service = windows.in_windows(fmt::format("ServiceProfiles\\{}", name));
  return volume->find(service.path) ? service : folder;
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

Result<GuestPath> user_hive(const Installation& windows, std::string_view name,
                            UserHive which) {
  GuestPath file = TRY(profile_folder(windows, name));
  file.path += '\\';
  file.path += kProfileHives[static_cast<std::size_t>(which)];
  auto volume = TRY(windows.disk().volume(file.partition));
  TRY(volume->find(file.path).in(windows.disk().show(file)));
  return file;
}

}  // namespace drydock::repair
