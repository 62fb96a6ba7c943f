// Builds VHD files byte by byte, from the text of Microsoft's specification 1.0 and
// from nothing of vhd/vhd1: what reads them is judged by them.
//
// A dynamic file of the plainest kind: the copy of the footer, the header at 512, the
// table at 1536, the parent's names if there are any, the blocks, the footer.
// Everything may be changed afterwards, and sealed again with fresh checksums.

#pragma once

#include <string>
#include <string_view>

#include "harness/conformance/vhdx_builder.h"

namespace drydock::conformance {

// `size` big-endian bytes of `value` at `at`.
inline void put_big(MutableBytes into, std::size_t at, std::size_t size,
                    std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) {
    into[at + i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
  }
}
inline std::uint64_t get_big(Bytes from, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | std::to_integer<std::uint64_t>(from[at + i]);
  }
  return value;
}

// The ones' complement of the sum of all bytes, with the field at `at` as zero.
inline std::uint32_t vhd_checksum(Bytes structure, std::size_t at) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < structure.size(); ++i) {
    if (i < at || i >= at + 4) sum += std::to_integer<std::uint32_t>(structure[i]);
  }
  return ~sum;
}

struct VhdText {
  std::uint32_t kind = 3;  // 2: fixed, 3: dynamic, 4: differencing
  std::uint64_t virtual_size = 2 * kMiB;
  std::uint32_t block_size = 64 * 1024;
  std::string creator = "win ";
  std::uint32_t geometry = 0;  // cylinders, heads, sectors: 16, 8 and 8 bits
  std::string id = "11111111-2222-3333-4444-555555555555";
  // Of a differencing one.
  std::string parent_id = "";
  std::u16string parent_name = {};
  std::u16string relative_path = {};
  std::u16string absolute_path = {};
  // Entries of the table beyond those that the disk needs.
  std::uint32_t more_entries = 0;
};

class VhdBuilder {
 public:
  static constexpr std::uint64_t kHeader = 512;
  static constexpr std::uint64_t kTable = 1536;

  ByteVector bytes;  // the file

  explicit VhdBuilder(VhdText text = {}) : text_(std::move(text)) {
    if (text_.kind == 2) {
      bytes.resize(text_.virtual_size);
    } else {
      bytes.resize(kTable);
      put_header();
      put_table();
      put_locators();
    }
    data_end_ = bytes.size();
    put_footers();
  }

  std::uint64_t block_count() const {
    return (text_.virtual_size + text_.block_size - 1) / text_.block_size;
  }
  std::uint64_t bitmap_size() const {
    return (text_.block_size / 4096 + 511) / 512 * 512;
  }
  std::uint64_t entry_at(std::uint64_t block) const { return kTable + 4 * block; }
  void set_entry(std::uint64_t block, std::uint64_t sector) {
    put_big(bytes, entry_at(block), 4, sector);
  }
  // Where the block's bitmap is.
  std::uint64_t place(std::uint64_t block) const {
    return get_big(bytes, entry_at(block), 4) * 512;
  }
  // A block at the file's end, all bytes of one value, whose bitmap has the bits of
  // these sectors alone.  Returns where it is.
  std::uint64_t add_block(std::uint64_t block, unsigned value,
                          std::uint64_t first_sector = 0,
                          std::uint64_t sector_count = ~0ull) {
    std::uint64_t at = data_end_;
    data_end_ += bitmap_size() + text_.block_size;
    bytes.resize(at);
    bytes.resize(at + bitmap_size());
    bytes.resize(data_end_, static_cast<std::byte>(value));
    std::uint64_t all = text_.block_size / 512;
    std::uint64_t end = first_sector + std::min(sector_count, all - first_sector);
    for (std::uint64_t i = first_sector; i < end; ++i) set_bit(at, i);
    set_entry(block, at / 512);
    put_footers();
    return at;
  }
  // The most significant bit of a byte is its first sector's.
  void set_bit(std::uint64_t bitmap_at, std::uint64_t sector) {
    bytes[bitmap_at + sector / 8] |= static_cast<std::byte>(1 << (7 - sector % 8));
  }

