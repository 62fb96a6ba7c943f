#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/crc.h"
#include "vhd/memory_device.h"
#include "vhd/partition/format.h"
#include "vhd/partition/table.h"

namespace drydock::partition {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kDiskSize = 16 << 20;
constexpr std::uint64_t kLastLba = kDiskSize / 512 - 1;

ByteVector bytes_of_file(const std::filesystem::path& path) {
  ByteVector bytes(std::filesystem::file_size(path));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// A disk with the table that sgdisk makes when told `words`.
ByteVector sgdisk(const std::string& words) {
  TempFolder folder;
  std::filesystem::path path = folder / "disk.raw";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, kDiskSize);
  std::istringstream stream(words);
  std::vector<std::string> command{"sgdisk"};
  for (std::string word; stream >> word;) command.push_back(word);
  command.push_back(path.string());
  RunResult result = run(command);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return bytes_of_file(path);
}

// As Windows Setup lays a disk out, in small, after number 2 was deleted.
const ByteVector& windows_disk() {
  static const ByteVector disk = sgdisk(
      "-o -U 11111111-2222-3333-4444-555555555555 "
      "-n 1:2048:6143 -t 1:ef00 -c 1:EFI -u 1:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee "
      "-n 3:6144:8191 -t 3:0c01 -n 4:8192:32000 -t 4:0700 -c 4:Größe -A 4:set:63");
  return disk;
}

// Copies a struct out, lets `change` at it, and copies it back.
template <class T>
void edit(ByteVector& disk, std::uint64_t offset,
          const std::function<void(T&)>& change) {
  T value = *load<T>(disk, offset);
  change(value);
  ASSERT_TRUE(store(disk, offset, value));
}

// Puts both checksums of the GPT header at `lba` right.
void seal(ByteVector& disk, std::uint64_t lba) {
  edit<GptHeader>(disk, lba * 512, [&](GptHeader& header) {
    std::uint64_t size = std::uint64_t(header.entry_count) * header.entry_size;
    if (header.entries_lba * 512 + size <= disk.size()) {
      header.entries_crc = crc32(Bytes(disk).subspan(header.entries_lba * 512, size));
    }
    header.header_crc = 0;
    header.header_crc = crc32(bytes_of(header));
  });
}

// Changes the header in both copies, so that neither is any better.
void edit_headers(ByteVector& disk, const std::function<void(GptHeader&)>& change) {
  for (std::uint64_t lba : {std::uint64_t(1), kLastLba}) {
    edit<GptHeader>(disk, lba * 512, change);
    seal(disk, lba);
  }
}

void edit_entries(ByteVector& disk, unsigned index,
                  const std::function<void(GptEntry&)>& change) {
  for (std::uint64_t lba : {std::uint64_t(1), kLastLba}) {
    std::uint64_t entries = load<GptHeader>(disk, lba * 512)->entries_lba;
    edit<GptEntry>(disk, entries * 512 + index * 128, change);
    seal(disk, lba);
  }
}

Result<Table> table_of(ByteVector disk) {
  return read_table(MemoryDevice(std::move(disk)));
}

std::string refusal(ByteVector disk) {
  Result<Table> table = table_of(std::move(disk));
  if (table) return "it was read";
  return fmt::format("{}: {}", to_string(table.error().code()), table.error().words());
}

class PartitionTable : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("sgdisk")) GTEST_SKIP() << "sgdisk isn't installed";
  }
};

TEST_F(PartitionTable, SaysWhatSgdiskWasTold) {
  auto table = table_of(windows_disk());
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::gpt);
  EXPECT_EQ(to_string(table->disk_id), "{11111111-2222-3333-4444-555555555555}");
  EXPECT_EQ(table->believed, Copy::primary);
  EXPECT_EQ(table->other_copy_problem, "");
  EXPECT_EQ(table->mbr_problem, "");
  ASSERT_EQ(table->partitions.size(), 3u);
  const Partition& esp = table->partitions[0];
  EXPECT_EQ(esp.number, 1u);
  EXPECT_EQ(type_name(esp.type), "esp");
  EXPECT_EQ(to_string(esp.id), "{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}");
  EXPECT_EQ(esp.offset, 2048u * 512);
  EXPECT_EQ(esp.size, 4096u * 512);
  EXPECT_EQ(esp.name, "EFI");
}

