// Disks with MBR partition tables, made by sfdisk, fdisk, Windows and others, and
// held against what sfdisk and sleuthkit's mmls see in them.

#include <gmock/gmock.h>

#include <charconv>
#include <tuple>

#include "tests/support/corpus.h"
#include "tests/vhd/partition_support.h"
#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock::partition {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kExtendedAt = 14336;

// As the setup of a BIOS machine lays a disk out, in small, with logical ones.
const ByteVector& bios_disk() {
  static const ByteVector disk = sfdisk(
      "label: dos\nlabel-id: 0x1a2b3c4d\nunit: sectors\n"
      "1 : start=2048, size=1024, type=7, bootable\n"
      "2 : start=4096, size=8192, type=7\n"
      "3 : start=14336, size=16384, type=f\n"
      "4 : start=31000, size=1000, type=27\n"
      "5 : start=16384, size=1000, type=c\n"
      "6 : start=20480, size=2000, type=83\n"
      "7 : start=24576, size=2000, type=7\n");
  return disk;
}

// What can be compared: number, first sector, sectors, type, active.
using Row = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, unsigned, bool>;

std::vector<Row> rows_of(const Table& table, std::uint32_t sector_size = 512) {
  std::vector<Row> rows;
  for (const Partition& p : table.partitions) {
    rows.emplace_back(p.number, p.offset / sector_size, p.size / sector_size,
                      p.mbr_type.value_or(0), p.active);
  }
  return rows;
}

std::uint64_t number_after(const std::string& line, const std::string& word, int base) {
  std::size_t at = line.find(word);
  if (at == std::string::npos) return 0;
  at = line.find_first_not_of(' ', at + word.size());
  std::uint64_t number = 0;
  std::from_chars(line.data() + at, line.data() + line.size(), number, base);
  return number;
}

// sfdisk's own words for a table, without the extended partition itself.
std::vector<Row> rows_of_sfdisk(const std::string& path) {
  RunResult result = run({"sfdisk", "--dump", path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::vector<Row> rows;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(path)) continue;
    auto type = static_cast<unsigned>(number_after(line, "type=", 16));
    if (type == 0x05 || type == 0x0f) continue;
    rows.emplace_back(number_after(line, path, 10), number_after(line, "start=", 10),
                      number_after(line, "size=", 10), type,
                      line.find("bootable") != std::string::npos);
  }
  std::ranges::sort(rows);
  return rows;
}

using Span = std::pair<std::uint64_t, std::uint64_t>;  // first sector, sectors

// What mmls calls a partition, in the disk's order: it has a slot, and isn't "Meta".
std::vector<Span> spans_of_mmls(const std::string& path, unsigned sector_size = 512) {
  RunResult result =
      run({"mmls", "-t", "dos", "-b", std::to_string(sector_size), path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::vector<Span> spans;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string index, slot;
    std::uint64_t first, last, count;
    if (!(words >> index >> slot >> first >> last >> count)) continue;
    if (slot.find(':') != std::string::npos) spans.emplace_back(first, count);
  }
  std::ranges::sort(spans);
  return spans;
}

std::vector<Span> spans_of(const Table& table, std::uint32_t sector_size = 512) {
  std::vector<Span> spans;
  for (const Partition& p : table.partitions) {
    spans.emplace_back(p.offset / sector_size, p.size / sector_size);
  }
  std::ranges::sort(spans);
  return spans;
}

class MbrTable : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("sfdisk")) GTEST_SKIP() << "sfdisk isn't installed";
  }
  // bios_disk() after `change` was at the table in sector `lba`.
  static ByteVector changed(std::uint64_t lba,
                            const std::function<void(Mbr&)>& change) {
    ByteVector disk = bios_disk();
    edit<Mbr>(disk, lba * 512, change);
    return disk;
  }
  static std::string refused(std::uint64_t lba,
                             const std::function<void(Mbr&)>& change) {
    return refusal(changed(lba, change));
  }
};

TEST_F(MbrTable, HasItsPrimaryAndItsLogicalPartitions) {
  auto table = table_of(bios_disk());
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr);
  EXPECT_EQ(table->mbr_signature, 0x1a2b3c4du);
  EXPECT_THAT(
      rows_of(*table),
      ElementsAre(Row{1, 2048, 1024, 0x07, true}, Row{2, 4096, 8192, 0x07, false},
                  Row{4, 31000, 1000, 0x27, false}, Row{5, 16384, 1000, 0x0c, false},
                  Row{6, 20480, 2000, 0x83, false}, Row{7, 24576, 2000, 0x07, false}));
}

TEST_F(MbrTable, SaysWhatTheTypesMean) {
  auto table = table_of(bios_disk());
  ASSERT_TRUE(table);
  std::vector<std::string_view> names;
  for (const Partition& p : table->partitions) names.push_back(type_name(p.type));
  EXPECT_THAT(names,
              ElementsAre("basic", "basic", "recovery", "basic", "other", "basic"));
}

