// The boot store is missing, empty, or no store; or the boot manager that reads it is
// missing.  Both are made anew, as bcdboot does, out of what the Windows itself keeps.
//
// A store that can't be read for any other reason isn't empty: what it holds may be all
// that is known of other systems, so that it is left, and said to be unreadable.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "repair/bcd/new_store.h"
#include "repair/boot_files.h"
#include "repair/hive_logs.h"
#include "repair/recipes/boot_objects.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

// A store has some 30 KiB; the largest public one has 256.
constexpr std::uint64_t kStoreSizeMax = std::uint64_t{64} << 20;
constexpr std::size_t kFirstBinAt = 4096;

// What the boot manager shows where it finds no store.
constexpr std::string_view kStoreMissing = "0xC000000F";

constexpr std::string_view kRecoveryFolder = "\\Recovery\\WindowsRE";
// The first build that is a Windows 11, whose ProductName still says Windows 10.
constexpr int kWindows11Build = 22000;

// What is wrong with bytes that don't open as a hive; "" for a hive that is damaged,
// which holds something.
std::string bytes_wound(Bytes bytes) {
  if (bytes.empty()) return "is empty";
  bool zeros =
      std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
  if (zeros) return "holds zeros alone";
  auto starts = [&](std::size_t at, std::string_view with) {
    return bytes.size() >= at + with.size() &&
           as_text(bytes.subspan(at, with.size())) == with;
  };
  return starts(0, "regf") || starts(kFirstBinAt, "hbin") ? "" : "is no hive";
}

Result<ByteVector> read_store(const Disk& disk, const GuestPath& store) {
  FileSystemPtr volume = TRY(disk.volume(store.partition));
  return read_file(TRY(volume->find(store.path)), kStoreSizeMax).in(disk.show(store));
}

// Why there is no store to speak of; "" where there is one.  Fails where that can't be
// told.
Result<std::string> store_wound(const Installation& windows, const GuestPath& path) {
  const Disk& disk = windows.disk();
  auto found = TRY(disk.volume(path.partition))->find(path.path);
  if (!found && found.error().code() == Errc::not_found)
    return std::string("is missing");
  if (!found) return std::move(found).error().in(disk.show(path));
  auto hive = open_hive(disk, path);
  if (!hive) {
    std::string wound = bytes_wound(TRY(read_store(disk, path)));
    if (wound.empty()) return std::move(hive).error();
    return wound;
  }
  if (hive->dirty()) {
    return Error(Errc::busy, "its log holds changes that the store lacks")
        .in(disk.show(path));
  }
  auto store = bcd::Store::open(*hive);
  if (!store) return std::string("is a hive, and no boot store");
  return std::string(TRY(store->objects()).empty() ? "holds no object" : "");
}

struct Sight {
  std::uint32_t system = 0;  // the partition where all of it belongs
  GuestPath store;
  std::string store_wound;
  std::string manager_wound;
};

Result<Sight> look(const Installation& windows) {
  Sight sight;
  sight.system = TRY(find_system_partition(windows));
  sight.store = {.partition = sight.system,
                 .path = std::string(boot_store_path(windows))};
  sight.store_wound = TRY(store_wound(windows, sight.store));
  sight.manager_wound = TRY(boot_manager_wound(windows, sight.system));
  return sight;
}

// An id that a disk's partition always gets for the same purpose, as no other does.
bcd::ObjectId id_for(const Installation& windows, std::string_view purpose) {
  const partition::Table& table = windows.disk().table();
  const partition::Partition* partition =
      windows.disk().find_partition(windows.partition());
  Sha256 hash;
  std::string text = fmt::format(
      "drydock {} {} {:08x} {} {} {}", purpose, to_string(table.disk_id),
      table.mbr_signature, to_string(partition->id), partition->offset, windows.root());
  hash.add(bytes_of(std::string_view(text)));
  std::string hex = hash.hex();
  // Version 5, variant 1: a hash of a name.  RFC 4122 4.3
  hex[12] = '5';
  hex[16] = '8';
  auto id =
      parse_guid(fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                             hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12)));
  return *id;
}

std::string description_of(const InstallationFacts& facts) {
  constexpr std::string_view kWindows10 = "Windows 10";
  std::string product = facts.product.value_or("Windows");
  int build = facts.build ? std::atoi(facts.build->c_str()) : 0;
  if (product.starts_with(kWindows10) && build >= kWindows11Build) {
    product.replace(0, kWindows10.size(), "Windows 11");
  }
  return product;
}

bool holds(const Disk& disk, std::uint32_t partition, const std::string& path) {
  auto volume = disk.volume(partition);
  if (!volume) return false;
  auto file = (*volume)->find(path);
  return file && !file->is_directory();
}

// The recovery environment of this disk: on a partition made for it, else beside
// Windows.  Nothing where there is none, or it can't be told which.
std::optional<bcd::NewStore::Recovery> find_recovery(const Installation& windows) {
  const Disk& disk = windows.disk();
  std::vector<const partition::Partition*> own;
  const partition::Partition* beside = nullptr;
  for (const partition::Partition& partition : disk.table().partitions) {
    bool whole = true;
    for (std::string_view file : {"Winre.wim", "boot.sdi"}) {
      whole = whole && holds(disk, partition.number,
                             fmt::format("{}\\{}", kRecoveryFolder, file));
    }
    if (!whole) continue;
    if (partition.type == partition::type::recovery) own.push_back(&partition);
    if (partition.number == windows.partition()) beside = &partition;
  }
  if (own.size() > 1) return std::nullopt;
  const partition::Partition* chosen = own.empty() ? beside : own[0];
  if (chosen == nullptr) return std::nullopt;
  return bcd::NewStore::Recovery{.partition = device_of(*chosen, disk.table()),
                                 .folder = std::string(kRecoveryFolder),
                                 .loader = id_for(windows, "recovery"),
                                 .options = id_for(windows, "recovery RAM disk")};
}

