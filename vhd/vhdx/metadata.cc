#include "vhd/vhdx/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::vhdx {

namespace {

// The paper knows five keys and sets no bound.
constexpr std::uint16_t kLocatorKeyCountMax = 256;

// The system items by id; user items are nothing to us.
using Items = std::map<Guid, MetadataTableEntry>;

bool is_known(const Guid& id) {
  constexpr std::array kKnown = {
      kFileParameters,     kVirtualDiskSize, kVirtualDiskId, kLogicalSectorSize,
      kPhysicalSectorSize, kParentLocator,   kIncompleteFile};
  return std::ranges::find(kKnown, id) != kKnown.end();
}

Done check_entry(const MetadataTableEntry& entry, const Region& region) {
  bool user = (entry.flags & kMetadataUser) != 0;
  if ((entry.flags & kMetadataRequired) != 0 && (user || !is_known(entry.id))) {
    return Error(Errc::unsupported,
                 "it is required to read this file, and isn't known here");
  }
  std::uint32_t offset = entry.offset;
  std::uint32_t length = entry.length;
  if (length == 0) {
    if (offset == 0) return {};
    return Error(Errc::corrupt, fmt::format("it is empty and yet at {:#x}", offset));
  }
  if (offset >= kMetadataTableSize && length <= kMetadataItemSizeMax &&
      checked::within(offset, length, region.length)) {
    return {};
  }
  return Error(Errc::corrupt,
               fmt::format("its {} bytes at {:#x} aren't between the table and the "
                           "region's end at {:#x}",
                           length, offset, region.length));
}

// No item may share a byte with another, nor an (id, user) pair repeat.
Done check_together(std::vector<MetadataTableEntry> entries) {
  auto offset = [](const MetadataTableEntry& e) -> std::uint32_t { return e.offset; };
  std::ranges::sort(entries, {}, offset);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    std::uint64_t end = std::uint64_t{entries[i - 1].offset} + entries[i - 1].length;
    if (end > entries[i].offset && entries[i].length != 0) {
      return Error(Errc::corrupt,
                   fmt::format("the items {} and {} overlap",
                               to_string(entries[i - 1].id), to_string(entries[i].id)));
    }
  }
  auto key = [](const MetadataTableEntry& e) {
    return std::pair(e.id, e.flags & kMetadataUser);
  };
  std::ranges::sort(entries, {}, key);
  auto twice = std::ranges::adjacent_find(entries, {}, key);
  if (twice == entries.end()) return {};
  return Error(Errc::corrupt,
               fmt::format("the item {} is listed twice", to_string(twice->id)));
}

Result<Items> read_table(const BlockDevice& file, const Region& region) {
  ByteVector table =
      TRY(read_bytes(file, region.offset, kMetadataTableSize, kMetadataTableSize));
  auto header = *load<MetadataTableHeader>(table);
  if (header.signature != kMetadataSignature) {
    return Error(Errc::corrupt, "the table doesn't begin with \"metadata\"");
  }
  std::uint16_t count = header.entry_count;
  if (count > kMetadataCountMax) {
    return Error(Errc::corrupt,
                 fmt::format("{} items; there can be {}", count, kMetadataCountMax));
  }
  std::vector<MetadataTableEntry> entries(count);
  std::uint32_t user_count = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::size_t at = sizeof(MetadataTableHeader) + i * sizeof(MetadataTableEntry);
    entries[i] = *load<MetadataTableEntry>(table, at);
    user_count += entries[i].flags & kMetadataUser;
    TRY(check_entry(entries[i], region).in("item " + to_string(entries[i].id)));
  }
  if (user_count > kMetadataUserCountMax) {
    return Error(Errc::corrupt, fmt::format("{} user items; there can be {}",
                                            user_count, kMetadataUserCountMax));
  }
  TRY(check_together(entries));
  Items items;
  for (const MetadataTableEntry& entry : entries) {
    if ((entry.flags & kMetadataUser) == 0) items.emplace(entry.id, entry);
  }
  return items;
}

class Reader {
 public:
  Reader(const BlockDevice& file, const Region& region, const Items& items)
      : file_(file), region_(region), items_(items) {}

  bool has(const Guid& id) const { return items_.contains(id); }

  Result<ByteVector> bytes(const Guid& id, std::string_view name) const {
    auto found = items_.find(id);
    if (found == items_.end()) return Error(Errc::corrupt, "it is missing").in(name);
    return read_bytes(file_, region_.offset + found->second.offset,
                      found->second.length, kMetadataItemSizeMax)
        .in(name);
  }

  template <OnDisk T>
  Result<T> item(const Guid& id, std::string_view name) const {
    ByteVector raw = TRY(bytes(id, name));
    if (auto value = load<T>(raw)) return *value;
    return Error(Errc::corrupt,
                 fmt::format("{} bytes, where it has {}", raw.size(), sizeof(T)))
        .in(name);
  }

