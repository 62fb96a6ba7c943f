#include "repair/recipes/absent_partitions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "repair/bcd/names.h"
#include "repair/edit_words.h"
#include "repair/recipes/boot_objects.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

using bcd::Device;
using bcd::Object;
using partition::Partition;

// An entry of the firmware's own memory, mirrored in the store: not ours to change.
constexpr bcd::ObjectType kFirmwareEntry = 0x101fffff;

// Of device options: where a ramdisk's boot.sdi lies, and its path there.
constexpr bcd::ElementId kSdiDevice = 0x31000003;
constexpr bcd::ElementId kSdiPath = 0x32000004;

constexpr bcd::ObjectId kMemoryTesterId = "b2721d73-1db4-4c62-bf78-c548a880142d"_guid;

constexpr std::string_view kBiosManager = "\\bootmgr";
constexpr std::string_view kSystemHive = "\\System32\\config\\SYSTEM";

// Both ids, where names_partition() is content with the partition's own.
bool is_on_disk(const Device& device, const partition::Table& table) {
  return std::ranges::any_of(table.partitions, [&](const Partition& partition) {
    return names_partition(device, table, partition) &&
           (!device.gpt || device.disk_id == table.disk_id);
  });
}

// Whether the element has the bytes that we would give it: then they may be made anew.
bool is_as_made(const Device& device) {
  if (device.parent.empty()) return true;
  Device bare = device;
  bare.raw.clear();
  auto made = bcd::encode_device(bare);
  return made && *made == device.raw;
}

// A path on the partition at the bottom of `device`; nothing for a bare partition.
std::optional<std::string> lowest_path(const Device& device) {
  const Device* at = &device;
  while (!at->parent.empty() && !at->parent.front().parent.empty()) {
    at = &at->parent.front();
  }
  if (at->parent.empty() || at->path.empty()) return std::nullopt;
  return at->path;
}

