#include "ntfs/fat/check_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/fat/names.h"
#include "ntfs/fat/table.h"
#include "ntfs/file.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::fat {

namespace {

// Even, so that an entry of FAT12 isn't cut in two.
constexpr std::uint32_t kEntriesHeld = 16 << 10;
// A longer path is told by its end.
constexpr std::size_t kPathSizeMax = 2048;

std::string join(const std::string& folder, std::string_view name) {
  std::string path = folder + "\\" + std::string(name);
  if (path.size() <= kPathSizeMax) return path;
  return "..." + path.substr(path.size() - kPathSizeMax / 2);
}

std::u16string letters_of(const std::vector<LongSlot>& slots) {
  std::u16string name;
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    name += utf16le(slot->name_1) + utf16le(slot->name_2) + utf16le(slot->name_3);
  }
  return name.substr(0, name.find(u'\0'));
}

// What the paper forbids in a short name, page 24; a blank can't be first.
bool can_be_short(const ShortName& name) {
  constexpr std::string_view kForbidden = "\"*+,./:;<=>?[\\]|";
  if (name[0] == ' ') return false;
  return std::ranges::all_of(name, [&](std::uint8_t letter) {
    return (letter >= 0x20 || letter == kSlotKanji) &&
           kForbidden.find(static_cast<char>(letter)) == std::string_view::npos;
  });
}

}  // namespace

Result<std::uint32_t> TableReader::entry(std::uint32_t cluster) {
  if (cluster / kEntriesHeld != held_) {
    std::uint64_t start = entry_offset(geometry_.kind, cluster) -
                          entry_offset(geometry_.kind, cluster % kEntriesHeld);
    bytes_.resize(std::min<std::uint64_t>(entry_offset(geometry_.kind, kEntriesHeld),
                                          geometry_.table_size - start));
    std::uint64_t table =
        geometry_.tables_offset + geometry_.active_table * geometry_.table_size;
    TRY(device_.read(table + start, bytes_).in("table"));
    held_ = cluster / kEntriesHeld;
  }
  return entry_in(bytes_, geometry_.kind, cluster % kEntriesHeld);
}

// The clusters from `first` on, as far as they can be followed.
Result<std::vector<std::uint32_t>> TreeCheck::claim_chain(std::uint32_t first,
                                                          const std::string& path) {
  std::vector<std::uint32_t> chain;
  for (std::uint32_t cluster = first; cluster < kEndMin;) {
    if (!geometry_.holds(cluster)) {
      error("chain.outside", path,
            fmt::format("after {} clusters its chain {} {}", chain.size(),
                        cluster == kFree  ? "meets a free one:"
                        : cluster == kBad ? "meets a bad one:"
                                          : "leaves the volume for",
                        cluster));
      break;
    }
    if (claimed_[cluster - kFirstCluster]) {
      problems_.error("chain.shared", {.part = path, .cluster = cluster},
                      fmt::format("after {} clusters its chain meets one that has an "
                                  "owner",
                                  chain.size()));
      break;
    }
    claimed_[cluster - kFirstCluster] = true;
    chain.push_back(cluster);
    cluster = TRY(table_.entry(cluster));
  }
  return chain;
}

// The root of FAT12 and FAT16 has a place of its own, and no chain.
Result<std::vector<TreeCheck::Stretch>> TreeCheck::stretches_of(const Folder& folder) {
  std::vector<Stretch> stretches;
  if (folder.path.empty() && geometry_.root_cluster == 0) {
    stretches.push_back({.offset = geometry_.root_offset, .size = geometry_.root_size});
    return stretches;
  }
  auto chain = TRY(claim_chain(folder.first, folder.path));
  std::uint64_t size = std::uint64_t{chain.size()} * geometry_.cluster_size;
  if (size > kDirectorySizeMax) {
    error("folder.size", folder.path,
          fmt::format("a folder of {} bytes can't be: {} is the most", size,
                      kDirectorySizeMax));
    chain.resize(kDirectorySizeMax / geometry_.cluster_size);
  }
  for (std::uint32_t cluster : chain) {
    stretches.push_back(
        {.offset = geometry_.offset_of(cluster), .size = geometry_.cluster_size});
  }
  return stretches;
}

Done TreeCheck::walk_folder(const Folder& folder) {
  long_name_ = {};
  short_names_.clear();
  ByteVector slots;
  std::uint32_t index = 0;
  for (const Stretch& stretch : TRY(stretches_of(folder))) {
    slots.resize(stretch.size);
    TRY(device_.read(stretch.offset, slots).in(folder.path));
    if (!TRY(walk_slots(folder, slots, index))) break;
    index += static_cast<std::uint32_t>(slots.size() / sizeof(ShortSlot));
  }
  if (!long_name_.slots.empty()) {
    warning("name.long", folder.path, "a long name has no short one behind it");
  }
  return {};
}

// Whether more may follow.
Result<bool> TreeCheck::walk_slots(const Folder& folder, Bytes slots,
                                   std::uint32_t index) {
  for (std::size_t at = 0; at < slots.size(); at += sizeof(ShortSlot), ++index) {
    auto slot = *load<ShortSlot>(slots, at);
    if (slot.name[0] == kSlotEnd) return false;
    if (slot.name[0] == kSlotFree) {
      long_name_.broken |= !long_name_.slots.empty();
    } else if ((slot.attributes & kLongNameMask) == kLongName) {
      see_long(folder, *load<LongSlot>(slots, at));
    } else {
      TRY(see_short(folder, index, slot));
    }
  }
  return true;
}

