// Builds VHDX files byte by byte, from the text of [MS-VHDX] and from nothing
// of vhd/vhdx: what reads them is judged by them.
//
// A file of the plainest kind: the header section, the log at 1 MiB, the metadata
// at 2 MiB, the block allocation table at 3 MiB, then blocks.  Everything may be
// changed afterwards, and sealed again with fresh checksums.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/guid.h"

namespace drydock::conformance {

inline constexpr std::uint64_t kMiB = 1 << 20;

// CRC-32C, one bit after another (Castagnoli's polynomial, reflected).
inline std::uint32_t slow_crc32c(Bytes bytes) {
  static const auto kTable = [] {
    std::vector<std::uint32_t> table(256);
    for (std::uint32_t i = 0; i < 256; ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) {
        bool one = (table[i] & 1) != 0;
        table[i] = (table[i] >> 1) ^ (one ? 0x82F63B78u : 0u);
      }
    }
    return table;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::byte byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
  }
  return ~crc;
}

// `size` little-endian bytes of `value` at `at`.
inline void put(MutableBytes into, std::size_t at, std::size_t size,
                std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) {
    into[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
}
inline std::uint64_t get(Bytes from, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint64_t>(from[at + i]);
  }
  return value;
}
inline void put_text(MutableBytes into, std::size_t at, std::string_view text) {
  std::copy_n(bytes_of(text).begin(), text.size(),
              into.begin() + static_cast<std::ptrdiff_t>(at));
}
inline void put_guid(MutableBytes into, std::size_t at, std::string_view text) {
  Guid guid = *parse_guid(text);
  std::memcpy(into.data() + at, guid.bytes.data(), 16);
}
inline void put_checksum(MutableBytes structure) {
  put(structure, 4, 4, 0);
  put(structure, 4, 4, slow_crc32c(structure));
}

// One entry of the log, before it is sealed.
struct LogEntryText {
  std::uint64_t sequence = 1;
  std::uint64_t tail = 0;  // bytes from the log's start
  std::string guid = "11111111-2222-3333-4444-555555555555";
  std::uint64_t flushed_file_offset = 0;
  std::uint64_t last_file_offset = 0;
  struct Descriptor {
    std::uint64_t file_offset = 0;
    std::uint64_t zero_length = 0;  // for a zero descriptor
    ByteVector page = {};           // 4096 bytes, for a data descriptor
  };
  std::vector<Descriptor> descriptors = {};
  std::uint64_t padding_pages = 0;  // empty pages at the entry's end
};

inline ByteVector log_entry(const LogEntryText& text) {
  std::uint64_t data_count = 0;
  for (const auto& descriptor : text.descriptors) {
    if (!descriptor.page.empty()) ++data_count;
  }
  std::uint64_t descriptor_pages = 1;  // 126 in the first page, 128 in each other
  if (text.descriptors.size() > 126) {
    descriptor_pages += (text.descriptors.size() - 126 + 127) / 128;
  }
  ByteVector entry((descriptor_pages + data_count + text.padding_pages) * 4096);
  put_text(entry, 0, "loge");
  put(entry, 8, 4, entry.size());
  put(entry, 12, 4, text.tail);
  put(entry, 16, 8, text.sequence);
  put(entry, 24, 4, text.descriptors.size());
  put_guid(entry, 32, text.guid);
  put(entry, 48, 8, text.flushed_file_offset);
  put(entry, 56, 8, text.last_file_offset);
  std::size_t at = 64;
  std::size_t data_at = descriptor_pages * 4096;
  for (const auto& descriptor : text.descriptors) {
    put(entry, at + 16, 8, descriptor.file_offset);
    put(entry, at + 24, 8, text.sequence);
    if (descriptor.page.empty()) {
      put_text(entry, at, "zero");
      put(entry, at + 8, 8, descriptor.zero_length);
    } else {
      put_text(entry, at, "desc");
      std::memcpy(entry.data() + at + 4, descriptor.page.data() + 4092, 4);
      std::memcpy(entry.data() + at + 8, descriptor.page.data(), 8);
      put_text(entry, data_at, "data");
      put(entry, data_at + 4, 4, text.sequence >> 32);
      std::memcpy(entry.data() + data_at + 8, descriptor.page.data() + 8, 4084);
      put(entry, data_at + 4092, 4, text.sequence & 0xFFFFFFFF);
      data_at += 4096;
    }
    at += 32;
  }
  put_checksum(entry);
  return entry;
}

