#include <algorithm>

#include "tests/fuzz/seeds.h"
#include "vhd/partition/format.h"
#include "vhd/partition/table.h"

namespace drydock::fuzz {
namespace {

using namespace partition;

// As gpt_fuzz.cc takes it apart: a disk of 64 sectors with four slots, of which
// the third is empty.
ByteVector make_disk(std::uint8_t choices) {
  ByteVector bytes{static_cast<std::byte>(choices)};
  auto append = [&](Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  Mbr mbr{};
  mbr.entries[0].type = kProtectiveType;
  mbr.entries[0].first_lba = 1;
  mbr.entries[0].sector_count = 63;
  mbr.signature = kBootSignature;
  append(bytes_of(mbr).subspan(446));
  GptHeader header{};
  std::ranges::copy(kGptSignature, header.signature.begin());
  header.revision = 0x10000;
  header.header_size = sizeof(GptHeader);
  header.my_lba = 1;
  header.alternate_lba = 63;
  header.first_usable_lba = 3;
  header.last_usable_lba = 61;
  header.disk_id = "11111111-2222-3333-4444-555555555555"_guid;
  header.entries_lba = 2;
  header.entry_count = 4;
  header.entry_size = sizeof(GptEntry);
  append(bytes_of(header));
  header.my_lba = 63;
  header.alternate_lba = 1;
  header.entries_lba = 62;
  append(bytes_of(header));
  for (std::uint64_t i : {0, 1, 2, 3}) {
    GptEntry entry{};
    if (i != 2) {
      entry.type = i == 0 ? type::esp : type::basic;
      entry.id = header.disk_id;
      entry.first_lba = 3 + i * 10;
      entry.last_lba = 12 + i * 10;
      entry.name[0] = std::byte{'A'};
    }
    append(bytes_of(entry));
  }
  return bytes;
}

MbrEntry entry_of(std::uint8_t type, std::uint32_t first, std::uint32_t count) {
  MbrEntry entry{};
  entry.type = type;
  entry.first_lba = first;
  entry.sector_count = count;
  return entry;
}

// An MBR with a primary partition and an extended one of two logical ones.
ByteVector make_chain(std::uint8_t choices) {
  ByteVector bytes{static_cast<std::byte>(choices)};
  auto append = [&](const MbrEntry& first, const MbrEntry& second) {
    Mbr table{};
    table.entries[0] = first;
    table.entries[1] = second;
    table.signature = kBootSignature;
    Bytes tail = bytes_of(table).subspan(446);
    bytes.insert(bytes.end(), tail.begin(), tail.end());
  };
  append(entry_of(0x07, 1, 9), entry_of(0x0f, 10, 40));
  bytes.push_back(std::byte{10});
  append(entry_of(0x07, 1, 9), entry_of(0x05, 10, 12));
  bytes.push_back(std::byte{20});
  append(entry_of(0x0c, 2, 10), MbrEntry{});
  return bytes;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector raw(1024);
  raw[0] = std::byte{4};
  raw[511] = std::byte{0x55};
  raw[512] = std::byte{0xAA};
  return {make_disk(1), make_disk(3), make_disk(0), raw, make_chain(8), make_chain(10)};
}

}  // namespace drydock::fuzz