// A long name's slots count down to 1, and repeat one checksum.
void TreeCheck::see_long(const Folder& folder, const LongSlot& slot) {
  auto& slots = long_name_.slots;
  bool first = (slot.ordinal & kLastLongSlot) != 0;
  if (first && !slots.empty()) {
    warning("name.long", folder.path, "a long name has no short one behind it");
  }
  if (first) long_name_ = {};
  std::uint32_t ordinal = slot.ordinal & ~std::uint32_t{kLastLongSlot};
  bool follows = first || (!slots.empty() && slots.back().checksum == slot.checksum &&
                           (slots.back().ordinal & ~kLastLongSlot) == ordinal + 1u);
  if (!follows || ordinal == 0 || ordinal > kLongSlotMax) long_name_.broken = true;
  if (slots.size() < kLongSlotMax) slots.push_back(slot);
}

std::u16string TreeCheck::take_long_name(const Folder& folder, const ShortSlot& slot) {
  std::u16string name = decode(slot.name, slot.case_flags);
  LongName gathered = std::move(long_name_);
  long_name_ = {};
  if (gathered.slots.empty()) return name;
  std::string path = join(folder.path, to_utf8(name));
  bool whole =
      !gathered.broken && (gathered.slots.back().ordinal & ~kLastLongSlot) == 1;
  if (!whole) {
    warning("name.long", path, "the long name in front of it isn't whole");
    return name;
  }
  if (gathered.slots.back().checksum != checksum(slot.name)) {
    warning("name.checksum", path,
            fmt::format("the long name in front of it is of a short one with checksum "
                        "0x{:02x}, not 0x{:02x}",
                        gathered.slots.back().checksum, checksum(slot.name)));
    return name;
  }
  return letters_of(gathered.slots);
}

// Whether the slot is "." or "..", or should be.
bool TreeCheck::check_dots(const Folder& folder, std::uint32_t index,
                           const ShortSlot& slot) {
  constexpr ShortName kDots[] = {
      {'.', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '},
      {'.', '.', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}};
  bool is_root = folder.path.empty();
  bool dots = slot.name == kDots[0] || slot.name == kDots[1];
  if (is_root || index > 1) {
    if (dots) error("folder.dots", folder.path, "it has dots where none belong");
    return dots;
  }
  std::uint32_t cluster = index == 0 ? folder.first : folder.parent;
  std::string name(index + 1, '.');
  if (slot.name != kDots[index]) {
    error("folder.dots", folder.path, fmt::format("it doesn't begin with {}", name));
    return dots;
  }
  std::uint32_t told = geometry_.first_cluster(slot);
  if (told != cluster) {
    error("folder.dots", folder.path,
          fmt::format("its {} leads to cluster {}, not {}", name, told, cluster));
  }
  return true;
}

Done TreeCheck::check_file(const std::string& path, const ShortSlot& slot) {
  ++counts_.files;
  std::uint64_t needed =
      checked::div_up(std::uint32_t{slot.size}, geometry_.cluster_size);
  std::uint32_t first = geometry_.first_cluster(slot);
  if (first == 0) {
    if (needed != 0) {
      error("file.size", path,
            fmt::format("it has {} bytes and no cluster", std::uint32_t{slot.size}));
    }
    return {};
  }
  auto chain = TRY(claim_chain(first, path));
  if (chain.size() == needed) return {};
  error("file.size", path,
        fmt::format("its {} bytes take {} clusters, its chain has {}",
                    std::uint32_t{slot.size}, needed, chain.size()));
  return {};
}

Done TreeCheck::see_short(const Folder& folder, std::uint32_t index,
                          const ShortSlot& slot) {
  if ((slot.attributes & kVolumeLabel) != 0) {
    if (!folder.path.empty()) {
      warning("name.label", folder.path, "a volume's label is in a folder");
    }
    long_name_ = {};
    return {};
  }
  if (check_dots(folder, index, slot)) return {};
  std::string path = join(folder.path, to_utf8(take_long_name(folder, slot)));
  if (!can_be_short(slot.name))
    error("name.short", path, "its short name can't be one");
  std::string name(slot.name.begin(), slot.name.end());
  if (!short_names_.emplace(std::move(name), true).second) {
    error("name.twice", path, "another file of this folder has the same short name");
  }
  if ((slot.attributes & attribute::directory) == 0) return check_file(path, slot);
  ++counts_.directories;
  if (slot.size != 0) {
    warning(
        "folder.size", path,
        fmt::format("a folder's size is given as {}, not 0", std::uint32_t{slot.size}));
  }
  std::uint32_t parent = folder.path.empty() ? 0 : folder.first;
  pending_.push_back(
      {.path = path, .first = geometry_.first_cluster(slot), .parent = parent});
  return {};
}

Done TreeCheck::run() {
  pending_.push_back({.path = "", .first = geometry_.root_cluster, .parent = 0});
  while (!pending_.empty()) {
    Folder folder = std::move(pending_.back());
    pending_.pop_back();
    TRY(walk_folder(folder));
  }
  return {};
}

}  // namespace drydock::fat
