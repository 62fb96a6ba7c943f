// Input: patches to a small sound volume -- two bytes for the sector (of those
// that hold structures), two for the place in it, one for how many bytes, then
// these bytes -- and last a byte that chooses among the operations, and, from 128 on,
// FAT12 instead of FAT32.  Whatever
// the volume has become, it is checked, walked, read and written to; nothing may crash,
// hang, or reach past the device.  What was sound before is so after it.

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "ntfs/fat/check.h"
#include "ntfs/fat/format.h"
#include "ntfs/fat/volume.h"
#include "vhd/memory_device.h"

namespace drydock::fat {
namespace {

// The volume: smaller than the paper allows FAT32 to be, which no reader minds.
//
//   0 boot sector   1 FSInfo   4, 5 table   6, 7 table   8 the root's cluster 2
//   9 \EFI (3)   10 \EFI\Boot (4)   11.. \EFI\Boot\BCD (5 to 8)   15 the other (9)
//
// As FAT12 it has the root's 16 slots in sector 8, and cluster 2 in sector 9.
constexpr std::size_t kSectorSize = 512;
constexpr std::uint32_t kClusterCount = 200;
constexpr std::size_t kFirstClusterSector = 8;
constexpr std::size_t kSectorCount = kFirstClusterSector + 1 + kClusterCount;
constexpr std::array<std::size_t, 8> kStructureSectors = {0, 1, 4, 6, 7, 8, 9, 10};

// Bounds on the walk, which a few crossed directories would make exponential.
constexpr int kNameCountMax = 100;
constexpr int kDepthMax = 6;
constexpr std::uint64_t kReadSizeMax = 1 << 20;

class Maker {
 public:
  explicit Maker(Kind kind) : kind_(kind) {}

  ByteVector make() {
    put(0, boot_sector());
    InfoSector info{};
    info.lead_signature = kInfoLead;
    info.signature = kInfoSignature;
    info.trail_signature = kInfoTrail;
    info.free_count = kClusterCount - 8;
    info.next_free = 10;
    put(kSectorSize, info);
    constexpr std::uint32_t kEntries[] = {0x0FFFFFF8, kEnd, kEnd, kEnd, kEnd,
                                          6,          7,    8,    kEnd, kEnd};
    for (std::size_t i = 0; i < std::size(kEntries); ++i) {
      link(4 * kSectorSize, i, kEntries[i]);
      link(6 * kSectorSize, i, kEntries[i]);
    }
    slot(2, 0, "SYSTEM     ", kVolumeLabel, 0, 0);
    slot(2, 1, "EFI        ", attribute::directory, 3, 0);
    long_name();
    slot(2, 3, "ALONGN~1TXT", attribute::archive, 9, 100);
    slot(3, 0, ".          ", attribute::directory, 3, 0);
    slot(3, 1, "..         ", attribute::directory, 0, 0);
    slot(3, 2, "BOOT       ", attribute::directory, 4, 0);
    slot(4, 0, ".          ", attribute::directory, 4, 0);
    slot(4, 1, "..         ", attribute::directory, 3, 0);
    slot(4, 2, "BCD        ", attribute::archive, 5, 2000);
    return std::move(volume_);
  }

 private:
  BootSector boot_sector() const {
    BootSector boot{};
    boot.jump = {0xEB, 0x58, 0x90};
    boot.bytes_per_sector = kSectorSize;
    boot.sectors_per_cluster = 1;
    boot.reserved_sector_count = 4;
    boot.table_count = 2;
    boot.media = 0xF8;
    boot.sector_count = kSectorCount;
    boot.signature = kBootSignature;
    if (kind_ == Kind::fat12) {
      boot.table_sectors_16 = 2;
      boot.root_entry_count = kSectorSize / sizeof(ShortSlot);
      return boot;
    }
    boot.table_sectors = 2;
    boot.root_cluster = 2;
    boot.info_sector = 1;
    return boot;
  }

  template <OnDisk T>
  void put(std::size_t offset, const T& value) {
    if (!store(volume_, offset, value)) std::abort();
  }

  void link(std::size_t table, std::size_t cluster, std::uint32_t next) {
    if (kind_ == Kind::fat32) return put(table + cluster * 4, le32(next));
    std::size_t at = table + cluster * 3 / 2;
    std::uint32_t both = *load<le16>(volume_, at);
    both |= cluster % 2 == 0 ? next & 0xFFF : (next & 0xFFF) << 4;
    put(at, le16(static_cast<std::uint16_t>(both)));
  }

  // Cluster 2 is the root of FAT32; FAT12's is in front of it.
  std::size_t place(std::size_t cluster, std::size_t index) const {
    bool in_front = kind_ == Kind::fat12 && cluster > 2;
    return (kFirstClusterSector + cluster - 2 + (in_front ? 1 : 0)) * kSectorSize +
           index * sizeof(ShortSlot);
  }

  void slot(std::size_t cluster, std::size_t index, std::string_view name,
            std::uint8_t attributes, std::uint32_t first, std::uint32_t size) {
    ShortSlot slot{};
    std::copy(name.begin(), name.end(), slot.name.begin());
    slot.attributes = attributes;
    slot.set_cluster(first);
    slot.size = size;
    put(place(cluster, index), slot);
  }

