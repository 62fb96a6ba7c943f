#include "vhd/vhdx/structure_edits.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/checksum.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

namespace {

// The metadata table, as it was when the image was opened and found sound.
struct MetadataTable {
  ByteVector bytes;
  std::vector<MetadataTableEntry> entries;

  std::uint64_t entry_offset(std::size_t index) const {
    return sizeof(MetadataTableHeader) + index * sizeof(MetadataTableEntry);
  }
};

Result<MetadataTable> read_table(const BlockDevice& file, const Region& metadata) {
  MetadataTable table;
  table.bytes =
      TRY(read_bytes(file, metadata.offset, kMetadataTableSize, kMetadataTableSize));
  std::uint16_t count = load<MetadataTableHeader>(table.bytes)->entry_count;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, kMetadataCountMax); ++i) {
    table.entries.push_back(
        *load<MetadataTableEntry>(table.bytes, table.entry_offset(i)));
  }
  return table;
}

Result<std::size_t> find_item(const MetadataTable& table, const Guid& id) {
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const MetadataTableEntry& entry = table.entries[i];
    if (entry.id == id && (entry.flags & kMetadataUser) == 0) return i;
  }
  return Error(Errc::corrupt, fmt::format("there is no item {}", to_string(id)));
}

// Where `length` bytes have room beside all items but the one at `index`.
Result<std::uint32_t> find_room(const MetadataTable& table, std::size_t index,
                                const Region& metadata, std::uint64_t length) {
  std::vector<MetadataTableEntry> others = table.entries;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(index));
  auto offset = [](const MetadataTableEntry& e) -> std::uint32_t { return e.offset; };
  std::ranges::sort(others, {}, offset);
  std::uint64_t at = kMetadataTableSize;
  for (const MetadataTableEntry& other : others) {
    if (other.length == 0) continue;
    if (other.offset >= at + length) break;
    at = std::max<std::uint64_t>(at, std::uint64_t{other.offset} + other.length);
  }
  if (checked::within(at, length, metadata.length)) {
    return static_cast<std::uint32_t>(at);
  }
  return Error(
      Errc::no_space,
      fmt::format("the metadata region has no room for an item of {} bytes", length));
}

}  // namespace

Done StructureEdits::put(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    std::uint64_t page = offset / kPageSize * kPageSize;
    auto found = pages_.find(page);
    if (found == pages_.end()) {
      ByteVector now = TRY(read_bytes(file_, page, kPageSize, kPageSize));
      found = pages_.emplace(page, std::move(now)).first;
    }
    std::uint64_t within = offset - page;
    std::uint64_t length = std::min<std::uint64_t>(bytes.size(), kPageSize - within);
    std::memcpy(found->second.data() + within, bytes.data(), length);
    offset += length;
    bytes = bytes.subspan(length);
  }
  return {};
}

Done StructureEdits::put_bat_region(const Region& bat) {
  ByteVector table = TRY(
      read_bytes(file_, kRegionTableOffsets[0], kRegionTableSize, kRegionTableSize));
  auto header = *load<RegionTableHeader>(table);
  for (std::uint32_t i = 0;
       i < std::min<std::uint32_t>(header.entry_count, kRegionCountMax); ++i) {
    std::size_t at = sizeof(RegionTableHeader) + i * sizeof(RegionTableEntry);
    auto entry = *load<RegionTableEntry>(table, at);
    if (entry.id != kBatRegion) continue;
    entry.file_offset = bat.offset;
    entry.length = static_cast<std::uint32_t>(bat.length);
    static_cast<void>(store(table, at, entry));
  }
  header.checksum = checksum_of(table);
  static_cast<void>(store(table, 0, header));
  for (std::uint64_t copy : kRegionTableOffsets) {
    ByteVector now = TRY(read_bytes(file_, copy, kRegionTableSize, kRegionTableSize));
    for (std::uint64_t page = 0; page < kRegionTableSize; page += kPageSize) {
      Bytes wanted = Bytes(table).subspan(page, kPageSize);
      if (!std::ranges::equal(wanted, Bytes(now).subspan(page, kPageSize))) {
        TRY(put(copy + page, wanted));
      }
    }
  }
  return {};
}

Done StructureEdits::put_virtual_size(const Region& metadata, std::uint64_t size) {
  MetadataTable table = TRY(read_table(file_, metadata));
  std::size_t index = TRY(find_item(table, kVirtualDiskSize));
  return put(metadata.offset + table.entries[index].offset, bytes_of(le64(size)));
}

Done StructureEdits::put_parent_locator(const Region& metadata, Bytes item) {
  MetadataTable table = TRY(read_table(file_, metadata));
  std::size_t index = TRY(find_item(table, kParentLocator));
  MetadataTableEntry entry = table.entries[index];
  if (item.size() > entry.length) {
    entry.offset = TRY(find_room(table, index, metadata, item.size()));
  }
  entry.length = static_cast<std::uint32_t>(item.size());
  TRY(put(metadata.offset + table.entry_offset(index), bytes_of(entry)));
  return put(metadata.offset + entry.offset, item);
}

std::vector<PageWrite> StructureEdits::pages() const {
  std::vector<PageWrite> pages;
  for (const auto& [offset, contents] : pages_) {
    pages.push_back({.file_offset = offset, .contents = contents});
  }
  return pages;
}

}  // namespace drydock::vhdx
