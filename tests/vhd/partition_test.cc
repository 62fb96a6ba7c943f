#include <gmock/gmock.h>

#include "tests/support/corpus.h"
#include "tests/vhd/partition_support.h"

namespace drydock::partition {
namespace {

using testing::HasSubstr;

// As Windows Setup lays a disk out, in small, after number 2 was deleted.
const ByteVector& windows_disk() {
  static const ByteVector disk = sgdisk(
      "-o -U 11111111-2222-3333-4444-555555555555 "
      "-n 1:2048:6143 -t 1:ef00 -c 1:EFI -u 1:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee "
      "-n 3:6144:8191 -t 3:0c01 -n 4:8192:32000 -t 4:0700 -c 4:Größe -A 4:set:63");
  return disk;
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

TEST_F(PartitionTable, RefusesEntriesThatLieUponTheMbrOrTheHeader) {
  for (std::uint64_t lba : {0, 1}) {
    ByteVector disk = windows_disk();
    edit<GptHeader>(disk, 512, [&](GptHeader& header) { header.entries_lba = lba; });
    seal(disk, 1);
    EXPECT_THAT(table_of(disk)->other_copy_problem,
                HasSubstr("lie upon the MBR or the header"));
  }
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

TEST(BareVolume, OfEitherSizeOfSectorsHasNoTable) {
  if (!have_program("mkntfs") || !have_program("mkfs.fat")) {
    GTEST_SKIP() << "mkntfs or mkfs.fat isn't installed";
  }
  for (const char* size : {"512", "4096"}) {
    auto sector_size = static_cast<std::uint32_t>(std::stoul(size));
    ByteVector ntfs = scripted(fmt::format("mkntfs -q -F -s {}", size), "");
    EXPECT_EQ(table_of(ntfs, sector_size)->scheme, Scheme::none) << "NTFS, " << size;
    ByteVector fat = scripted(fmt::format("mkfs.fat -S {}", size), "");
    EXPECT_EQ(table_of(fat, sector_size)->scheme, Scheme::none) << "FAT, " << size;
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
