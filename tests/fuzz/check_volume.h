// The small NTFS volume that the `ntfs_check` target patches: $MFT of 32 records with
// a bitmap, $MFTMirr, $Bitmap, $UpCase, a root whose index has a block, a file whose
// attribute list leads to a second record, and $Secure with its indexes.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "vhd/base/bytes.h"

namespace drydock::fuzz {

inline constexpr std::size_t kCheckedCluster = 4096;
inline constexpr std::size_t kCheckedMft = 4 * kCheckedCluster;
inline constexpr std::size_t kCheckedSize = 256 << 10;

class CheckedVolume {
 public:
  CheckedVolume() : bytes_(kCheckedSize) {
    lay_boot_sector();
    lay_records();
    lay_files();
  }
  ByteVector take() { return std::move(bytes_); }

 private:
  static constexpr std::size_t kRecord = 1024;

  static void put(MutableBytes bytes, std::size_t at, std::size_t size,
                  std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
    }
  }
  static void put_text(MutableBytes bytes, std::size_t at, std::string_view text) {
    std::ranges::copy(bytes_of(text), bytes.begin() + at);
  }
  static std::uint64_t reference(std::uint64_t record) {
    return record | std::uint64_t{1} << 48;
  }

  void lay_boot_sector() {
    put_text(bytes_, 3, "NTFS    ");
    put(bytes_, 0x0b, 2, 512);
    put(bytes_, 0x0d, 1, kCheckedCluster / 512);
    put(bytes_, 0x28, 8, kCheckedSize / 512 - 1);
    put(bytes_, 0x30, 8, kCheckedMft / kCheckedCluster);
    put(bytes_, 0x38, 8, 2);
    put(bytes_, 0x40, 1, 0xf6);  // records of 2^10 bytes
    put(bytes_, 0x44, 1, 0xf4);
    put(bytes_, 0x1fe, 2, 0xaa55);
  }

  // An attribute's header and value; `name` is ASCII.
  static ByteVector attribute(std::uint32_t type, std::string_view name, Bytes value) {
    std::size_t value_at = (0x18 + 2 * name.size() + 7) / 8 * 8;
    ByteVector bytes((value_at + value.size() + 7) / 8 * 8);
    put(bytes, 0, 4, type);
    put(bytes, 4, 4, bytes.size());
    put(bytes, 9, 1, name.size());
    put(bytes, 0x0a, 2, 0x18);
    put(bytes, 0x10, 4, value.size());
    put(bytes, 0x14, 2, value_at);
    for (std::size_t i = 0; i < name.size(); ++i) {
      put(bytes, 0x18 + 2 * i, 2, static_cast<unsigned char>(name[i]));
    }
    std::ranges::copy(value, bytes.begin() + value_at);
    return bytes;
  }
  static ByteVector piece(std::uint32_t type, std::string_view name, std::size_t lcn,
                          std::size_t count, std::size_t lowest_vcn = 0) {
    std::size_t pairs_at = 0x40 + (2 * name.size() + 7) / 8 * 8;
    ByteVector bytes(pairs_at + 8);
    put(bytes, 0, 4, type);
    put(bytes, 4, 4, bytes.size());
    put(bytes, 8, 1, 1);
    put(bytes, 9, 1, name.size());
    put(bytes, 0x0a, 2, 0x40);
    for (std::size_t i = 0; i < name.size(); ++i) {
      put(bytes, 0x40 + 2 * i, 2, static_cast<unsigned char>(name[i]));
    }
    put(bytes, 0x10, 8, lowest_vcn);
    put(bytes, 0x18, 8, lowest_vcn + count - 1);
    put(bytes, 0x20, 2, pairs_at);
    for (std::size_t at : {0x28, 0x30, 0x38})
      put(bytes, at, 8, count * kCheckedCluster);
    put(bytes, pairs_at, 1, 0x11);
    put(bytes, pairs_at + 1, 1, count);
    put(bytes, pairs_at + 2, 1, lcn);
    return bytes;
  }
  static ByteVector file_name(std::string_view name, std::uint64_t directory) {
    ByteVector bytes(0x42 + 2 * name.size());
    put(bytes, 0, 8, reference(directory));
    put(bytes, 0x40, 1, name.size());
    put(bytes, 0x41, 1, 1);
    for (std::size_t i = 0; i < name.size(); ++i) {
      put(bytes, 0x42 + 2 * i, 2, static_cast<unsigned char>(name[i]));
    }
    return bytes;
  }
  static ByteVector entry(std::uint64_t record, Bytes key, std::uint16_t flags,
                          std::uint64_t block = 0) {
    std::size_t tail = (flags & 1) != 0 ? 8 : 0;
    ByteVector bytes((0x10 + key.size() + 7) / 8 * 8 + tail);
    put(bytes, 0, 8, (flags & 2) != 0 ? 0 : reference(record));
    put(bytes, 8, 2, bytes.size());
    put(bytes, 10, 2, key.size());
    put(bytes, 12, 2, flags);
    std::ranges::copy(key, bytes.begin() + 0x10);
    if (tail != 0) put(bytes, bytes.size() - 8, 8, block);
    return bytes;
  }
  static void put_index(MutableBytes bytes, std::size_t header, std::size_t first,
                        const std::vector<ByteVector>& entries, std::size_t room,
                        std::uint32_t flags) {
    std::size_t at = header + first;
    for (const ByteVector& one : entries) {
      std::ranges::copy(one, bytes.begin() + at);
      at += one.size();
    }
    put(bytes, header, 4, first);
    put(bytes, header + 4, 4, at - header);
    put(bytes, header + 8, 4, room == 0 ? at - header : room);
    put(bytes, header + 12, 4, flags);
  }
  static ByteVector root(std::uint32_t type, const std::vector<ByteVector>& entries,
                         std::uint32_t flags) {
    std::size_t size = 0x20;
    for (const ByteVector& one : entries) size += one.size();
    ByteVector bytes(size);
    put(bytes, 0, 4, type);
    put(bytes, 4, 4, 1);
    put(bytes, 8, 4, kCheckedCluster);
    put(bytes, 12, 1, 1);
    put_index(bytes, 0x10, 0x10, entries, 0, flags);
    return bytes;
  }