std::optional<std::string> text_of(const Object& object, bcd::ElementId id) {
  const auto* value = value_of<std::string>(object, id);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// The file that must lie on what `element` of `object` names.
std::optional<std::string> file_of(const Object& object, bcd::ElementId element,
                                   const Device& device) {
  if (!device.parent.empty()) return lowest_path(device);
  if (element == kSdiDevice) return text_of(object, kSdiPath);
  if (element == bcd::element::application_device) {
    auto path = text_of(object, bcd::element::application_path);
    // The boot manager of a BIOS has no path.
    if (!path && object.id == bcd::kBootManager) return std::string(kBiosManager);
    return path;
  }
  if (element == bcd::element::os_device && object.type == bcd::kOsLoader) {
    auto root = text_of(object, bcd::element::system_root);
    if (root) return *root + std::string(kSystemHive);
  }
  return std::nullopt;  // a resume application's file may not be there yet
}

std::string words_of_device(const Device& device) {
  return words_of(bcd::Value(device), bcd::element::os_device, bcd::kOsLoader);
}

std::string numbers_of(const std::vector<const Partition*>& partitions,
                       std::string_view between) {
  std::vector<std::string> numbers;
  for (const Partition* one : partitions) {
    numbers.push_back(std::to_string(one->number));
  }
  return fmt::format("{}", fmt::join(numbers, between));
}

bool loads_windows(const AbsentPartition& absent) {
  return std::ranges::any_of(absent.references,
                             [](const auto& one) { return one.root.has_value(); });
}

// One store, and what its disk has of the files that it names.
class Search {
 public:
  explicit Search(const Installation& windows)
      : disk_(windows.disk()), table_(disk_.table()), windows_(windows) {}

  Result<std::vector<AbsentPartition>> run();

 private:
  void collect(const Object& object);
  void note_unread();
  void judge(AbsentPartition& absent);
  void judge_by_files(AbsentPartition& absent);
  void judge_by_ids(AbsentPartition& absent);
  void judge_by_store(AbsentPartition& absent);
  void settle_rivals();
  bool is_ours(const AbsentPartition& absent) const;
  bool is_started(const Partition& partition, const std::string& root) const;
  const std::vector<const Partition*>& holders(const std::string& file);

  const Disk& disk_;
  const partition::Table& table_;
  const Installation& windows_;
  std::vector<Object> objects_;
  std::vector<AbsentPartition> absent_;
  std::map<std::string, std::vector<const Partition*>> holders_;  // by file
  std::vector<std::string> unread_;  // volumes that couldn't be looked into
};

// The partitions that have this file.
const std::vector<const Partition*>& Search::holders(const std::string& file) {
  auto [known, is_new] = holders_.try_emplace(file);
  if (!is_new) return known->second;
  for (const Partition& partition : table_.partitions) {
    auto volume = disk_.volume(partition.number);
    if (!volume) continue;  // unread_ tells of it
    auto entry = (*volume)->find(file);
    if (entry && !entry->is_directory()) known->second.push_back(&partition);
  }
  return known->second;
}

void Search::note_unread() {
  for (const Partition& partition : table_.partitions) {
    bool may_hold_files = partition.type == partition::type::basic ||
                          partition.type == partition::type::esp ||
                          partition.type == partition::type::recovery;
    if (!may_hold_files) continue;
    auto volume = disk_.volume(partition.number);
    if (!volume) unread_.push_back(volume.error().describe());
  }
}

void Search::collect(const Object& object) {
  if (object.type == kFirmwareEntry) return;
  for (const bcd::Element& element : object.elements) {
    const auto* device = std::get_if<Device>(&element.value);
    if (device == nullptr || !is_as_made(*device)) continue;
    const Device& lowest = bcd::innermost(*device);
    if (lowest.kind != Device::Kind::partition || is_on_disk(lowest, table_)) continue;
    DeviceReference reference{
        .object = object.id,
        .element = element.id,
        .device = *device,
        .name = fmt::format("{} {}", name_of(object),
                            bcd::element_name(element.id, object.type)),
        .file = file_of(object, element.id, *device),
        .root = {}};
    if (object.type == bcd::kOsLoader && device->parent.empty()) {
      reference.root = text_of(object, bcd::element::system_root);
    }
    auto known = std::ranges::find_if(absent_, [&](const AbsentPartition& one) {
      return same_partition(one.device(), lowest);
    });
    if (known == absent_.end()) known = absent_.insert(known, AbsentPartition{});
    known->references.push_back(std::move(reference));
  }
}

void Search::judge_by_files(AbsentPartition& absent) {
  std::set<std::string> asked;
  for (const DeviceReference& reference : absent.references) {
    if (!reference.file || !asked.insert(*reference.file).second) continue;
    const auto& found = holders(*reference.file);
    if (found.empty()) {
      absent.facts.push_back(fmt::format("no partition holds {}", *reference.file));
      continue;
    }
    absent.facts.push_back(fmt::format("partition {} holds {}",
                                       numbers_of(found, " and "), *reference.file));
    if (absent.candidates.empty()) {
      absent.candidates = found;
      continue;
    }
    std::erase_if(absent.candidates, [&](const Partition* one) {
      return std::ranges::find(found, one) == found.end();
    });
    if (absent.candidates.empty()) {
      absent.unproven = "the files that its objects name aren't on one partition";
      return;
    }
  }
}

// A name that is right in part: the partition's own GUID, which no other has; or its
// place on an MBR disk, if it is among those that have the files.
void Search::judge_by_ids(AbsentPartition& absent) {
  const Device& device = absent.device();
  bool mbr = table_.scheme == partition::Scheme::mbr;
  if (device.gpt == mbr) return;
  for (const Partition& partition : table_.partitions) {
    bool same = mbr ? partition.offset == device.mbr_offset
                    : partition.id == device.partition_id;
    bool may_be =
        std::ranges::find(absent.candidates, &partition) != absent.candidates.end();
    if (!same || (!may_be && (mbr || !absent.candidates.empty()))) continue;
    absent.candidates = {&partition};
    absent.by_id = true;
    absent.facts.push_back(mbr ? fmt::format("partition {} begins at {}",
                                             partition.number, partition.offset)
                               : fmt::format("partition {} has the id {}",
                                             partition.number,
                                             to_string(partition.id)));
    return;
  }
}

// The boot manager lies where its store does, whoever else has a copy of it.
void Search::judge_by_store(AbsentPartition& absent) {
  bool manages = std::ranges::any_of(absent.references, [](const auto& one) {
    return one.object == bcd::kBootManager && one.device.parent.empty();
  });
  std::uint32_t number = windows_.boot().bcd->partition;
  auto stored = std::ranges::find(absent.candidates, number, &Partition::number);
  if (!manages || stored == absent.candidates.end()) return;
  absent.candidates = {*stored};
  absent.by_id = true;
  absent.facts.push_back(fmt::format("partition {} holds this store", number));
}

void Search::judge(AbsentPartition& absent) {
  for (const DeviceReference& reference : absent.references) {
    absent.facts.push_back(fmt::format("{} names it", reference.name));
  }
  judge_by_files(absent);
  if (!absent.unproven.empty()) return;
  judge_by_ids(absent);
  judge_by_store(absent);
  if (absent.candidates.empty()) {
    absent.unproven = "no partition of this disk holds a file that its objects name";
  } else if (absent.candidates.size() > 1) {
    absent.unproven =
        fmt::format("it may be partition {}", numbers_of(absent.candidates, " or "));
  } else if (!absent.by_id && !unread_.empty()) {
    absent.unproven =
        fmt::format("partition {} holds the files, but others can't be looked into: {}",
                    absent.candidates[0]->number, fmt::join(unread_, "; "));
  }
}

// Two absent partitions, with a Windows in each, can't both be the one that is here.
void Search::settle_rivals() {
  for (AbsentPartition& absent : absent_) {
    if (absent.by_id || absent.candidates.size() != 1 || !loads_windows(absent)) {
      continue;
    }
    for (const AbsentPartition& other : absent_) {
      if (&other == &absent || other.candidates != absent.candidates ||
          !loads_windows(other)) {
        continue;
      }
      absent.unproven =
          fmt::format("partition {} may as well be what other entries name: {}",
                      absent.candidates[0]->number, words_of_device(other.device()));
    }
  }
}

// Whether a loader whose device is on this disk starts that Windows.
bool Search::is_started(const Partition& partition, const std::string& root) const {
  return std::ranges::any_of(objects_, [&](const Object& object) {
    const auto* device = value_of<Device>(object, bcd::element::os_device);
    const auto* its_root = value_of<std::string>(object, bcd::element::system_root);
    return object.type == bcd::kOsLoader && device != nullptr && its_root != nullptr &&
           equal_ignoring_case(*its_root, root) && is_on_disk(*device, table_) &&
           names_partition(*device, table_, partition);
  });
}

bool Search::is_ours(const AbsentPartition& absent) const {
  // The boot manager's own is the store's, be its file there or still to be copied.
  bool manages = std::ranges::any_of(absent.references, [](const auto& one) {
    return one.object == bcd::kBootManager || one.object == kMemoryTesterId;
  });
  if (manages) return true;
  if (!loads_windows(absent)) return !absent.candidates.empty();
  bool started = std::ranges::all_of(absent.references, [&](const auto& reference) {
    return !reference.root ||
           std::ranges::all_of(absent.candidates, [&](const Partition* partition) {
             return is_started(*partition, *reference.root);
           });
  });
  if (started && !absent.candidates.empty()) return false;
  return !absent.candidates.empty() || absent.starts_default;
}

Result<std::vector<AbsentPartition>> Search::run() {
  if (table_.scheme == partition::Scheme::none) {
    return Error(Errc::unsupported,
                 "without a partition table no partition has a name");
  }
  objects_ = TRY(read_boot_objects(windows_));
  for (const Object& object : objects_) collect(object);
  if (absent_.empty()) return std::move(absent_);
  note_unread();
  const Object* manager = find_object(objects_, bcd::kBootManager);
  const auto* chosen = manager == nullptr ? nullptr
                                          : value_of<bcd::ObjectId>(
                                                *manager, bcd::element::default_object);
  for (AbsentPartition& absent : absent_) {
    absent.starts_default =
        chosen != nullptr &&
        std::ranges::any_of(absent.references, [&](const auto& one) {
          return one.object == *chosen && one.root.has_value();
        });
    judge(absent);
  }
  settle_rivals();
  std::erase_if(absent_, [&](const AbsentPartition& one) { return !is_ours(one); });
  return std::move(absent_);
}

}  // namespace

Result<std::vector<AbsentPartition>> find_absent_partitions(
    const Installation& windows) {
  return Search(windows).run();
}

}  // namespace drydock::repair
