#include "repair/installation.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/bcd/names.h"
#include "repair/hive_logs.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

// Folders of a volume's root that are looked into for a Windows.  Windows' own
// setup makes one; a root with more folders than this is somebody's data.
constexpr std::size_t kRootFolderMax = 1024;

constexpr std::string_view kSystemHive = "\\System32\\config\\SYSTEM";
constexpr std::string_view kUefiStore = "\\EFI\\Microsoft\\Boot\\BCD";
constexpr std::string_view kBiosStore = "\\Boot\\BCD";

// The folders of `volume` that hold a Windows: "\Windows".
Result<std::vector<std::string>> windows_folders(const FileSystem& volume) {
  std::vector<std::string> candidates;
  File root = TRY(volume.find("\\"));
  TRY(volume.list(root, [&](const Entry& entry) {
    if (entry.stat.kind == FileKind::directory && !entry.name.starts_with('$')) {
      candidates.push_back("\\" + entry.name);
    }
    return candidates.size() < kRootFolderMax;
  }));
  // Where a volume holds several, \Windows is the one to meet first.
  std::stable_partition(
      candidates.begin(), candidates.end(),
      [](const std::string& path) { return equal_ignoring_case(path, "\\Windows"); });
  std::vector<std::string> folders;
  for (std::string& candidate : candidates) {
    auto hive = volume.find(candidate + std::string(kSystemHive));
    if (hive && !hive->is_directory()) folders.push_back(std::move(candidate));
  }
  return folders;
}

bool has_file(const Disk& disk, const GuestPath& path) {
  auto volume = disk.volume(path.partition);
  if (!volume) return false;
  auto file = (*volume)->find(path.path);
  return file && !file->is_directory();
}

// How surely the store at `path` is the one that starts the Windows in
// `partition`: 2 its default loader names it, 1 another loader does, 0 neither.
Result<int> claim(const Disk& disk, const GuestPath& path,
                  const partition::Partition& partition) {
  hive::Hive hive = TRY(repair::open_hive(disk, path));
  bcd::Store store = TRY(bcd::Store::open(hive));
  auto default_object = store.get(bcd::kBootManager, bcd::element::default_object);
  int surely = 0;
  for (const bcd::Object& object : TRY(store.objects())) {
    if (object.type != bcd::kOsLoader) continue;
    for (const bcd::Element& element : object.elements) {
      const auto* device = std::get_if<bcd::Device>(&element.value);
      if (element.id != bcd::element::os_device || device == nullptr) continue;
      if (!names_partition(*device, disk.table(), partition)) continue;
      const auto* chosen =
          default_object ? std::get_if<bcd::ObjectId>(&*default_object) : nullptr;
      surely = std::max(surely, chosen != nullptr && *chosen == object.id ? 2 : 1);
    }
  }
  return surely;
}

bool has_efi_partition(const Disk& disk) {
  return std::ranges::any_of(disk.table().partitions, [](const auto& partition) {
    return partition.type == partition::type::esp;
  });
}

// Each boot store on the disk: those of system partitions first.
std::vector<GuestPath> boot_stores(const Disk& disk) {
  std::vector<GuestPath> stores;
  for (const partition::Partition& partition : disk.table().partitions) {
    GuestPath path{.partition = partition.number, .path = std::string(kUefiStore)};
    if (partition.type == partition::type::esp && has_file(disk, path)) {
      stores.push_back(path);
    }
  }
  if (!stores.empty()) return stores;
  // A GPT disk with a system partition starts from there: a \Boot\BCD is a leftover.
  if (disk.table().scheme == partition::Scheme::gpt && has_efi_partition(disk)) {
    return stores;
  }
  std::vector<std::uint32_t> numbers = disk.volume_numbers();
  std::stable_partition(numbers.begin(), numbers.end(), [&](std::uint32_t number) {
    return number == disk.system_partition();
  });
  for (std::uint32_t number : numbers) {
    GuestPath path{.partition = number, .path = std::string(kBiosStore)};
    if (has_file(disk, path)) stores.push_back(path);
  }
  return stores;
}

Boot find_boot(const Disk& disk, std::uint32_t number) {
  Boot boot;
  std::vector<GuestPath> stores = boot_stores(disk);
  bool bios = stores.empty() ? !has_efi_partition(disk)
                             : equal_ignoring_case(stores[0].path, kBiosStore);
  boot.firmware = bios ? "bios" : "uefi";
  if (stores.empty()) return boot;
  boot.bcd = stores[0];
  const partition::Partition* partition = disk.find_partition(number);
  if (stores.size() == 1 || partition == nullptr) return boot;
  int surest = 0;
  for (const GuestPath& store : stores) {
    auto surely = claim(disk, store, *partition);
    if (!surely || *surely <= surest) continue;
    surest = *surely;
    boot.bcd = store;
  }
  return boot;
}

// The text of a value; nothing where it is absent or isn't text.
std::optional<std::string> text_of(const hive::Hive& hive, hive::Key key,
                                   std::string_view name) {
  auto value = hive.value(key, name);
  if (!value) return std::nullopt;
  return value->text();
}

