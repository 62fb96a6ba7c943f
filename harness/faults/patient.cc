#include "harness/faults/patient.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/images/hive_file.h"
#include "harness/images/layout.h"
#include "harness/images/mtools.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::faults {

namespace {

constexpr std::string_view kUefiStore = "\\EFI\\Microsoft\\Boot\\BCD";
constexpr std::string_view kBiosStore = "\\Boot\\BCD";
constexpr std::uint64_t kHiveSizeMax = std::uint64_t{1} << 30;

std::string hive_path(std::string_view name) {
  return fmt::format("\\Windows\\System32\\config\\{}", name);
}

const partition::Partition* find_active(const partition::Table& table) {
  auto found = std::ranges::find_if(table.partitions, &partition::Partition::active);
  return found == table.partitions.end() ? nullptr : &*found;
}

// The largest partition of a type, if there is one.
const partition::Partition* find(const partition::Table& table, const Guid& type) {
  const partition::Partition* found = nullptr;
  for (const partition::Partition& one : table.partitions) {
    if (one.type == type && (found == nullptr || one.size > found->size)) found = &one;
  }
  return found;
}

}  // namespace

Result<std::unique_ptr<Patient>> Patient::open(const std::filesystem::path& raw) {
  std::unique_ptr<Patient> patient(
      new Patient(raw, TRY(harness::WorkFolder::create())));
  DevicePtr disk = TRY(FileDevice::open(raw));
  patient->table_ = TRY(partition::read_table(*disk));
  const partition::Table& table = patient->table_;
  const partition::Partition* system = table.scheme == partition::Scheme::mbr
                                           ? find_active(table)
                                           : find(table, partition::type::esp);
  const partition::Partition* windows = find(table, partition::type::basic);
  if (system == nullptr || windows == nullptr) {
    return Error(Errc::not_found,
                 "the disk has no system partition, or no Windows partition");
  }
  patient->system_ = *system;
  patient->windows_ = *windows;
  return patient;
}

Result<std::uint64_t> Patient::file_id(std::string_view path) const {
  return TRY(TRY(open_windows())->find(path)).stat().id;
}

Result<DevicePtr> Patient::disk() const {
  return TRY(FileDevice::open(raw_, {.writable = true}));
}

Result<DevicePtr> Patient::windows_volume() const {
  return Slice::create(TRY(disk()), windows_.offset, windows_.size);
}

Result<FileSystemPtr> Patient::open_ntfs(const partition::Partition& partition) const {
  return ntfs::open(TRY(Slice::create(TRY(disk()), partition.offset, partition.size)),
                    {.writable = true, .clock = [] { return images::kBuildTime; }});
}

Result<FileSystemPtr> Patient::open_windows() const { return open_ntfs(windows_); }

std::string_view Patient::boot_store() const {
  return table_.scheme == partition::Scheme::mbr ? kBiosStore : kUefiStore;
}

Done Patient::edit_boot_store(std::string_view text, const images::Words& words) {
  return put_boot_store("", TRY(edited_boot_store(text, words)));
}

Result<std::filesystem::path> Patient::take_hive(std::string_view name) const {
  File file = TRY(TRY(open_windows())->find(hive_path(name)));
  std::filesystem::path path = work_ / name;
  TRY(harness::write_host_file(path, TRY(read_file(file, kHiveSizeMax))));
  return path;
}

Result<ByteVector> Patient::read_hive(std::string_view name) const {
  return harness::read_host_file(TRY(take_hive(name)));
}

Result<ByteVector> Patient::edited_hive(std::string_view name, std::string_view text,
                                        const images::Words& words) const {
  std::filesystem::path path = TRY(take_hive(name));
  TRY(images::edit_hive(path, text, words));
  return harness::read_host_file(path);
}

Done Patient::edit_hive(std::string_view name, std::string_view text,
                        const images::Words& words) {
  return put(hive_path(name), TRY(edited_hive(name, text, words)));
}

Result<std::filesystem::path> Patient::take_boot_store() const {
  std::filesystem::path store = work_ / "BCD";
  if (table_.scheme == partition::Scheme::mbr) {
    File file = TRY(TRY(open_ntfs(system_))->find(boot_store()));
    TRY(harness::write_host_file(store, TRY(read_file(file, kHiveSizeMax))));
  } else {
    TRY(images::Mtools(raw_, system_.offset).get(boot_store(), store));
  }
  return store;
}

Result<ByteVector> Patient::read_boot_store() const {
  return harness::read_host_file(TRY(take_boot_store()));
}

Result<ByteVector> Patient::edited_boot_store(std::string_view text,
                                              const images::Words& words) const {
  std::filesystem::path store = TRY(take_boot_store());
  TRY(images::edit_hive(store, text, words));
  return harness::read_host_file(store);
}

Done Patient::put_boot_store(std::string_view suffix, Bytes content) const {
  return put_on_system(fmt::format("{}{}", boot_store(), suffix), content);
}

Done Patient::put_on_system(std::string_view path, Bytes content) const {
  if (table_.scheme == partition::Scheme::mbr) {
    FileSystemPtr system = TRY(open_ntfs(system_));
    TRY(system->put(path, content));
    return system->flush();
  }
  std::filesystem::path file = work_ / "content";
  TRY(harness::write_host_file(file, content));
  return images::Mtools(raw_, system_.offset).put(file, path);
}

Done Patient::remove_from_system(std::string_view path) const {
  if (table_.scheme == partition::Scheme::mbr) {
    FileSystemPtr system = TRY(open_ntfs(system_));
    TRY(system->remove(path));
    return system->flush();
  }
  return images::Mtools(raw_, system_.offset).remove(path);
}

Result<std::uint32_t> Patient::hive_dword(std::string_view name, std::string_view key,
                                          std::string_view value) {
  images::HiveFile hive = TRY(images::HiveFile::open(TRY(take_hive(name))));
  std::optional<std::uint32_t> number = hive.dword(key, value);
  if (!number) {
    return Error(Errc::not_found, fmt::format("{} of {} in {}", value, key, name));
  }
  return *number;
}

Done Patient::put(std::string_view path, Bytes content) {
  FileSystemPtr windows = TRY(open_windows());
  TRY(windows->put(path, content));
  return windows->flush();
}

}  // namespace drydock::faults
