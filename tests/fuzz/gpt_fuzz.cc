// Input: one byte of choices, the MBR's entries, both GPT headers, and entries
// that both copies share, laid out on a small disk.  The checksums are put
// right where the choices say so, so that what lies behind them is reached.
// Or, after the choices: the entries of the MBR, then, for each of the tables of
// a chain of logical partitions, the sector that it is in and its entries.
//
// Whatever mends a table, and refuses to, leaves it with the same partitions.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>

#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/memory_device.h"
#include "vhd/partition/format.h"
#include "vhd/partition/table.h"
#include "vhd/partition/table_writer.h"

namespace drydock::partition {
namespace {

constexpr std::uint32_t kSectorCount = 64;
constexpr std::uint8_t kSeal = 1;
constexpr std::uint8_t kLargeSectors = 2;
constexpr std::uint8_t kRaw = 4;    // the rest is the disk as it stands
constexpr std::uint8_t kChain = 8;  // an MBR and tables like it

constexpr std::size_t kEntriesOffset = offsetof(Mbr, entries);
constexpr std::size_t kEntriesSize = sizeof(Mbr) - kEntriesOffset;  // and the signature

// Takes the next `size` bytes of the input and lays them at `offset`.
void lay(Bytes& input, std::size_t size, MutableBytes disk, std::size_t offset) {
  size = std::min({size, input.size(), disk.size() - offset});
  std::memcpy(disk.data() + offset, input.data(), size);
  input = input.subspan(size);
}

void seal(MutableBytes disk, std::size_t offset, std::uint32_t sector_size) {
  GptHeader header = *load<GptHeader>(disk, offset);
  std::uint64_t size = std::uint64_t(header.entry_count) * header.entry_size;
  auto entries = checked::mul(header.entries_lba, sector_size);
  if (entries && checked::within(*entries, size, disk.size())) {
    header.entries_crc = crc32(disk.subspan(*entries, size));
  }
  header.header_crc = 0;
  if (!store(disk, offset, header)) std::abort();
  if (header.header_size > sector_size) return;
  header.header_crc = crc32(disk.subspan(offset, header.header_size));
  if (!store(disk, offset, header)) std::abort();
}

void lay_gpt(Bytes input, MutableBytes disk, std::uint32_t sector_size, bool sealed) {
  std::size_t last = disk.size() - sector_size;
  lay(input, kEntriesSize, disk, kEntriesOffset);
  lay(input, sizeof(GptHeader), disk, sector_size);
  lay(input, sizeof(GptHeader), disk, last);
  std::memcpy(disk.data() + 2 * sector_size, input.data(),
              std::min<std::size_t>(input.size(), sector_size));
  lay(input, sector_size, disk, last - sector_size);
  if (!sealed) return;
  seal(disk, sector_size, sector_size);
  seal(disk, last, sector_size);
}

void lay_chain(Bytes input, MutableBytes disk, std::uint32_t sector_size) {
  lay(input, kEntriesSize, disk, kEntriesOffset);
  while (!input.empty()) {
    std::size_t sector = std::to_integer<std::size_t>(input[0]) % kSectorCount;
    input = input.subspan(1);
    lay(input, kEntriesSize, disk, sector * sector_size + kEntriesOffset);
  }
}

void check(const Table& table, std::uint64_t size) {
  for (const Partition& a : table.partitions) {
    if (a.size == 0 || !checked::within(a.offset, a.size, size)) std::abort();
    for (const Partition& b : table.partitions) {
      if (&a == &b) continue;
      if (a.number == b.number) std::abort();
      if (checked::overlap(a.offset, a.size, b.offset, b.size)) std::abort();
    }
  }
}

bool same(const Table& a, const Table& b) {
  return std::ranges::equal(a.partitions, b.partitions,
                            [](const Partition& x, const Partition& y) {
                              return x.number == y.number && x.offset == y.offset &&
                                     x.size == y.size && x.type == y.type;
                            });
}

void mend(const ByteVector& disk, std::uint32_t sector_size, const Table& table) {
  using Change = std::function<Done(BlockDevice&)>;
  auto demand_same_after = [&](const Change& change, bool makes_twins) {
    MemoryDevice device(disk, sector_size);
    bool done = static_cast<bool>(change(device));
    auto after = read_table(device);
    if (!after || !same(*after, table)) std::abort();
    if (done && makes_twins && !after->other_copy_problem.empty()) std::abort();
  };
  demand_same_after(restore_gpt, true);
  demand_same_after(write_protective_mbr, false);
  demand_same_after([](BlockDevice& device) { return set_active(device, 1); }, false);
  auto least = least_size(MemoryDevice(disk, sector_size));
  if (!least) std::abort();
  demand_same_after(
      [&](BlockDevice& device) { return move_backup_gpt(device, *least); }, true);
}

}  // namespace
}  // namespace drydock::partition

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::partition;
  if (size == 0) return 0;
  Bytes input = std::as_bytes(std::span(data + 1, size - 1));
  std::uint32_t sector_size = (data[0] & kLargeSectors) != 0 ? 4096 : 512;
  ByteVector disk;
  if ((data[0] & kRaw) != 0) {
    disk.assign(input.begin(), input.end());
  } else {
    disk.resize(kSectorCount * sector_size);
    if ((data[0] & kChain) != 0) {
      lay_chain(input, disk, sector_size);
    } else {
      lay_gpt(input, disk, sector_size, (data[0] & kSeal) != 0);
    }
  }
  auto table = read_table(MemoryDevice(disk, sector_size));
  if (!table) return 0;
  check(*table, disk.size());
  mend(disk, sector_size, *table);
  return 0;
}