Done read_software(const hive::Hive& software, InstallationFacts& facts) {
  hive::Key key = TRY(software.find("Microsoft\\Windows NT\\CurrentVersion"));
  facts.product = text_of(software, key, "ProductName");
  facts.edition = text_of(software, key, "EditionID");
  // CurrentBuild is absent from some images, and on Windows 2000 to 7 may say
  // something else than the kernel does; CurrentBuildNumber is always there.
  facts.build = text_of(software, key, "CurrentBuildNumber");
  if (!facts.build) facts.build = text_of(software, key, "CurrentBuild");
  if (!facts.build) return {};
  // Windows 8.1 and before have no UBR.
  if (auto ubr = software.value(key, "UBR")) {
    if (auto number = ubr->number()) *facts.build += fmt::format(".{}", *number);
  }
  return {};
}

std::string architecture_name(std::string_view name) {
  return ascii_lower(name);  // "AMD64", "ARM64", "x86"
}

Done read_system(const hive::Hive& system, InstallationFacts& facts) {
  facts.control_sets = TRY(read_control_sets(system));
  const ControlSets& sets = *facts.control_sets;
  std::vector<std::uint32_t> present = sets.to_edit();
  if (present.empty()) {
    return Error(Errc::corrupt, "none of the control sets that Select names exists");
  }
  bool has_current =
      std::find(present.begin(), present.end(), sets.current) != present.end();
  std::string set = control_set_name(has_current ? sets.current : present[0]);
  if (auto key = system.find(set + "\\Control\\Session Manager\\Environment")) {
    auto name = text_of(system, *key, "PROCESSOR_ARCHITECTURE");
    if (name) facts.architecture = architecture_name(*name);
  }
  if (auto key = system.find(set + "\\Control\\ComputerName\\ComputerName")) {
    facts.computer_name = text_of(system, *key, "ComputerName");
  }
  return {};
}

}  // namespace

// What was asked for once.
struct Installation::Cache {
  std::optional<Boot> boot;
  std::optional<InstallationFacts> facts;
  std::optional<hive::Hive> system;
};

Installation::Installation(const Disk& disk, std::uint32_t partition, std::string root)
    : disk_(&disk),
      partition_(partition),
      root_(std::move(root)),
      cache_(std::make_unique<Cache>()) {}

Installation::~Installation() = default;

std::string Installation::show() const {
  return disk_->show({.partition = partition_, .path = root_});
}

const Boot& Installation::boot() const {
  if (!cache_->boot) cache_->boot = find_boot(*disk_, partition_);
  return *cache_->boot;
}

const InstallationFacts& Installation::facts() const {
  if (cache_->facts) return *cache_->facts;
  InstallationFacts facts;
  facts.partition = partition_;
  facts.root = root_;
  facts.boot = boot().firmware;
  facts.bcd = boot().bcd;
  auto note = [&](const Done& done) {
    if (!done) facts.problems.push_back(done.error().describe());
  };
  auto read_both = [&](std::string_view name) -> Done {
    if (name == "SYSTEM") {
      return read_system(*TRY(system()), facts).in(disk_->show(hive_path(name)));
    }
    hive::Hive software = TRY(open_hive(name));
    return read_software(software, facts).in(disk_->show(hive_path(name)));
  };
  note(read_both("SYSTEM"));
  note(read_both("SOFTWARE"));
  cache_->facts = std::move(facts);
  return *cache_->facts;
}

GuestPath Installation::in_windows(std::string_view path) const {
  GuestPath below{.partition = partition_, .path = root_};
  if (!path.starts_with('\\')) below.path += '\\';
  below.path += path;
  return below;
}

GuestPath Installation::hive_path(std::string_view name) const {
  return in_windows(fmt::format("\\System32\\config\\{}", name));
}

Result<hive::Hive> Installation::open_hive(std::string_view name) const {
  return repair::open_hive(*disk_, hive_path(name));
}

Result<const hive::Hive*> Installation::system() const {
  if (!cache_->system) cache_->system = TRY(open_hive("SYSTEM"));
  return &*cache_->system;
}

Result<hive::Hive> Installation::open_boot_store() const {
  if (boot().bcd) return repair::open_hive(*disk_, *boot().bcd);
  return Error(
      Errc::not_found,
      fmt::format("there is no boot store on this disk: neither {} on a system "
                  "partition nor {} on another",
                  kUefiStore, kBiosStore));
}

bool names_partition(const bcd::Device& device, const partition::Table& table,
                     const partition::Partition& partition) {
  if (device.kind != bcd::Device::Kind::partition) return false;
  if (table.scheme == partition::Scheme::mbr) {
    return !device.gpt && device.mbr_signature == table.mbr_signature &&
           device.mbr_offset == partition.offset;
  }
  return device.gpt && table.scheme == partition::Scheme::gpt &&
         device.partition_id == partition.id;
}

std::vector<std::unique_ptr<Installation>> find_installations(const Disk& disk) {
  std::vector<std::unique_ptr<Installation>> found;
  for (std::uint32_t number : disk.volume_numbers()) {
    auto look = [&]() -> Result<std::vector<std::string>> {
      std::string file_system = TRY(disk.file_system(number));
      if (file_system != "ntfs") return std::vector<std::string>{};
      return windows_folders(*TRY(disk.volume(number)));
    };
    auto folders = look();
    if (!folders) continue;  // The reason is volumes()'s to give.
    for (std::string& folder : *folders) {
      found.push_back(std::make_unique<Installation>(disk, number, std::move(folder)));
    }
  }
  return found;
}

}  // namespace drydock::repair