  std::uint64_t footer_at() const { return data_end_; }
  // Puts the footer, and where there is one its copy, afresh.
  void put_footers() {
    bytes.resize(data_end_ + 512);
    put_footer(data_end_);
    if (text_.kind != 2) put_footer(0);
  }
  void seal_footer(std::uint64_t at) {
    put_big(bytes, at + 64, 4, vhd_checksum(Bytes(bytes).subspan(at, 512), 64));
  }
  void seal_header() {
    put_big(bytes, kHeader + 36, 4,
            vhd_checksum(Bytes(bytes).subspan(kHeader, 1024), 36));
  }
  // Changes a field of the footer and of its copy.
  void set_footer_field(std::size_t offset, std::size_t size, std::uint64_t value) {
    put_big(bytes, footer_at() + offset, size, value);
    seal_footer(footer_at());
    if (text_.kind == 2) return;
    put_big(bytes, offset, size, value);
    seal_footer(0);
  }
  void set_header_field(std::size_t offset, std::size_t size, std::uint64_t value) {
    put_big(bytes, kHeader + offset, size, value);
    seal_header();
  }

 private:
  void put_uuid(std::size_t at, const std::string& text) {
    std::size_t i = 0;
    for (std::size_t digit = 0; digit < text.size(); ++digit) {
      if (text[digit] == '-') continue;
      bytes[at + i++] =
          static_cast<std::byte>(std::stoul(text.substr(digit++, 2), nullptr, 16));
    }
  }
  void put_footer(std::uint64_t at) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 512, std::byte{0});
    put_text(bytes, at, "conectix");
    put_big(bytes, at + 8, 4, 2);
    put_big(bytes, at + 12, 4, 0x10000);
    put_big(bytes, at + 16, 8, text_.kind == 2 ? ~0ull : kHeader);
    put_big(bytes, at + 24, 4, 0x12345678);
    put_text(bytes, at + 28, text_.creator);
    put_big(bytes, at + 32, 4, 0x000A0000);
    put_text(bytes, at + 36, "Wi2k");
    put_big(bytes, at + 40, 8, text_.virtual_size);
    put_big(bytes, at + 48, 8, text_.virtual_size);
    put_big(bytes, at + 56, 4, text_.geometry);
    put_big(bytes, at + 60, 4, text_.kind);
    put_uuid(at + 68, text_.id);
    seal_footer(at);
  }
  void put_header() {
    put_text(bytes, kHeader, "cxsparse");
    put_big(bytes, kHeader + 8, 8, ~0ull);
    put_big(bytes, kHeader + 16, 8, kTable);
    put_big(bytes, kHeader + 24, 4, 0x10000);
    put_big(bytes, kHeader + 28, 4, block_count() + text_.more_entries);
    put_big(bytes, kHeader + 32, 4, text_.block_size);
    put_uuid(kHeader + 40, text_.parent_id);
    for (std::size_t i = 0; i < text_.parent_name.size(); ++i) {
      put_big(bytes, kHeader + 64 + 2 * i, 2, text_.parent_name[i]);
    }
    seal_header();
  }
  void put_table() {
    std::uint64_t size = (4 * (block_count() + text_.more_entries) + 511) / 512 * 512;
    bytes.resize(kTable + size, std::byte{0xFF});
  }
  void put_locators() {
    std::size_t entry = kHeader + 576;
    for (const auto& [code, path] : {std::pair("W2ku", text_.absolute_path),
                                     std::pair("W2ru", text_.relative_path)}) {
      if (path.empty()) continue;
      std::uint64_t at = bytes.size();
      bytes.resize(at + (2 * path.size() + 511) / 512 * 512);
      for (std::size_t i = 0; i < path.size(); ++i) put(bytes, at + 2 * i, 2, path[i]);
      put_text(bytes, entry, code);
      put_big(bytes, entry + 4, 4, bytes.size() - at);
      put_big(bytes, entry + 8, 4, 2 * path.size());
      put_big(bytes, entry + 16, 8, at);
      entry += 24;
    }
    seal_header();
  }

  VhdText text_;
  std::uint64_t data_end_ = 0;
};

}  // namespace drydock::conformance