  void put_record(std::size_t number, std::uint16_t flags, std::uint64_t base,
                  std::uint16_t links, const std::vector<ByteVector>& attributes) {
    MutableBytes record =
        MutableBytes(bytes_).subspan(kCheckedMft + number * kRecord, kRecord);
    put_text(record, 0, "FILE");
    put(record, 0x04, 2, 0x30);
    put(record, 0x06, 2, 3);
    put(record, 0x10, 2, 1);
    put(record, 0x12, 2, links);
    put(record, 0x14, 2, 0x38);
    put(record, 0x16, 2, flags);
    put(record, 0x1c, 4, kRecord);
    put(record, 0x20, 8, base);
    put(record, 0x2c, 4, number);
    std::size_t at = 0x38;
    for (const ByteVector& one : attributes) {
      std::ranges::copy(one, record.begin() + at);
      at += one.size();
    }
    put(record, at, 4, 0xffffffff);
    put(record, 0x18, 4, at + 8);
  }

  void lay_records() {
    ByteVector information = attribute(0x10, "", ByteVector(0x48));
    auto system = [&](std::size_t number, std::string_view name,
                      std::vector<ByteVector> more) {
      more.insert(more.begin(), {information, attribute(0x30, "", file_name(name, 5))});
      put_record(number, 1, 0, 1, more);
    };
    ByteVector all(8, std::byte{0xff});
    system(0, "$MFT", {piece(0x80, "", 4, 8), attribute(0xb0, "", all)});
    system(1, "$MFTMirr", {piece(0x80, "", 2, 1)});
    system(6, "$Bitmap", {attribute(0x80, "", all)});
    system(8, "$BadClus", {attribute(0x80, "", {})});
    system(10, "$UpCase", {piece(0x80, "", 16, 32)});
    ByteVector volume(12);
    put(volume, 8, 2, 0x0103);
    system(3, "$Volume", {attribute(0x70, "", volume)});
    ByteVector end = entry(0, {}, 2);
    system(9, "$Secure",
           {piece(0x80, "$SDS", 13, 1), attribute(0x90, "$SDH", root(0, {end}, 0)),
            attribute(0x90, "$SII", root(0, {end}, 0))});
    // The root directory: its one entry leads to a block.
    ByteVector bitmap(8);
    bitmap[0] = std::byte{1};
    put_record(5, 3, 0, 1,
               {information, attribute(0x30, "", file_name(".", 5)),
                attribute(0x90, "$I30", root(0x30, {entry(0, {}, 3)}, 1)),
                piece(0xa0, "$I30", 12, 1), attribute(0xb0, "$I30", bitmap)});
    // A file with its data in another record.
    ByteVector list;
    auto listed = [&](std::uint32_t type, std::uint64_t record) {
      ByteVector one(0x20);
      put(one, 0, 4, type);
      put(one, 4, 2, one.size());
      put(one, 7, 1, 0x1a);
      put(one, 0x10, 8, reference(record));
      list.insert(list.end(), one.begin(), one.end());
    };
    listed(0x10, 24);
    listed(0x30, 24);
    listed(0x80, 25);
    put_record(24, 1, 0, 1,
               {information, attribute(0x20, "", list),
                attribute(0x30, "", file_name("pieces", 5))});
    put_record(25, 1, reference(24), 0, {piece(0x80, "", 14, 2)});
  }

  void lay_files() {
    MutableBytes block = MutableBytes(bytes_).subspan(12 * kCheckedCluster, 4096);
    put_text(block, 0, "INDX");
    put(block, 4, 2, 0x28);
    put(block, 6, 2, 9);
    std::vector<ByteVector> entries;
    auto add = [&](std::uint64_t record, std::string_view name) {
      entries.push_back(entry(record, file_name(name, 5), 0));
    };
    add(8, "$BadClus");
    add(6, "$Bitmap");
    add(0, "$MFT");
    add(1, "$MFTMirr");
    add(9, "$Secure");
    add(10, "$UpCase");
    add(3, "$Volume");
    add(5, ".");
    add(24, "pieces");
    entries.push_back(entry(0, {}, 2));
    put_index(block, 0x18, 0x28, entries, 4096 - 0x18, 0);
    MutableBytes upcase = MutableBytes(bytes_).subspan(16 * kCheckedCluster, 128 << 10);
    for (std::uint32_t unit = 0; unit < 0x10000; ++unit) {
      put(upcase, 2 * unit, 2, unit >= 'a' && unit <= 'z' ? unit - 0x20 : unit);
    }
    // The mirror repeats the first four records.
    std::copy_n(bytes_.begin() + kCheckedMft, 4 * kRecord,
                bytes_.begin() + 2 * kCheckedCluster);
    std::copy_n(bytes_.begin(), 512, bytes_.end() - 512);
  }

  ByteVector bytes_;
};

}  // namespace drydock::fuzz