TEST_F(MbrTable, IsRefusedWhereAPartitionCannotBe) {
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[1].first_lba = 2500; }),
              HasSubstr("it overlaps partition 1"));
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[1].sector_count = 900000; }),
              HasSubstr("aren't on a disk of 32768"));
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[1].sector_count = 0; }),
              HasSubstr("0 sectors from 4096 on"));
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[1].first_lba = 0; }),
              HasSubstr("8192 sectors from 0 on"));
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[1].type = 0x05; }),
              HasSubstr("two extended partitions"));
  EXPECT_THAT(refused(0, [](Mbr& mbr) { mbr.entries[2].first_lba = 12000; }),
              HasSubstr("it overlaps partition 2"));
}

TEST_F(MbrTable, IsRefusedWhereTheChainBreaks) {
  EXPECT_THAT(refused(kExtendedAt, [](Mbr& mbr) { mbr.signature = 0; }),
              HasSubstr("it doesn't end in 0xaa55"));
  EXPECT_THAT(refused(kExtendedAt, [](Mbr& mbr) { mbr.entries[0].first_lba = 20000; }),
              HasSubstr("it isn't in the extended partition"));
  EXPECT_THAT(refused(kExtendedAt, [](Mbr& mbr) { mbr.entries[0].first_lba = 0; }),
              HasSubstr("past its table"));
  EXPECT_THAT(refused(kExtendedAt, [](Mbr& mbr) { mbr.entries[1].first_lba = 20000; }),
              HasSubstr("the next one isn't in the extended partition"));
  EXPECT_THAT(refused(kExtendedAt, [](Mbr& mbr) { mbr.entries[0].type = 0x05; }),
              HasSubstr("its two entries are of one kind"));
}

TEST_F(MbrTable, EndsWhereItsLogicalPartitionsGoInCircles) {
  MbrEntry to_second = load<Mbr>(bios_disk(), kExtendedAt * 512)->entries[1];
  std::uint64_t second = kExtendedAt + to_second.first_lba;
  EXPECT_THAT(refused(second,
                      [&](Mbr& mbr) {
                        mbr.entries[0] = {};
                        mbr.entries[1] = to_second;
                      }),
              HasSubstr("doesn't end in 256 tables"));
}

TEST_F(MbrTable, NumbersLogicalPartitionsWithoutGapsAndInEitherOrderOfTheirEntries) {
  ByteVector disk =
      changed(kExtendedAt, [](Mbr& mbr) { std::swap(mbr.entries[0], mbr.entries[1]); });
  EXPECT_EQ(rows_of(*table_of(disk)), rows_of(*table_of(bios_disk())));
  disk = changed(kExtendedAt, [](Mbr& mbr) { mbr.entries[0] = {}; });
  auto table = table_of(disk);
  ASSERT_TRUE(table) << table.error().describe();
  ASSERT_EQ(table->partitions.size(), 5u);
  EXPECT_EQ(table->partitions[3].number, 5u);
  EXPECT_EQ(table->partitions[3].offset, 20480u * 512);
}

TEST_F(MbrTable, MayBeEmpty) {
  auto table = table_of(sfdisk("label: dos\nlabel-id: 0x01020304\n"));
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr);
  EXPECT_EQ(table->mbr_signature, 0x01020304u);
  EXPECT_TRUE(table->partitions.empty());
}

TEST_F(MbrTable, IsWhatSfdiskAndMmlsSee) {
  if (!have_program("mmls")) GTEST_SKIP() << "mmls isn't installed";
  TempFolder folder;
  std::string path = (folder / "disk").string();
  make_file(path, bios_disk());
  auto table = table_of(bios_disk());
  ASSERT_TRUE(table) << table.error().describe();
  auto rows = rows_of(*table);
  std::ranges::sort(rows);
  EXPECT_EQ(rows, rows_of_sfdisk(path));
  EXPECT_EQ(spans_of(*table), spans_of_mmls(path));
}

TEST(Mbr4096, CountsInTheSectorsOfTheDevice) {
  if (!have_program("fdisk") || !have_program("mmls")) {
    GTEST_SKIP() << "fdisk or mmls isn't installed";
  }
  ByteVector disk = scripted("fdisk -b 4096",
                             "o\nn\np\n1\n256\n2303\nn\ne\n2\n2304\n16383\n"
                             "n\nl\n3000\n3999\nn\nl\n5000\n8999\na\n1\nw\n",
                             64 << 20);
  auto table = table_of(disk, 4096);
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_THAT(rows_of(*table, 4096), ElementsAre(Row{1, 256, 2048, 0x83, true},
                                                 Row{5, 3000, 1000, 0x83, false},
                                                 Row{6, 5000, 4000, 0x83, false}));
  TempFolder folder;
  make_file(folder / "disk", disk);
  EXPECT_EQ(spans_of(*table, 4096), spans_of_mmls((folder / "disk").string(), 4096));
}