TEST_F(PartitionTable, CountsEmptySlots) {
  auto table = table_of(windows_disk());
  ASSERT_TRUE(table);
  EXPECT_EQ(table->partitions[1].number, 3u);
  EXPECT_EQ(type_name(table->partitions[1].type), "msr");
  EXPECT_EQ(table->partitions[2].number, 4u);
  EXPECT_EQ(table->partitions[2].name, "Größe");
  EXPECT_EQ(table->partitions[2].attributes, 1ull << 63);
}

TEST_F(PartitionTable, IsReadFromTheBackupWhenThePrimaryIsDamaged) {
  ByteVector disk = windows_disk();
  disk[512 + 0x38] ^= std::byte{1};
  auto table = table_of(disk);
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->believed, Copy::backup);
  EXPECT_EQ(table->partitions.size(), 3u);
  EXPECT_THAT(table->other_copy_problem, HasSubstr("primary header: checksum 0x"));
}

TEST_F(PartitionTable, IsReadFromTheBackupWhenThePrimaryIsWipedWithTheMbr) {
  ByteVector disk = windows_disk();
  std::fill_n(disk.begin(), 34 * 512, std::byte{});
  auto table = table_of(disk);
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->believed, Copy::backup);
  EXPECT_EQ(table->other_copy_problem,
            "primary header: LBA 1 doesn't start with \"EFI PART\"");
  EXPECT_EQ(table->mbr_problem, "there is no protective MBR in LBA 0");
}

TEST_F(PartitionTable, SaysWhatIsWrongWithTheBackup) {
  ByteVector header = windows_disk();
  header[kLastLba * 512] ^= std::byte{1};
  EXPECT_THAT(table_of(header)->other_copy_problem,
              HasSubstr("backup header: LBA 32767 doesn't start"));
  ByteVector entries = windows_disk();
  entries[(kLastLba - 32) * 512 + 40] ^= std::byte{1};
  EXPECT_THAT(table_of(entries)->other_copy_problem,
              HasSubstr("backup entries: checksum"));
}

TEST_F(PartitionTable, SaysWhenTwoSoundCopiesDiffer) {
  ByteVector disk = windows_disk();
  disk[(kLastLba - 32) * 512 + 0x38] = std::byte{'X'};
  seal(disk, kLastLba);
  auto table = table_of(disk);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->believed, Copy::primary);
  EXPECT_THAT(table->other_copy_problem, HasSubstr("backup entries: differ"));
  EXPECT_EQ(table->partitions[0].name, "EFI");
}

TEST_F(PartitionTable, FindsTheBackupWhereTheDiskEndedBeforeItGrew) {
  ByteVector disk = windows_disk();
  disk.resize(2 * kDiskSize);
  EXPECT_EQ(table_of(disk)->other_copy_problem, "");
  disk[512 + 0x10] ^= std::byte{1};
  auto table = table_of(disk);
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->believed, Copy::backup);
}

TEST_F(PartitionTable, DoesNotTakeThePrimaryForItsOwnBackup) {
  ByteVector disk = windows_disk();
  edit<GptHeader>(disk, 512, [](GptHeader& h) { h.alternate_lba = 1; });
  seal(disk, 1);
  EXPECT_EQ(table_of(disk)->other_copy_problem,
            "backup header: differs: place 32767 against 1");
}

TEST_F(PartitionTable, RefusesADiskWithNoSoundCopyAndSaysWhyOfBoth) {
  ByteVector disk = windows_disk();
  disk[512 + 0x38] ^= std::byte{1};
  disk[kLastLba * 512 + 0x38] ^= std::byte{1};
  std::string words = refusal(disk);
  EXPECT_THAT(words, HasSubstr("corrupt: neither copy of the GPT can be believed"));
  EXPECT_THAT(words, HasSubstr("primary header: checksum"));
  EXPECT_THAT(words, HasSubstr("backup header: checksum"));
}

TEST_F(PartitionTable, RefusesPartitionsThatOverlap) {
  ByteVector disk = windows_disk();
  edit_entries(disk, 2, [](GptEntry& entry) { entry.first_lba = 6000; });
  EXPECT_THAT(refusal(disk), HasSubstr("partition 1: it overlaps partition 3"));
}

TEST_F(PartitionTable, RefusesPartitionsOutsideTheUsablePart) {
  ByteVector disk = windows_disk();
  edit_entries(disk, 3, [](GptEntry& entry) { entry.last_lba = kLastLba; });
  EXPECT_THAT(refusal(disk), HasSubstr("partition 4: LBA 8192 to 32767 isn't within"));
  edit_entries(disk, 3, [](GptEntry& entry) { entry.last_lba = 8191; });
  EXPECT_THAT(refusal(disk), HasSubstr("partition 4: its first LBA 8192 is after"));
  edit_entries(disk, 3, [](GptEntry& entry) { entry.last_lba = ~0ull; });
  EXPECT_THAT(refusal(disk), HasSubstr("isn't within"));
}