// The parent locator of a differencing VHDX, from the paper's 2.6.2.6.
inline ByteVector parent_locator(
    const std::vector<std::pair<std::string, std::string>>& pairs) {
  ByteVector item(20 + 12 * pairs.size());
  put_guid(item, 0, "b04aefb7-d19e-4a81-b789-25b8e9445913");
  put(item, 18, 2, pairs.size());
  auto add = [&](std::size_t offset_at, std::size_t length_at,
                 const std::string& text) {
    put(item, offset_at, 4, item.size());
    put(item, length_at, 2, 2 * text.size());
    for (char c : text) {
      item.push_back(static_cast<std::byte>(c));
      item.push_back(std::byte{0});
    }
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::size_t entry = 20 + 12 * i;
    add(entry, entry + 8, pairs[i].first);
    add(entry + 4, entry + 10, pairs[i].second);
  }
  return item;
}

struct VhdxText {
  std::uint64_t virtual_size = 8 * kMiB;
  std::uint32_t block_size = kMiB;
  std::uint32_t flags = 0;  // 1: leave blocks allocated; 2: has a parent
  std::uint32_t logical_sector_size = 512;
  std::uint32_t physical_sector_size = 4096;
  std::string creator = "drydock's tests";
};

class VhdxBuilder {
 public:
  static constexpr std::uint64_t kLog = 1 * kMiB;
  static constexpr std::uint64_t kMetadata = 2 * kMiB;
  static constexpr std::uint64_t kBat = 3 * kMiB;
  static constexpr std::uint64_t kBlocks = 4 * kMiB;
  static constexpr std::uint64_t kHeader[2] = {0x10000, 0x20000};
  static constexpr std::uint64_t kRegionTable[2] = {0x30000, 0x40000};
  static constexpr const char* kLogGuid = "11111111-2222-3333-4444-555555555555";

  ByteVector bytes;  // the file

  explicit VhdxBuilder(VhdxText text = {}) : bytes(kBlocks), text_(std::move(text)) {
    put_text(bytes, 0, "vhdxfile");
    for (std::size_t i = 0; i < text_.creator.size(); ++i) {
      put(bytes, 8 + 2 * i, 2, static_cast<unsigned char>(text_.creator[i]));
    }
    set_header(0, 7);
    set_header(1, 8);
    for (std::uint64_t table : kRegionTable) {
      put_text(bytes, table, "regi");
      put(bytes, table + 8, 4, 2);
      put_region(table + 16, "2dc27766-f623-4200-9d64-115e9bfd4a08", kBat);
      put_region(table + 48, "8b7ca206-4790-4b9a-b8fe-575f050f886e", kMetadata);
    }
    seal_region_tables();
    put_text(bytes, kMetadata, "metadata");
    ByteVector value(16);
    put(value, 0, 4, text_.block_size);
    put(value, 4, 4, text_.flags);
    add_item("caa16737-fa36-4d43-b3b6-33f0aa44e76b", Bytes(value).first(8), 4);
    put(value, 0, 8, text_.virtual_size);
    add_item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", Bytes(value).first(8), 6);
    put(value, 0, 4, text_.logical_sector_size);
    add_item("8141bf1d-a96f-4709-ba47-f233a8faab5f", Bytes(value).first(4), 6);
    put(value, 0, 4, text_.physical_sector_size);
    add_item("cda348c7-445d-4471-9cc9-e9885251c556", Bytes(value).first(4), 6);
    put_guid(value, 0, "12345678-9abc-def0-1234-56789abcdef0");
    add_item("beca12ab-b2e6-4523-93ef-c309e000c746", value, 6);
  }

  // Writes a whole header, without a log to replay.
  void set_header(std::size_t slot, std::uint64_t sequence) {
    auto header = at(kHeader[slot], 4096);
    std::memset(header.data(), 0, header.size());
    put_text(header, 0, "head");
    put(header, 8, 8, sequence);
    put_guid(header, 16, "aaaaaaaa-0000-0000-0000-000000000001");
    put_guid(header, 32, "bbbbbbbb-0000-0000-0000-000000000001");
    put(header, 66, 2, 1);
    put(header, 68, 4, kMiB);
    put(header, 72, 8, kLog);
    put_checksum(header);
  }
  void seal_header(std::size_t slot) { put_checksum(at(kHeader[slot], 4096)); }
  void seal_region_tables() {
    for (std::uint64_t table : kRegionTable) put_checksum(at(table, 0x10000));
  }

