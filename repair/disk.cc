#include "repair/disk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "repair/installation.h"
#include "repair/mounted_devices.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/partition/table_writer.h"
#include "vhd/slice.h"

namespace drydock::repair {

namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What a partition's file system stands on.
struct Plain {
  DevicePtr device;  // nullptr where it is locked, or worse
  bool encrypted = false;
  Errc code{};  // why there is no device
  std::string why = {};
};

}  // namespace

struct Disk::Impl {
  DevicePtr device;
  VolumeOptions options;
  std::optional<ImageFacts> image;
  partition::Table table;
  std::map<std::uint32_t, DevicePtr> parts;
  std::map<std::uint32_t, Plain> plains;
  std::map<std::uint32_t, FileSystemPtr> volumes;
  std::optional<std::vector<std::unique_ptr<Installation>>> installations;
  // Of volumes that were closed since.
  std::vector<std::pair<std::uint32_t, Settlement>> settlements;

  Result<DevicePtr> part(std::uint32_t number);
  Result<const Plain*> plain(std::uint32_t number);
};

Result<DevicePtr> Disk::Impl::part(std::uint32_t number) {
  if (auto known = parts.find(number); known != parts.end()) return known->second;
  if (table.scheme == partition::Scheme::none) {
    if (number == 0) return parts.emplace(0, device).first->second;
    return Error(Errc::not_found,
                 "this disk has no partition table: its one volume is 0:");
  }
  for (const partition::Partition& partition : table.partitions) {
    if (partition.number != number) continue;
    DevicePtr slice = TRY(Slice::create(device, partition.offset, partition.size));
    return parts.emplace(number, std::move(slice)).first->second;
  }
  return Error(Errc::not_found, fmt::format("there is no partition {}", number));
}

// A volume is tried to be unlocked once: every try may cost a second.
Result<const Plain*> Disk::Impl::plain(std::uint32_t number) {
  if (auto known = plains.find(number); known != plains.end()) return &known->second;
  DevicePtr raw = TRY(part(number));
  Plain plain;
  std::string kind = TRY(detect_file_system(*raw));
  plain.encrypted = kind == "bitlocker";
  if (auto opened = open_plain(std::move(raw), options)) {
    plain.device = *std::move(opened);
  } else {
    plain.code = opened.error().code();
    plain.why = opened.error().describe();
  }
  return &plains.emplace(number, std::move(plain)).first->second;
}

Disk::Disk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Disk::~Disk() = default;

Result<std::unique_ptr<Disk>> Disk::open(DevicePtr device, VolumeOptions options,
                                         std::optional<ImageFacts> image) {
  auto impl = std::make_unique<Impl>();
  impl->table = TRY(partition::read_table(*device).in("partition table"));
  impl->device = std::move(device);
  impl->options = std::move(options);
  impl->image = std::move(image);
  return std::unique_ptr<Disk>(new Disk(std::move(impl)));
}

const BlockDevice& Disk::device() const { return *impl_->device; }

const VolumeOptions& Disk::options() const { return impl_->options; }

const std::optional<ImageFacts>& Disk::image() const { return impl_->image; }

const partition::Table& Disk::table() const { return impl_->table; }

const partition::Partition* Disk::find_partition(std::uint32_t number) const {
  for (const partition::Partition& partition : impl_->table.partitions) {
    if (partition.number == number) return &partition;
  }
  return nullptr;
}

std::vector<std::uint32_t> Disk::volume_numbers() const {
  if (impl_->table.scheme == partition::Scheme::none) return {0};
  std::vector<std::uint32_t> numbers;
  for (const partition::Partition& partition : impl_->table.partitions) {
    numbers.push_back(partition.number);
  }
  return numbers;
}

std::optional<std::uint32_t> Disk::system_partition() const {
  for (const partition::Partition& partition : impl_->table.partitions) {
    if (partition.type == partition::type::esp) return partition.number;
  }
  for (const partition::Partition& partition : impl_->table.partitions) {
    if (partition.active) return partition.number;
  }
  return std::nullopt;
}