TEST_F(PartitionTable, RefusesHeadersThatReachPastTheDisk) {
  ByteVector disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.last_usable_lba = kLastLba + 1; });
  EXPECT_THAT(refusal(disk), HasSubstr("the last usable LBA 32768 is past"));
  disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.entries_lba = kLastLba - 4; });
  EXPECT_THAT(refusal(disk), HasSubstr("32 sectors of entries at LBA 32763 run past"));
  disk = windows_disk();
  disk.resize(disk.size() / 2);
  EXPECT_THAT(refusal(disk), HasSubstr("the last usable LBA 32734 is past"));
}

TEST_F(PartitionTable, RefusesHeadersThatTurnOnThemselves) {
  ByteVector disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.first_usable_lba = 1; });
  EXPECT_THAT(table_of(disk)->other_copy_problem,
              HasSubstr("primary header: LBA 1 lies in the usable part"));
  disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.entries_lba = 5000; });
  EXPECT_THAT(refusal(disk), HasSubstr("the entries at LBA 5000 lie in the usable"));
  disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.first_usable_lba = h.last_usable_lba + 1; });
  EXPECT_THAT(refusal(disk), HasSubstr("is after the last"));
}

TEST_F(PartitionTable, RefusesUnboundedEntries) {
  ByteVector disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.entry_count = 0xFFFFFFFF; });
  EXPECT_THAT(refusal(disk), HasSubstr("an entry count of 4294967295 isn't within"));
  disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.entry_size = 0; });
  EXPECT_THAT(refusal(disk), HasSubstr("an entry size of 0 isn't"));
  disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.entry_size = 192; });
  EXPECT_THAT(refusal(disk), HasSubstr("an entry size of 192 isn't"));
}

TEST_F(PartitionTable, RefusesAHeaderThatWasCopiedFromElsewhere) {
  ByteVector disk = windows_disk();
  edit_headers(disk, [](GptHeader& h) { h.my_lba = 7; });
  EXPECT_THAT(refusal(disk), HasSubstr("it says that it is at LBA 7, and is at 1"));
}

TEST_F(PartitionTable, SaysWhenTheMbrDoesNotGuardTheGpt) {
  ByteVector disk = windows_disk();
  edit<Mbr>(disk, 0, [](Mbr& mbr) { mbr.entries[0].type = 0; });
  EXPECT_THAT(table_of(disk)->mbr_problem, HasSubstr("no protective partition"));
  disk = windows_disk();
  edit<Mbr>(disk, 0, [](Mbr& mbr) {
    mbr.entries[1].type = 7;
    mbr.entries[1].first_lba = 8192;
  });
  EXPECT_THAT(table_of(disk)->mbr_problem, HasSubstr("names other partitions too"));
}

// A disk with the table that sfdisk makes when told `script`.
ByteVector sfdisk(const std::string& script) {
  TempFolder folder;
  std::filesystem::path path = folder / "disk.raw";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, kDiskSize);
  std::ofstream(folder / "script") << script;
  RunResult result = run({"sh", "-c",
                          fmt::format("/sbin/sfdisk -q {} < {}", path.string(),
                                      (folder / "script").string())});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return bytes_of_file(path);
}

// As the setup of a BIOS machine lays a disk out, in small, with logical ones.
ByteVector bios_disk() {
  return sfdisk(
      "label: dos\nlabel-id: 0x1a2b3c4d\nunit: sectors\n"
      "1 : start=2048, size=1024, type=7, bootable\n"
      "2 : start=4096, size=8192, type=7\n"
      "3 : start=14336, size=16384, type=f\n"
      "4 : start=31000, size=1000, type=27\n"
      "5 : start=16384, size=1000, type=c\n"
      "6 : start=20480, size=2000, type=83\n"
      "7 : start=24576, size=2000, type=7\n");
}

bool have_sfdisk() { return std::filesystem::exists("/sbin/sfdisk"); }

