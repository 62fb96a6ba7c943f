#include "harness/faults/patient.h"

#include <fmt/format.h>

#include "harness/images/hive_file.h"
#include "harness/images/layout.h"
#include "harness/images/mtools.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::faults {

namespace {

constexpr std::string_view kBootStore = "\\EFI\\Microsoft\\Boot\\BCD";
constexpr std::uint64_t kHiveSizeMax = std::uint64_t{1} << 30;

std::string hive_path(std::string_view name) {
  return fmt::format("\\Windows\\System32\\config\\{}", name);
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
  partition::Table table = TRY(partition::read_table(*disk));
  const partition::Partition* esp = find(table, partition::type::esp);
  const partition::Partition* windows = find(table, partition::type::basic);
  if (esp == nullptr || windows == nullptr) {
    return Error(Errc::not_found,
                 "the disk has no system partition, or no Windows partition");
  }
  patient->esp_ = *esp;
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

Result<FileSystemPtr> Patient::open_windows() const {
  return ntfs::open(TRY(windows_volume()),
                    {.writable = true, .clock = [] { return images::kBuildTime; }});
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
  TRY(images::Mtools(raw_, esp_.offset).get(kBootStore, store));
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
  std::filesystem::path file = work_ / "content";
  TRY(harness::write_host_file(file, content));
  return images::Mtools(raw_, esp_.offset)
      .put(file, fmt::format("{}{}", kBootStore, suffix));
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