// Reads the MBR of the raw disk at `path`, and asks both others about it.
void expect_as_others_see(const std::filesystem::path& path, std::size_t count) {
  auto device = FileDevice::open(path);
  ASSERT_TRUE(device) << device.error().describe();
  auto table = read_table(**device);
  ASSERT_TRUE(table) << path << ": " << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr) << path;
  EXPECT_EQ(table->partitions.size(), count) << path;
  if (have_program("mmls")) {
    EXPECT_EQ(spans_of(*table), spans_of_mmls(path.string())) << path;
  }
  if (have_program("sfdisk")) {
    auto rows = rows_of(*table);
    std::ranges::sort(rows);
    EXPECT_EQ(rows, rows_of_sfdisk(path.string())) << path;
  }
}

TEST(MbrCorpus, SmallDisksAreReadAsOthersSeeThem) {
  TempFolder folder;
  const std::pair<const char*, std::size_t> kDisks[] = {{"mbr-512-p1.bin", 1},
                                                        {"mbr-512-p4.bin", 4},
                                                        {"mbr-512-p1e2.bin.gz", 3},
                                                        {"mbr-512-p1e2_2.bin.gz", 3}};
  for (const auto& [name, count] : kDisks) {
    DRYDOCK_CORPUS_FILE(path, std::string("ntfs/dfir_ntfs/") + name);
    ByteVector disk = path.extension() == ".gz" ? unpacked(path) : bytes_of_file(path);
    disk.resize(1 << 20);  // two of them hold the first two sectors alone
    make_file(folder / name, disk);
    expect_as_others_see(folder / name, count);
  }
}

TEST(MbrCorpus, AnMbrWithoutPartitionsIsRead) {
  DRYDOCK_CORPUS_FILE(path, "ntfs/dfir_ntfs/mbr-512-p0.bin");
  auto table = table_of(bytes_of_file(path));
  ASSERT_TRUE(table) << table.error().describe();
  EXPECT_EQ(table->scheme, Scheme::mbr);
  EXPECT_EQ(table->mbr_signature, 0xdd23224bu);
}

TEST(MbrCorpus, DisksOf4096ByteSectorsAreRead) {
  const std::pair<const char*, std::size_t> kDisks[] = {{"mbr-4096-p1e0.bin.gz", 1},
                                                        {"mbr-4096-p1e1.bin.gz", 2}};
  for (const auto& [name, count] : kDisks) {
    DRYDOCK_CORPUS_FILE(path, std::string("ntfs/dfir_ntfs/") + name);
    TempFolder folder;
    make_file(folder / "disk", unpacked(path));
    auto table = table_of(unpacked(path), 4096);
    ASSERT_TRUE(table) << name << ": " << table.error().describe();
    EXPECT_EQ(table->partitions.size(), count) << name;
    if (!have_program("mmls")) continue;
    EXPECT_EQ(spans_of(*table, 4096), spans_of_mmls((folder / "disk").string(), 4096));
  }
}

TEST(MbrCorpus, ADiskThatWindowsPartitionedIsReadAsOthersSeeIt) {
  DRYDOCK_CORPUS_FILE(path, "ntfs/dfir_ntfs/mbr-win-512.raw.tgz");
  TempFolder folder;
  ASSERT_EQ(run({"tar", "xf", path.string(), "-C", folder.path().string()}).exit_code,
            0);
  expect_as_others_see(folder / "mbr-win-512.raw", 7);
}

TEST(MbrCorpus, DisksWithOnePartitionOfWindowsAreReadAsOthersSeeThem) {
  for (const char* name : {"ntfs-lastaccess", "ntfs-ramslack", "ntfs-si-vs-fn"}) {
    DRYDOCK_CORPUS_FILE(path, fmt::format("ntfs/ntfs-samples/{}.raw.gz", name));
    TempFolder folder;
    std::string raw = (folder / "disk").string();
    // The first MiB and the size are all that the tables take.
    ASSERT_EQ(
        run({"sh", "-c",
             fmt::format("gzip -dc {} | head -c 1048576 > {}", path.string(), raw)})
            .exit_code,
        0);
    std::filesystem::resize_file(raw, 1 << 30);
    expect_as_others_see(raw, 1);
  }
}

TEST(MbrCorpus, ADiskWithAnExtendedPartitionIsReadAsOthersSeeIt) {
  DRYDOCK_CORPUS_FILE(path, "ntfs/plaso/tsk_volume_system.raw");
  expect_as_others_see(path, 2);
}

TEST(MbrCorpus, ADiskInAVhdxIsReadAsOthersSeeIt) {
  DRYDOCK_CORPUS_FILE(path, "vhdx/qemu/test-disk2vhd.vhdx.bz2");
  if (!have_program("qemu-img")) GTEST_SKIP() << "qemu-img isn't installed";
  TempFolder folder;
  std::string vhdx = (folder / "disk.vhdx").string();
  std::string raw = (folder / "disk.raw").string();
  ASSERT_EQ(run({"sh", "-c", fmt::format("bzip2 -dc {} > {}", path.string(), vhdx)})
                .exit_code,
            0);
  ASSERT_EQ(run({"qemu-img", "convert", "-O", "raw", vhdx, raw}).exit_code, 0);
  expect_as_others_see(raw, 1);
  auto image = open_image(*FileDevice::open(vhdx));
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(spans_of(*read_table(**image)), spans_of_mmls(raw));
}

}  // namespace
}  // namespace drydock::partition