TEST_F(PartitionTable, OfAnMbrDiskHasItsPrimaryAndItsLogicalPartitions) {
  if (!have_sfdisk()) GTEST_SKIP() << "sfdisk isn't installed";
  auto table = table_of(bios_disk());
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr);
  EXPECT_EQ(table->mbr_signature, 0x1a2b3c4du);
  struct Expected {
    std::uint32_t number;
    std::uint64_t start;
    std::uint64_t count;
    std::uint8_t type;
    bool active;
    Guid meaning;
  };
  const Expected expected[] = {{1, 2048, 1024, 0x07, true, type::basic},
                               {2, 4096, 8192, 0x07, false, type::basic},
                               {4, 31000, 1000, 0x27, false, type::recovery},
                               {5, 16384, 1000, 0x0c, false, type::basic},
                               {6, 20480, 2000, 0x83, false, Guid{}},
                               {7, 24576, 2000, 0x07, false, type::basic}};
  ASSERT_EQ(table->partitions.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const Partition& found = table->partitions[i];
    EXPECT_EQ(found.number, expected[i].number);
    EXPECT_EQ(found.offset, expected[i].start * 512) << found.number;
    EXPECT_EQ(found.size, expected[i].count * 512) << found.number;
    EXPECT_EQ(found.mbr_type, expected[i].type) << found.number;
    EXPECT_EQ(found.active, expected[i].active) << found.number;
    EXPECT_EQ(found.type, expected[i].meaning) << found.number;
  }
}

TEST_F(PartitionTable, OfAnMbrDiskIsRefusedWhereItCannotBeBelieved) {
  if (!have_sfdisk()) GTEST_SKIP() << "sfdisk isn't installed";
  const ByteVector sound = bios_disk();
  auto refused_after = [&](std::uint64_t at, const std::function<void(Mbr&)>& change) {
    ByteVector disk = sound;
    edit<Mbr>(disk, at * 512, change);
    return refusal(disk);
  };
  EXPECT_THAT(refused_after(0, [](Mbr& mbr) { mbr.entries[1].first_lba = 2500; }),
              HasSubstr("it overlaps partition 1"));
  EXPECT_THAT(refused_after(0, [](Mbr& mbr) { mbr.entries[1].sector_count = 900000; }),
              HasSubstr("aren't on a disk of 32768"));
  EXPECT_THAT(refused_after(0, [](Mbr& mbr) { mbr.entries[1].type = 0x05; }),
              HasSubstr("two extended partitions"));
  EXPECT_THAT(refused_after(14336, [](Mbr& mbr) { mbr.signature = 0; }),
              HasSubstr("it doesn't end in 0xaa55"));
  EXPECT_THAT(refused_after(14336, [](Mbr& mbr) { mbr.entries[0].first_lba = 20000; }),
              HasSubstr("outside of the extended partition"));
  EXPECT_THAT(refused_after(14336, [](Mbr& mbr) { mbr.entries[1].first_lba = 20000; }),
              HasSubstr("outside of the extended partition"));
}

TEST_F(PartitionTable, OfAnMbrDiskEndsWhereItsLogicalPartitionsGoInCircles) {
  if (!have_sfdisk()) GTEST_SKIP() << "sfdisk isn't installed";
  ByteVector disk = bios_disk();
  // The second table's next is itself, and what it holds is nothing.
  std::uint64_t second = 14336 + load<Mbr>(disk, 14336 * 512)->entries[1].first_lba;
  edit<Mbr>(disk, second * 512, [&](Mbr& mbr) {
    mbr.entries[0] = MbrEntry{};
    mbr.entries[1] = load<Mbr>(disk, 14336 * 512)->entries[1];
  });
  EXPECT_THAT(refusal(disk), HasSubstr("doesn't end"));
}

TEST_F(PartitionTable, WithStaleGptCopiesAroundMbrPartitionsIsTheMbrOne) {
  ByteVector disk = windows_disk();
  edit<Mbr>(disk, 0, [](Mbr& mbr) { mbr.entries[0].type = 7; });
  auto table = table_of(disk);
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr);
}

TEST_F(PartitionTable, OfABareVolumeIsNone) {
  for (const char* bits : {"12", "16", "32"}) {
    if (!have_program("mkfs.fat")) GTEST_SKIP() << "mkfs.fat isn't installed";
    TempFolder folder;
    std::string path = (folder / "volume.raw").string();
    std::ofstream(path).close();
    std::filesystem::resize_file(path, std::string(bits) == "12" ? 1 << 20 : 64 << 20);
    ASSERT_EQ(run({"mkfs.fat", "-F", bits, path}).exit_code, 0);
    auto table = table_of(bytes_of_file(path));
    ASSERT_TRUE(table) << table.error().describe();
    EXPECT_EQ(table->scheme, Scheme::none) << "FAT" << bits;
    EXPECT_TRUE(table->partitions.empty());
  }
}