  // An item of the metadata, after those that are there.  Returns where its entry
  // is in the file.
  std::size_t add_item(std::string_view id, Bytes value, std::uint32_t flags) {
    std::uint64_t count = get(bytes, kMetadata + 10, 2);
    std::size_t entry = kMetadata + 32 + 32 * count;
    put_guid(bytes, entry, id);
    put(bytes, entry + 16, 4, value.empty() ? 0 : item_at_);
    put(bytes, entry + 20, 4, value.size());
    put(bytes, entry + 24, 4, flags);
    put(bytes, kMetadata + 10, 2, count + 1);
    put_text(bytes, kMetadata + item_at_, as_text(value));
    item_at_ += value.size();
    return entry;
  }

  // Where in the file the entry of a block is: a bitmap's follows each chunk.
  std::uint64_t bat_entry_at(std::uint64_t block) const {
    std::uint64_t ratio = (1ull << 23) * text_.logical_sector_size / text_.block_size;
    return kBat + 8 * (block + block / ratio);
  }
  void set_block(std::uint64_t block, std::uint64_t state, std::uint64_t file_offset) {
    put(bytes, bat_entry_at(block), 8, file_offset | state);
  }
  // A block at the file's end, all bytes of one value.  Returns where it is.
  std::uint64_t add_block(std::uint64_t block, unsigned value) {
    std::uint64_t offset = (bytes.size() + kMiB - 1) / kMiB * kMiB;
    bytes.resize(offset + text_.block_size);
    std::memset(bytes.data() + offset, static_cast<int>(value), text_.block_size);
    set_block(block, 6, offset);
    return offset;
  }

  // A differencing file's parent: `link` is the parent's DataWriteGuid.
  void add_parent(const std::string& link, const std::string& path = "parent.vhdx") {
    add_item("a8d35f2d-b30b-454d-abf7-d3d84834ab0c",
             parent_locator({{"parent_linkage", link}, {"relative_path", path}}), 4);
  }
  // The sector bitmap of a chunk at the file's end: 1 MiB of zeros.  Returns where
  // it is.
  std::uint64_t add_bitmap(std::uint64_t chunk) {
    std::uint64_t offset = (bytes.size() + kMiB - 1) / kMiB * kMiB;
    bytes.resize(offset + kMiB);
    std::uint64_t ratio = (1ull << 23) * text_.logical_sector_size / text_.block_size;
    put(bytes, kBat + 8 * ((chunk + 1) * ratio + chunk), 8, offset | 6);
    return offset;
  }

  // Both headers name a log to replay.
  void set_log_guid(std::string_view guid) {
    for (std::size_t slot : {0u, 1u}) {
      put_guid(bytes, kHeader[slot] + 48, guid);
      seal_header(slot);
    }
  }
  // Puts an entry at `offset` of the log, which begins again where it ends.
  void put_log(std::uint64_t offset, Bytes entry) {
    for (std::size_t i = 0; i < entry.size(); ++i) {
      bytes[kLog + (offset + i) % kMiB] = entry[i];
    }
  }
  // The table's first page, as a log entry would change it.
  ByteVector bat_page(std::uint64_t block, std::uint64_t state,
                      std::uint64_t file_offset) const {
    auto first = bytes.begin() + static_cast<std::ptrdiff_t>(kBat);
    ByteVector page(first, first + 4096);
    put(page, bat_entry_at(block) - kBat, 8, file_offset | state);
    return page;
  }

  MutableBytes at(std::uint64_t offset, std::uint64_t size) {
    return MutableBytes(bytes).subspan(offset, size);
  }

 private:
  void put_region(std::size_t entry, std::string_view id, std::uint64_t offset) {
    put_guid(bytes, entry, id);
    put(bytes, entry + 16, 8, offset);
    put(bytes, entry + 24, 4, kMiB);
    put(bytes, entry + 28, 4, 1);
  }

  VhdxText text_;
  std::size_t item_at_ = 0x10000;
};

}  // namespace drydock::conformance
