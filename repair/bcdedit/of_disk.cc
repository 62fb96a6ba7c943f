#include "repair/bcdedit/of_disk.h"

#include <charconv>

#include "repair/hive/new_hive.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/memory_device.h"

namespace drydock::bcdedit {

namespace {

constexpr std::string_view kSystemStore = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr std::string_view kBiosSystemStore = "esp:\\Boot\\BCD";

// "C:", "3", "\Device\HarddiskVolume3" or a partition's GUID, to its number.
Result<std::uint32_t> partition_number(const repair::Disk& disk, std::string_view name,
                                       std::size_t installation) {
  constexpr std::string_view kVolume = "\\device\\harddiskvolume";
  if (auto id = parse_guid(name)) {
    for (const auto& partition : disk.table().partitions) {
      if (partition.id == *id) return partition.number;
    }
    return Error(Errc::not_found, "no partition of this disk has this id");
  }
  std::string_view digits = name;
  if (ascii_lower(name).starts_with(kVolume)) digits.remove_prefix(kVolume.size());
  std::uint32_t number = 0;
  auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem == std::errc() && end == digits.data() + digits.size()) return number;
  return TRY(disk.resolve(std::string(name) + "\\", installation)).partition;
}

}  // namespace

Result<repair::GuestPath> find_store(const repair::Disk& disk,
                                     const std::optional<std::string>& path,
                                     std::size_t installation) {
  if (path) return disk.resolve(*path, installation);
  if (installation < disk.installations().size()) {
    const auto& bcd = disk.installations()[installation]->boot().bcd;
    if (bcd) return *bcd;
  }
  bool bios = disk.table().scheme == partition::Scheme::mbr;
  return disk.resolve(bios ? kBiosSystemStore : kSystemStore, installation);
}

PartitionNames names_of(const repair::Disk& disk, std::size_t installation) {
  PartitionNames names;
  names.find = [&disk, installation](std::string_view name) -> Result<bcd::Device> {
    std::uint32_t number = TRY(partition_number(disk, name, installation));
    const partition::Partition* partition = disk.find_partition(number);
    if (partition == nullptr) {
      return Error(Errc::not_found, "this disk has no partition of this name or number")
          .in(name);
    }
    if (disk.table().scheme == partition::Scheme::mbr) {
      return bcd::mbr_partition(
          {.signature = disk.table().mbr_signature, .offset = partition->offset});
    }
    return bcd::gpt_partition(disk.table().disk_id, partition->id);
  };
  names.show = [&disk,
                installation](const bcd::Device& device) -> std::optional<std::string> {
    for (const auto& partition : disk.table().partitions) {
      if (!repair::names_partition(device, disk.table(), partition)) continue;
      std::string shown =
          disk.show({.partition = partition.number, .path = "\\"}, installation);
      bool letter = shown.size() == 3 && (shown[0] < '0' || shown[0] > '9');
      // Where Windows has no letter bcdedit.exe prints the volume's device.
      return letter ? shown.substr(0, 2)
                    : "\\Device\\HarddiskVolume" + std::to_string(partition.number);
    }
    return std::nullopt;
  };
  return names;
}

namespace {

Done check_store(hive::Hive& hive) {
  if (hive.dirty()) return Error(Errc::busy, describe(hive.recovery()));
  TRY(bcd::Store::open(hive));
  return {};
}

}  // namespace

Result<ByteVector> export_store(hive::Hive& hive) {
  TRY(check_store(hive));
  return hive.save();
}

Result<ByteVector> new_store() {
  MemoryDevice empty(TRY(hive::new_hive("NewStoreRoot", now())));
  hive::Hive hive = TRY(hive::Hive::open(empty));
  TRY(bcd::Store::lay_out(hive));
  return hive.save();
}

Result<repair::Action> plan_import(const repair::Disk& disk,
                                   const repair::GuestPath& where,
                                   hive::Hive& imported) {
  TRY(check_store(imported));
  FileSystemPtr volume = TRY(disk.volume(where.partition));
  std::uint32_t logged = TRY(repair::greatest_log_sequence(*volume, where.path));
  if (logged == UINT32_MAX) {
    return Error(Errc::unsupported,
                 "its logs hold the greatest sequence number there is");
  }
  ByteVector bytes = TRY(imported.save({.sequence_min = logged + 1}));
  return repair::Action(repair::FilePut{.file = where, .content = std::move(bytes)});
}

}  // namespace drydock::bcdedit