TEST_F(PartitionTable, OfABareVolumeOverAnOldGptDiskIsNone) {
  ByteVector disk = windows_disk();
  std::fill_n(disk.begin(), 4096, std::byte{});
  std::memcpy(disk.data(), "\xEB\x52\x90NTFS    ", 11);
  ASSERT_TRUE(store(disk, 510, le16(kBootSignature)));
  EXPECT_EQ(table_of(disk)->scheme, Scheme::none);
}

TEST(EmptyDisk, HasNoTable) {
  EXPECT_EQ(table_of(ByteVector(1 << 20))->scheme, Scheme::none);
  EXPECT_EQ(table_of(ByteVector(100))->scheme, Scheme::none);
  EXPECT_EQ(table_of({})->scheme, Scheme::none);
}

TEST(Gpt4096, IsReadWhateverTheDeviceSaysOfItsSectors) {
  if (!have_program("fdisk")) GTEST_SKIP() << "fdisk isn't installed";
  TempFolder folder;
  std::string path = (folder / "disk.raw").string();
  std::ofstream(path).close();
  std::filesystem::resize_file(path, 64 << 20);
  run({"sh", "-c",
       R"(printf 'g\nn\n1\n256\n2303\nt\n1\nw\n' | /sbin/fdisk -b 4096 )" + path});
  for (std::uint32_t sector_size : {512u, 4096u}) {
    auto table = read_table(MemoryDevice(bytes_of_file(path), sector_size));
    ASSERT_TRUE(table) << table.error().describe();
    EXPECT_EQ(table->other_copy_problem, "");
    ASSERT_EQ(table->partitions.size(), 1u);
    EXPECT_EQ(table->partitions[0].offset, 256u * 4096);
    EXPECT_EQ(table->partitions[0].size, 2048u * 4096);
    EXPECT_EQ(type_name(table->partitions[0].type), "esp");
  }
}

ByteVector unpacked(const std::filesystem::path& path) {
  std::string text = run({"gzip", "-dc", path.string()}).out;
  return ByteVector(bytes_of(text).begin(), bytes_of(text).end());
}

TEST(Corpus, GptWithThreePartitionsIsRead) {
  DRYDOCK_CORPUS_FILE(path, "ntfs/dfir_ntfs/gpt-512-3p.raw.gz");
  auto table = table_of(unpacked(path));
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(to_string(table->disk_id), "{4a57f82f-3b54-45b7-9135-c1d4a9addf69}");
  ASSERT_EQ(table->partitions.size(), 3u);
  EXPECT_EQ(table->partitions[2].offset, 129u * 512);
  EXPECT_EQ(table->partitions[2].size, 1886u * 512);
  EXPECT_EQ(type_name(table->partitions[2].type), "esp");
  EXPECT_EQ(table->other_copy_problem, "");
}

TEST(Corpus, GptWithoutPartitionsIsRead) {
  DRYDOCK_CORPUS_FILE(path, "ntfs/dfir_ntfs/gpt-512-0p.raw.gz");
  auto table = table_of(unpacked(path));
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::gpt);
  EXPECT_TRUE(table->partitions.empty());
}

TEST(Corpus, MbrDisksAreRefusedByName) {
  for (const char* name : {"mbr-512-p0.bin", "mbr-512-p1.bin", "mbr-512-p4.bin"}) {
    DRYDOCK_CORPUS_FILE(path, std::string("ntfs/dfir_ntfs/") + name);
    EXPECT_THAT(refusal(bytes_of_file(path)), HasSubstr("an MBR partition table"))
        << name;
  }
  DRYDOCK_CORPUS_FILE(path, "ntfs/dfir_ntfs/mbr-512-p1e2.bin.gz");
  EXPECT_THAT(refusal(unpacked(path)), HasSubstr("an MBR partition table"));
}

TEST(Corpus, NtfsBootSectorsAreBareVolumes) {
  for (const char* name : {"512.boot", "4k.boot", "4kn.boot", "nobootcode.boot"}) {
    DRYDOCK_CORPUS_FILE(path, std::string("ntfs/dfir_ntfs/") + name);
    auto table = table_of(bytes_of_file(path));
    ASSERT_TRUE(table) << name << ": " << table.error().describe();
    EXPECT_EQ(table->scheme, Scheme::none) << name;
  }
}

}  // namespace
}  // namespace drydock::partition