  // "A long na.txt" in the root's third slot.
  void long_name() {
    LongSlot slot{};
    std::string name = "A long na.txt";
    ByteVector letters(26);
    for (std::size_t i = 0; i < name.size(); ++i) letters[i * 2] = std::byte(name[i]);
    std::copy_n(letters.begin(), 10, slot.name_1.begin());
    std::copy_n(letters.begin() + 10, 12, slot.name_2.begin());
    std::copy_n(letters.begin() + 22, 4, slot.name_3.begin());
    slot.ordinal = kLastLongSlot | 1;
    slot.attributes = kLongName;
    slot.checksum = 0x42;  // of ALONGN~1.TXT
    put(place(2, 2), slot);
  }

  Kind kind_;
  ByteVector volume_ = ByteVector(kSectorCount * kSectorSize);
};

// Whether anything was patched.
bool patch(MutableBytes volume, Bytes input) {
  struct Head {
    le16 sector;
    le16 place;
    std::uint8_t length;
  };
  bool patched = false;
  while (input.size() > sizeof(Head)) {
    Head head = *load<Head>(input);
    input = input.subspan(sizeof(Head));
    std::size_t sector = kStructureSectors[head.sector % kStructureSectors.size()];
    std::size_t place = head.place % kSectorSize;
    std::size_t length =
        std::min({std::size_t(head.length % 33), input.size(), kSectorSize - place});
    std::memcpy(volume.data() + sector * kSectorSize + place, input.data(), length);
    input = input.subspan(length);
    patched = true;
  }
  return patched;
}

// A request past the device's end is refused by the device, but never made.
template <class T>
bool worked(const Result<T>& result) {
  if (result) return true;
  if (result.error().words().find("past the end at") != std::string::npos) std::abort();
  return false;
}

struct Walk {
  const FileSystem& volume;
  int left = kNameCountMax;

  void visit(const std::string& folder, int depth) {
    auto directory = volume.find(folder);
    if (!worked(directory)) return;
    std::vector<std::string> names;
    Done listed = volume.list(*directory, [&](const Entry& entry) {
      if (entry.name.find_first_of("/\\") != std::string::npos) std::abort();
      names.push_back(entry.name);
      return --left > 0;
    });
    if (!worked(listed)) return;
    for (const std::string& name : names) {
      std::string path = folder + "\\" + name;
      auto file = volume.find(path);
      if (!worked(file)) continue;
      if (!file->is_directory()) {
        worked(read_file(*file, kReadSizeMax));
      } else if (depth < kDepthMax && left > 0) {
        visit(path, depth + 1);
      }
    }
  }
};

void check(const BlockDevice& device, bool sound) {
  auto found = check_fat(device);
  if (sound && (!found || found->error_count != 0)) std::abort();
  worked(found);
}

void write_to(const File& file, unsigned choice) {
  auto data = file.data();
  if (!worked(data)) return;
  worked((*data)->resize(choice * 91));
  if ((*data)->size() > 0) worked((*data)->write((*data)->size() / 2, bytes_of("y")));
}

void operate(FileSystem& volume, unsigned choice, bool sound) {
  static const std::string kNames[] = {"\\EFI\\Boot\\BCD", "\\A long na.txt",
                                       "\\EFI\\New directory", "\\NEW",
                                       "\\EFI\\Boot\\a new long name"};
  const std::string& name = kNames[choice % 5];
  const std::string& other = kNames[choice / 5 % 5];
  std::string content(choice * 37, 'x');
  auto file = volume.put(name, bytes_of(content));
  if (sound && !file) std::abort();
  if (worked(file)) {
    auto written = read_file(*file, kReadSizeMax);
    if (sound && (!written || as_text(*written) != content)) std::abort();
    write_to(*file, choice);
  }
  worked(volume.create_directory(other));
  worked(volume.rename(name, other));
  worked(volume.rename("\\EFI\\Boot", "\\EFI\\Boot moved"));
  worked(volume.remove(choice % 2 == 0 ? other : name));
  worked(volume.facts());
  worked(volume.flush());
}

}  // namespace
}  // namespace drydock::fat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  if (size == 0) return 0;
  static const ByteVector kWide = fat::Maker(fat::Kind::fat32).make();
  static const ByteVector kNarrow = fat::Maker(fat::Kind::fat12).make();
  ByteVector bytes = data[size - 1] < 128 ? kWide : kNarrow;
  bool sound = !fat::patch(bytes, std::as_bytes(std::span(data, size - 1)));
  auto device = std::make_shared<MemoryDevice>(std::move(bytes));
  fat::check(*device, sound);
  auto volume =
      fat::open(device, {.writable = true, .clock = [] { return FileTime(); }});
  if (sound && !volume) std::abort();
  if (!fat::worked(volume)) return 0;
  fat::Walk{**volume}.visit("", 0);
  fat::operate(**volume, data[size - 1], sound);
  fat::Walk{**volume}.visit("", 0);
  fat::check(*device, sound);
  return 0;
}