Result<bcd::NewStore> describe_store(const Installation& windows, const Sight& sight) {
  const Disk& disk = windows.disk();
  const partition::Partition* system = disk.find_partition(sight.system);
  const partition::Partition* own = disk.find_partition(windows.partition());
  if (system == nullptr || own == nullptr) {
    return Error(Errc::unsupported,
                 "without a partition table no partition has a name");
  }
  const InstallationFacts& facts = windows.facts();
  bcd::NewStore store;
  store.uefi = windows.boot().firmware == "uefi";
  store.system = device_of(*system, disk.table());
  store.windows = device_of(*own, disk.table());
  store.root = windows.root();
  store.description = description_of(facts);
  store.nx_opt_out = facts.edition && facts.edition->starts_with("Server");
  store.loader = id_for(windows, "loader");
  store.resume = id_for(windows, "resume");
  store.recovery = find_recovery(windows);
  GuestPath loader = windows.in_windows(store.uefi ? "System32\\winload.efi"
                                                   : "System32\\winload.exe");
  if (!holds(disk, loader.partition, loader.path)) {
    return Error(
        Errc::unsupported,
        fmt::format("there is no {} that a store could start", disk.show(loader)));
  }
  return store;
}

// Its words of how a Windows is started, where it has some; a note says what was used.
std::string use_template(const Installation& windows, const bcd::NewStore& store,
                         std::vector<bcd::Object>& objects) {
  GuestPath path = windows.hive_path("BCD-Template");
  auto use = [&]() -> Result<bool> {
    hive::Hive hive = TRY(open_hive(windows.disk(), path));
    if (hive.dirty()) return false;
    std::vector<bcd::Object> from = TRY(TRY(bcd::Store::open(hive)).objects());
    return bcd::apply_template(from, store.uefi, store.loader, store.resume, objects);
  };
  auto used = use();
  return used && *used ? fmt::format("the new store has the settings of {}",
                                     windows.disk().show(path))
                       : fmt::format(
                             "{} is of no use: the new store has the settings that "
                             "Windows 10 and 11 have",
                             windows.disk().show(path));
}

Done plan_store(const Installation& windows, const Sight& sight, Plan& plan) {
  const Disk& disk = windows.disk();
  bcd::NewStore store = TRY(describe_store(windows, sight));
  std::vector<bcd::Object> objects = bcd::objects_of(store);
  plan.notes.push_back(use_template(windows, store, objects));
  FileSystemPtr volume = TRY(disk.volume(sight.system));
  std::uint32_t logged = TRY(greatest_log_sequence(*volume, sight.store.path));
  if (logged == UINT32_MAX) {
    return Error(Errc::unsupported,
                 "its logs hold the greatest sequence number there is");
  }
  ByteVector bytes = TRY(
      bcd::make_store(objects, {.sequence_min = logged + 1, .clock = disk.clock()}));
  TRY(plan_folders(disk, sight.store, plan));
  plan.edits.push_back(
      {.action = FilePut{.file = sight.store, .content = std::move(bytes)},
       .why = fmt::format("the boot store {}", sight.store_wound)});
  if (disk.installations().size() > 1) {
    plan.notes.push_back(fmt::format(
        "the new store starts {} alone; other Windows on this disk aren't in its menu",
        windows.show()));
  }
  if (!store.recovery) {
    plan.notes.push_back(
        "no recovery environment was found, so that the new store starts none");
  }
  return {};
}

class BcdRebuild final : public Recipe {
 public:
  std::string_view id() const override { return "bcd.rebuild"; }
  std::string_view summary() const override {
    return "the boot store is missing, empty or none; or the boot manager is missing";
  }
  std::string_view reads() const override {
    return "the boot store; the boot manager on the system partition; \\Windows\\Boot";
  }
  std::string_view writes() const override {
    return "a new boot store for this Windows; boot files that the system partition "
           "lacks";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    Sight sight = TRY(look(*subject.windows));
    if (sight.store_wound.empty() && sight.manager_wound.empty()) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.of_disk = true;
    finding.where = subject.disk.show(sight.store);
    finding.stops_boot = true;
    if (!sight.store_wound.empty()) {
      finding.what = fmt::format("the boot store {}", sight.store_wound);
      if (sight.store_wound == "is missing") finding.status = kStoreMissing;
    }
    if (!sight.manager_wound.empty()) {
      if (!finding.what.empty()) finding.what += ", and ";
      finding.what += fmt::format("the boot manager {}", sight.manager_wound);
    }
    finding.evidence.push_back(fmt::format("the system partition is {}", sight.system));
    finding.evidence.push_back(fmt::format("{} is on partition {}",
                                           subject.windows->root(),
                                           subject.windows->partition()));
    return Findings{std::move(finding)};
  }

  Done mend(const Subject& subject, const Finding&, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(look(windows));
    TRY(plan_boot_files(windows, sight.system, plan));
    if (!sight.store_wound.empty()) TRY(plan_store(windows, sight, plan));
    if (windows.boot().firmware == "uefi") {
      plan.notes.push_back(
          "the firmware's own entry for Windows isn't on the disk: where it is gone, "
          "firmware starts \\EFI\\Boot's loader, and Windows makes the entry anew");
    }
    return {};
  }
};

}  // namespace

const Recipe& bcd_rebuild() {
  static const BcdRebuild recipe;
  return recipe;
}

}  // namespace drydock::repair