 private:
  const BlockDevice& file_;
  const Region& region_;
  const Items& items_;
};

Done check_sizes(const Metadata& metadata) {
  if (!std::has_single_bit(metadata.block_size) ||
      metadata.block_size < kBlockSizeMin || metadata.block_size > kBlockSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("the block size {} isn't a power of two from 1 MiB to "
                             "256 MiB",
                             metadata.block_size));
  }
  auto is_sector_size = [](std::uint32_t size) { return size == 512 || size == 4096; };
  if (!is_sector_size(metadata.logical_sector_size) ||
      !is_sector_size(metadata.physical_sector_size)) {
    return Error(
        Errc::corrupt,
        fmt::format("sectors of {} and {} bytes; both can be 512 or 4096",
                    metadata.logical_sector_size, metadata.physical_sector_size));
  }
  if (metadata.virtual_size == 0 || metadata.virtual_size > kDiskSizeMax ||
      metadata.virtual_size % metadata.logical_sector_size != 0) {
    return Error(
        Errc::corrupt,
        fmt::format("a disk of {} bytes isn't whole sectors of {} up to 64 TiB",
                    metadata.virtual_size, metadata.logical_sector_size));
  }
  return {};
}

// A key or a value; nothing where it isn't within the item.
std::optional<std::string> locator_text(Bytes item, std::uint32_t offset,
                                        std::uint16_t length) {
  if (!checked::within(offset, length, item.size())) return std::nullopt;
  return utf8_from_utf16le(item.subspan(offset, length));
}

Result<ParentLocator> parse_locator(Bytes item) {
  auto header = load<ParentLocatorHeader>(item);
  if (!header) return Error(Errc::corrupt, "it is too short for its header");
  if (header->type != kVhdxLocatorType) {
    return Error(Errc::unsupported,
                 fmt::format("a parent of the kind {}", to_string(header->type)));
  }
  std::uint16_t count = header->key_count;
  if (count > kLocatorKeyCountMax) {
    return Error(Errc::corrupt, fmt::format("{} keys; at most {} are believed", count,
                                            kLocatorKeyCountMax));
  }
  std::map<std::string, std::string> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    auto entry = load<ParentLocatorEntry>(
        item, sizeof(ParentLocatorHeader) + i * sizeof(ParentLocatorEntry));
    if (!entry) return Error(Errc::corrupt, "it is too short for its entries");
    auto key = locator_text(item, entry->key_offset, entry->key_length);
    auto value = locator_text(item, entry->value_offset, entry->value_length);
    if (!key || !value) {
      return Error(Errc::corrupt, fmt::format("entry {} points past its end", i));
    }
    pairs.emplace(std::move(*key), std::move(*value));
  }
  ParentLocator locator;
  locator.link_id = parse_guid(pairs["parent_linkage"]);
  locator.link_id2 = parse_guid(pairs["parent_linkage2"]);
  for (const char* key : {"relative_path", "volume_path", "absolute_win32_path"}) {
    if (!pairs[key].empty()) locator.paths.push_back(pairs[key]);
  }
  return locator;
}

}  // namespace

Result<Metadata> read_metadata(const BlockDevice& file, const Region& region) {
  Items items = TRY(read_table(file, region));
  Reader reader(file, region, items);
  auto parameters =
      TRY(reader.item<FileParameters>(kFileParameters, "file parameters"));
  auto virtual_size = TRY(reader.item<le64>(kVirtualDiskSize, "virtual disk size"));
  auto logical_sector_size =
      TRY(reader.item<le32>(kLogicalSectorSize, "logical sector size"));
  auto physical_sector_size =
      TRY(reader.item<le32>(kPhysicalSectorSize, "physical sector size"));
  Metadata metadata{
      .block_size = parameters.block_size,
      .leave_blocks_allocated = (parameters.flags & kLeaveBlocksAllocated) != 0,
      .has_parent = (parameters.flags & kHasParent) != 0,
      .virtual_size = virtual_size,
      .logical_sector_size = logical_sector_size,
      .physical_sector_size = physical_sector_size,
      .disk_id = {},
      .incomplete = reader.has(kIncompleteFile),
      .parent = {}};
  metadata.disk_id = TRY(reader.item<Guid>(kVirtualDiskId, "virtual disk id"));
  TRY(check_sizes(metadata));
  if (metadata.has_parent) {
    ByteVector locator = TRY(reader.bytes(kParentLocator, "parent locator"));
    metadata.parent = TRY(parse_locator(locator).in("parent locator"));
  }
  return metadata;
}

}  // namespace drydock::vhdx