std::vector<VolumeReport> Disk::volumes() const {
  std::vector<VolumeReport> reports;
  for (std::uint32_t number : volume_numbers()) {
    VolumeReport report;
    report.number = number;
    if (auto name = file_system(number)) report.file_system = *name;
    if (auto plain = impl_->plain(number); plain && (*plain)->encrypted) {
      if (auto metadata = bitlocker::read_metadata(**impl_->part(number))) {
        report.encryption = *std::move(metadata);
      }
    }
    auto examine = [&]() -> Result<VolumeFacts> {
      return TRY(volume(number))->facts();
    };
    const partition::Partition* partition = find_partition(number);
    // What Windows keeps as reserve holds no volume, and needn't.
    bool reserve = partition != nullptr && partition->type == partition::type::msr;
    if (reserve && report.file_system.empty()) {
      reports.push_back(std::move(report));
      continue;
    }
    if (auto facts = examine()) {
      report.facts = *std::move(facts);
    } else {
      report.problem = facts.error().describe();
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<std::string> Disk::file_system(std::uint32_t number) const {
  std::string place = fmt::format("partition {}", number);
  const Plain* plain = TRY(impl_->plain(number).in(place));
  if (plain->device == nullptr) return std::string("bitlocker");
  return detect_file_system(*plain->device).in(place);
}

bool Disk::is_protected(std::uint32_t number) const {
  auto plain = impl_->plain(number);
  if (!plain || !(*plain)->encrypted) return false;
  auto metadata = bitlocker::read_metadata(**impl_->part(number));
  if (!metadata) return true;
  return std::ranges::find(metadata->protectors, bitlocker::ProtectorKind::clear_key,
                           &bitlocker::Protector::kind) == metadata->protectors.end();
}

Result<FileSystemPtr> Disk::volume(std::uint32_t number) const {
  auto known = impl_->volumes.find(number);
  if (known != impl_->volumes.end()) return known->second;
  std::string place = fmt::format("partition {}", number);
  const Plain* plain = TRY(impl_->plain(number).in(place));
  if (plain->device == nullptr) return Error(plain->code, plain->why).in(place);
  FileSystemPtr volume = TRY(open_volume(plain->device, impl_->options).in(place));
  impl_->volumes.emplace(number, volume);
  return volume;
}

Result<std::optional<VolumeWound>> Disk::find_wound(std::uint32_t number,
                                                    VolumePart part,
                                                    Records records) const {
  std::string place = fmt::format("partition {}", number);
  const Plain* plain = TRY(impl_->plain(number).in(place));
  if (plain->device == nullptr) return {std::nullopt};
  return drydock::find_wound(plain->device, part, records).in(place);
}

Result<std::optional<VolumeWound>> Disk::mend_wound(std::uint32_t number,
                                                    VolumePart part, Records records) {
  std::string place = fmt::format("partition {}", number);
  const Plain* plain = TRY(impl_->plain(number).in(place));
  if (plain->device == nullptr) return Error(plain->code, plain->why).in(place);
  TRY(check_not_remembered(number).in(place));
  if (auto open = impl_->volumes.find(number); open != impl_->volumes.end()) {
    TRY(open->second->flush().in(place));
    for (const Settlement& settlement : open->second->settlements()) {
      impl_->settlements.emplace_back(number, settlement);
    }
  }
  impl_->volumes.erase(number);
  impl_->installations.reset();
  auto mended = TRY(drydock::mend_wound(plain->device, part, records).in(place));
  // One that could not be opened before may turn out to be remembered.
  TRY(check_not_remembered(number).in(place));
  return mended;
}

Done Disk::check_not_remembered(std::uint32_t number) const {
  auto open = volume(number);
  if (!open || options().discard_hibernation) return {};
  VolumeCondition condition = TRY((*open)->condition());
  if (!condition.has(VolumeState::hibernated)) return {};
  return Error(Errc::busy,
               fmt::format("{}; give its memory up with --discard-hibernation",
                           fmt::join(condition.reasons, "; ")));
}

std::vector<std::pair<std::uint32_t, Settlement>> Disk::settlements() const {
  std::vector<std::pair<std::uint32_t, Settlement>> settlements = impl_->settlements;
  for (const auto& [number, volume] : impl_->volumes) {
    for (const Settlement& settlement : volume->settlements()) {
      settlements.emplace_back(number, settlement);
    }
  }
  return settlements;
}

const std::vector<std::unique_ptr<Installation>>& Disk::installations() const {
  if (!impl_->installations) impl_->installations = find_installations(*this);
  return *impl_->installations;
}

namespace {

// The partition that a letter other than C: stands for.
Result<std::uint32_t> lettered_partition(const Disk& disk, const Installation& windows,
                                         char letter) {
  const hive::Hive* system = TRY(windows.system());
  for (const MountedLetter& mounted : TRY(read_mounted_letters(*system))) {
    if (mounted.letter != letter) continue;
    for (const partition::Partition& partition : disk.table().partitions) {
      const MountedDevice& device = mounted.device;
      bool named = device.partition_id
                       ? partition.id == *device.partition_id
                       : disk.table().scheme == partition::Scheme::mbr &&
                             device.mbr_signature == disk.table().mbr_signature &&
                             device.mbr_offset == partition.offset;
      if (named) return partition.number;
    }
    return Error(Errc::not_found, fmt::format("{}: is a volume that isn't on this disk",
                                              static_cast<char>(letter - 'a' + 'A')));
  }
  return Error(Errc::not_found,
               fmt::format("{} gave no volume the letter {}:", windows.show(),
                           static_cast<char>(letter - 'a' + 'A')));
}

// The partition of a path's part before the colon, in lower case.
Result<std::uint32_t> named_partition(const Disk& disk, std::string_view name,
                                      std::size_t installation) {
  if (name == "esp") {
    if (auto number = disk.system_partition()) return *number;
    return Error(Errc::not_found, "this disk has no EFI system partition");
  }
  if (auto number = parse_number(name)) {
    std::vector<std::uint32_t> numbers = disk.volume_numbers();
    if (std::find(numbers.begin(), numbers.end(), *number) != numbers.end()) {
      return *number;
    }
    if (disk.table().scheme == partition::Scheme::none) {
      return Error(Errc::not_found,
                   "this disk has no partition table: its one volume is 0:");
    }
    return Error(Errc::not_found, fmt::format("there is no partition {}", *number));
  }
  if (name.size() != 1 || name[0] < 'a' || name[0] > 'z') {
    return Error(
        Errc::bad_argument,
        fmt::format("{}: is neither a letter, a partition's number nor esp:", name));
  }
  const auto& found = disk.installations();
  if (installation >= found.size()) {
    return Error(Errc::not_found,
                 found.empty()
                     ? std::string("no Windows was found that would know this letter; "
                                   "name the partition by its number, as in 3:\\")
                     : fmt::format("there is no installation {}; the last is {}",
                                   installation, found.size() - 1));
  }
  if (name == "c") return found[installation]->partition();
  return lettered_partition(disk, *found[installation], name[0]);
}

}  // namespace

Result<GuestPath> Disk::resolve(std::string_view text, std::size_t installation) const {
  GuestPathText parts = TRY(parse_guest_path(text).in(text));
  GuestPath path{
      .partition = TRY(named_partition(*this, parts.volume, installation).in(text)),
      .path = {}};
  for (const std::string& name : TRY(split_path(parts.path).in(text))) {
    path.path += '\\';
    path.path += name;
  }
  if (path.path.empty()) path.path += '\\';
  return path;
}

std::string Disk::show(const GuestPath& path, std::size_t installation) const {
  const auto& found = installations();
  if (installation < found.size() &&
      found[installation]->partition() == path.partition) {
    return "C:" + path.path;
  }
  if (system_partition() == path.partition) return "esp:" + path.path;
  return fmt::format("{}:{}", path.partition, path.path);
}

Done Disk::restore_table() {
  TRY(partition::restore_gpt(*impl_->device));
  impl_->table = TRY(partition::read_table(*impl_->device));
  if (impl_->table.other_copy_problem.empty()) return {};
  return Error(Errc::corrupt, impl_->table.other_copy_problem);
}

Done Disk::flush() {
  for (const auto& [number, volume] : impl_->volumes) {
    TRY(volume->flush().in(fmt::format("partition {}", number)));
  }
  return {};
}

}  // namespace drydock::repair
