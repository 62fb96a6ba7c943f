#include <fmt/format.h>
#include <gmock/gmock.h>

#include "ntfs/fat/format.h"
#include "ntfs/fat/volume.h"
#include "tests/ntfs/fat_images.h"
#include "tests/support/corpus.h"
#include "vhd/file_device.h"

namespace drydock {
namespace {

using fat::BootSector;
using fat::InfoSector;
using fat::ShortSlot;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// As mkfs.fat lays a volume of kSize out.
constexpr std::uint64_t kTable = 32 * 512;
constexpr std::uint64_t kInfo = 512;

class FatReading : public FatVolume {
 protected:
  // Of cluster `number` of the first table, and of the second.
  std::uint64_t entry(std::uint32_t number, int table = 0) const {
    return kTable + table * table_size() + number * 4;
  }
  std::uint64_t cluster(std::uint32_t number) const {
    return kTable + 2 * table_size() + (number - 2) * 512;
  }
  void set_entry(std::uint32_t number, std::uint32_t value) const {
    edit<le32>(entry(number), [&](le32& e) { e = value; });
    edit<le32>(entry(number, 1), [&](le32& e) { e = value; });
  }
  std::string refusal() const {
    return describe(fat::open(file(), {.writable = true}));
  }

 private:
  std::uint64_t table_size() const {
    BootSector boot;
    EXPECT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
    return boot.table_sectors * 512ull;
  }
};

TEST_F(FatReading, TellsWhatMkfsMade) {
  auto facts = open()->facts();
  ASSERT_TRUE(facts) << facts.error().describe();
  EXPECT_EQ(facts->file_system, "fat32");
  EXPECT_EQ(facts->label, "SYSTEM");
  EXPECT_EQ(facts->serial, "1234-ABCD");
  EXPECT_EQ(facts->size, kSize);
  EXPECT_EQ(facts->cluster_size, 512u);
  EXPECT_TRUE(facts->condition.clean());
  std::string mdir = mtools({"mdir", "::"}).out;
  std::erase(mdir, ' ');
  EXPECT_THAT(mdir, HasSubstr(fmt::format("\n{}bytesfree", facts->free)));
}

TEST_F(FatReading, FindsWhatMtoolsWrote) {
  ASSERT_EQ(
      mtools({"mmd", "::/EFI", "::/EFI/Microsoft", "::/EFI/Microsoft/Boot"}).exit_code,
      0);
  std::string content(100'000, 'b');
  mcopy(content, "/EFI/Microsoft/Boot/BCD");
  mcopy("loader", "/EFI/Microsoft/Boot/bootmgfw.efi");
  FileSystemPtr volume = open();
  EXPECT_EQ(text_of(*volume, "\\efi\\microsoft\\boot\\bcd"), content);
  EXPECT_THAT(contents_of(*volume),
              ElementsAre(Pair("EFI", "/"), Pair("EFI/Microsoft", "/"),
                          Pair("EFI/Microsoft/Boot", "/"),
                          Pair("EFI/Microsoft/Boot/BCD", content),
                          Pair("EFI/Microsoft/Boot/bootmgfw.efi", "loader")));
}

TEST_F(FatReading, FindsByLongNameAndByAlias) {
  mcopy("one", "/A long name with größe.text");
  FileSystemPtr volume = open();
  EXPECT_EQ(text_of(*volume, "a LONG name with GRÖßE.text"), "one");
  EXPECT_EQ(text_of(*volume, "ALONGN~1.TEX"), "one");
  EXPECT_EQ(text_of(*volume, "ALONGN~2.TEX"),
            "not_found: there is no such name (ALONGN~2.TEX)");
}

TEST_F(FatReading, ReadsAFileOfManyScatteredClusters) {
  for (int i = 0; i < 60; ++i) mcopy(std::string(400, 'x'), "/" + std::to_string(i));
  for (int i = 0; i < 60; i += 2) mtools({"mdel", "::/" + std::to_string(i)});
  std::string content;
  for (int i = 0; i < 4000; ++i) content += std::to_string(i * 7) + "\n";
  edit<InfoSector>(kInfo, [](InfoSector& info) { info.next_free = 2; });
  mcopy(content, "/scattered");
  EXPECT_EQ(text_of(*open(), "scattered"), content);
}

TEST_F(FatReading, ShowsTimesAndAttributes) {
  mcopy("x", "/FILE");
  mtools({"mattrib", "+r", "+h", "+s", "::/FILE"});
  edit<ShortSlot>(cluster(2) + 32, [](ShortSlot& slot) {
    slot.created_date = 44 << 9 | 5 << 5 | 6;
    slot.created_time = 7 << 11 | 8 << 5 | 5;
    slot.created_tenths = 150;
    slot.modified_date = 44 << 9 | 5 << 5 | 7;
    slot.modified_time = 0;
    slot.accessed_date = 44 << 9 | 5 << 5 | 8;
  });
  auto file = open()->find("FILE");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->stat().attributes, 0x27u);
  EXPECT_EQ(file->stat().size, 1u);
  EXPECT_EQ(file->stat().created, kTestTime + 15'000'000);
  EXPECT_EQ(to_string_utc(file->stat().modified), "2024-05-07T00:00:00Z");
  EXPECT_EQ(to_string_utc(file->stat().accessed), "2024-05-08T00:00:00Z");
}

TEST_F(FatReading, TakesLowerCaseFromWindowsOwnFlags) {
  mcopy("x", "/NTLDR.BIN");
  edit<ShortSlot>(cluster(2) + 32, [](ShortSlot& slot) {
    slot.case_flags = fat::kLowerBase | fat::kLowerExtension;
  });
  EXPECT_THAT(contents_of(*open()), ElementsAre(Pair("ntldr.bin", "x")));
}

TEST_F(FatReading, PassesOverALongNameThatIsNotItsOwn) {
  mcopy("x", "/Long name.txt");
  edit<ShortSlot>(cluster(2) + 64, [](ShortSlot& slot) { slot.name[0] = 'Z'; });
  EXPECT_THAT(contents_of(*open()), ElementsAre(Pair("ZONGNA~1.TXT", "x")));
}

TEST_F(FatReading, ReadsAColdBcdWithFewReads) {
  format(100 << 20, {"-F", "32", "-s", "2"});
  mtools({"mmd", "::/EFI", "::/EFI/Microsoft", "::/EFI/Microsoft/Boot"});
  for (int i = 0; i < 45; ++i) {
    mtools({"mmd", fmt::format("::/EFI/Microsoft/Boot/language-{}", i)});
  }
  std::string content(32'768, 'h');
  mcopy(content, "/EFI/Microsoft/Boot/BCD");
  auto device = *FileDevice::open(path());
  auto volume = fat::open(device);
  ASSERT_TRUE(volume);
  EXPECT_EQ(text_of(**volume, "\\EFI\\Microsoft\\Boot\\BCD"), content);
  EXPECT_LT(device->traffic().bytes_read, 128u << 10);
  EXPECT_TRUE((*volume)->facts());
  EXPECT_LT(device->traffic().bytes_read, 128u << 10);
}

TEST_F(FatReading, CountsWhatIsFreeWhereNobodyNotedIt) {
  mcopy(std::string(1000, 'x'), "/FILE");
  std::uint64_t noted = open()->facts()->free;
  edit<InfoSector>(kInfo, [](InfoSector& info) { info.free_count = fat::kUnknown; });
  EXPECT_EQ(open()->facts()->free, noted);
  edit<InfoSector>(kInfo, [](InfoSector& info) { info.free_count = 1'000'000; });
  EXPECT_EQ(open()->facts()->free, noted);
  edit<BootSector>(0, [](BootSector& boot) { boot.info_sector = 0xFFFF; });
  EXPECT_EQ(open()->facts()->free, noted);
}

TEST_F(FatReading, SaysWhenTheVolumeIsDirty) {
  edit<le32>(entry(1), [](le32& e) { e = e & ~fat::kCleanShutdown; });
  EXPECT_EQ(open()->facts()->condition.states, std::vector{VolumeState::dirty});
  edit<le32>(entry(1), [](le32& e) { e = 0x0FFFFFFF & ~fat::kNoErrors; });
  EXPECT_EQ(open()->facts()->condition.states, std::vector{VolumeState::dirty});
  edit<le32>(entry(1), [](le32& e) { e = 0x0FFFFFFF; });
  edit<BootSector>(0, [](BootSector& boot) { boot.state = fat::kStateDirty; });
  EXPECT_EQ(open()->facts()->condition.states, std::vector{VolumeState::dirty});
}

TEST_F(FatReading, BelievesTheTableThatIsInUse) {
  mcopy("abc", "/FILE");
  edit<BootSector>(0, [](BootSector& boot) { boot.table_flags = fat::kOneTable | 1; });
  edit<le32>(entry(3), [](le32& e) { e = 0; });
  EXPECT_EQ(text_of(*open(), "FILE"), "abc");
}

TEST_F(FatReading, RefusesAChainThatLeavesTheVolume) {
  mcopy(std::string(2000, 'x'), "/FILE");
  set_entry(4, 0x00FFFFFF);
  EXPECT_THAT(text_of(*open(), "FILE"),
              HasSubstr("corrupt: the chain from cluster 3 goes from 4 to cluster"));
  set_entry(4, 0);
  EXPECT_THAT(text_of(*open(), "FILE"), HasSubstr("goes from 4 to a free cluster"));
  set_entry(4, fat::kBad);
  EXPECT_THAT(text_of(*open(), "FILE"), HasSubstr("goes from 4 to a bad cluster"));
}

TEST_F(FatReading, RefusesAChainInCircles) {
  mcopy(std::string(5000, 'x'), "/FILE");
  set_entry(9, 5);
  EXPECT_THAT(text_of(*open(), "FILE"), HasSubstr("comes back to"));
  set_entry(3, 3);
  EXPECT_THAT(text_of(*open(), "FILE"),
              HasSubstr("the chain from cluster 3 comes back to 3"));
}

TEST_F(FatReading, RefusesAChainThatIsTooShort) {
  mcopy(std::string(5000, 'x'), "/FILE");
  set_entry(4, fat::kEnd);
  EXPECT_THAT(text_of(*open(), "FILE"),
              HasSubstr("a chain of 2 clusters is too short for 5000 bytes"));
}

TEST_F(FatReading, RefusesADirectoryInsideItself) {
  mtools({"mmd", "::/A", "::/A/B"});
  edit<ShortSlot>(cluster(3) + 64, [](ShortSlot& slot) { slot.set_cluster(3); });
  FileSystemPtr volume = open();
  EXPECT_THAT(describe(volume->find("A/B")), HasSubstr("\"B\" is inside itself"));
  edit<ShortSlot>(cluster(3) + 64, [](ShortSlot& slot) { slot.set_cluster(2); });
  EXPECT_THAT(describe(open()->find("A/B/A/B")), HasSubstr("\"B\" is inside itself"));
  edit<ShortSlot>(cluster(3) + 64, [](ShortSlot& slot) { slot.set_cluster(0); });
  EXPECT_THAT(describe(open()->find("A/B/C")), HasSubstr("no clusters at all"));
  EXPECT_TRUE(open()->find("A/B"));
}

TEST_F(FatReading, RefusesBootSectorsThatContradictThemselves) {
  BootSector good;
  ASSERT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&good, 1))));
  auto with = [&](auto change) {
    BootSector boot = good;
    change(boot);
    EXPECT_TRUE(file()->write(0, bytes_of(boot)));
    return refusal();
  };
  EXPECT_THAT(with([](auto& b) { b.sector_count = 0x7FFFFFFF; }),
              HasSubstr("corrupt: the volume is of"));
  EXPECT_THAT(with([](auto& b) { b.table_sectors = 0x7FFFFFFF; }),
              HasSubstr("leave none of"));
  EXPECT_THAT(with([](auto& b) { b.table_sectors = 4; }),
              HasSubstr("a table of 512 entries is too short"));
  EXPECT_THAT(with([](auto& b) { b.root_cluster = 1; }),
              HasSubstr("the root is at cluster 1"));
  EXPECT_THAT(with([](auto& b) { b.root_cluster = 0x0FFFFFFF; }),
              HasSubstr("the root is at cluster"));
  EXPECT_THAT(with([](auto& b) { b.root_entry_count = 512; }),
              HasSubstr("no root of 512"));
  EXPECT_THAT(with([](auto& b) { b.version = 1; }), HasSubstr("unsupported: it is of"));
  EXPECT_THAT(with([](auto& b) { b.table_flags = 0x82; }),
              HasSubstr("table 2 is the one in use, and there are 2"));
  EXPECT_THAT(with([](auto& b) { b.sectors_per_cluster = 0; }),
              HasSubstr("aren't those of a FAT volume"));
  EXPECT_THAT(with([](auto& b) { b.bytes_per_sector = 0; }),
              HasSubstr("aren't those of a FAT volume"));
}

TEST_F(FatReading, RefusesATableThatWasWiped) {
  edit<le32>(entry(0), [](le32& e) { e = 0; });
  EXPECT_THAT(refusal(), HasSubstr("corrupt: the table starts with 0x00"));
}

TEST_F(FatReading, ReadsFat12AndFat16) {
  for (const char* bits : {"12", "16"}) {
    format(bits[1] == '2' ? 1 << 20 : 16 << 20, {"-F", bits});
    ASSERT_EQ(mtools({"mmd", "::/Some folder"}).exit_code, 0);
    mcopy(std::string(50'000, 'y'), "/Some folder/Long name.txt");
    FileSystemPtr volume = open();
    EXPECT_THAT(contents_of(*volume),
                ElementsAre(Pair("Some folder", "/"), Pair("Some folder/Long name.txt",
                                                           std::string(50'000, 'y'))));
    EXPECT_EQ(volume->facts()->file_system, std::string("fat") + bits);
    EXPECT_EQ(volume->facts()->label, "SYSTEM");
    EXPECT_EQ(volume->facts()->serial, "1234-ABCD");
    std::string mdir = mtools({"mdir", "::"}).out;
    std::erase(mdir, ' ');
    EXPECT_THAT(mdir, HasSubstr(fmt::format("\n{}bytesfree", volume->facts()->free)));
  }
}

TEST_F(FatReading, TakesFat16sStateFromItsTable) {
  format(16 << 20, {"-F", "16", "-s", "4"});
  auto state = [this](std::uint16_t entry) {
    BootSector boot;
    EXPECT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
    edit<le16>(boot.reserved_sector_count * 512 + 2, [entry](le16& e) { e = entry; });
    return open()->condition()->clean();
  };
  EXPECT_TRUE(state(0xFFFF));
  EXPECT_FALSE(state(0x7FFF));
  EXPECT_FALSE(state(0xBFFF));
}

TEST_F(FatReading, RefusesARootWithoutRoom) {
  format(1 << 20, {"-F", "12"});
  edit<fat::BootSector>(0, [](auto& boot) { boot.root_entry_count = 0; });
  EXPECT_THAT(refusal(), HasSubstr("corrupt: the root has no room for entries"));
}

TEST_F(FatReading, ReadsVolumesOfLargerSectors) {
  format(300 << 20, {"-F", "32", "-S", "4096", "-s", "1"});
  mcopy(std::string(10'000, 'y'), "/Large sectors.txt");
  EXPECT_THAT(contents_of(*open()),
              ElementsAre(Pair("Large sectors.txt", std::string(10'000, 'y'))));
}

TEST_F(FatReading, AnswersForMisuse) {
  mcopy("x", "/FILE");
  FileSystemPtr volume = open();
  auto file = volume->find("FILE");
  ASSERT_TRUE(file);
  EXPECT_THAT(describe(volume->list(*file, [](const Entry&) { return true; })),
              HasSubstr("bad_argument: it isn't a directory"));
  EXPECT_THAT(describe(volume->find("FILE/x")),
              HasSubstr("not_found: there is no directory \"FILE\""));
  EXPECT_THAT(describe(volume->find("")->data()), HasSubstr("bad_argument"));
  EXPECT_THAT(describe(open()->list(*file, [](const Entry&) { return true; })),
              HasSubstr("another volume"));
}

// The corpus: what dfir_ntfs keeps to try FAT readers with.
class FatCorpus : public testing::Test {
 protected:
  FileSystemPtr unpack(const std::filesystem::path& packed) {
    std::filesystem::path path = folder_ / "fat.raw";
    RunResult result =
        run({"sh", "-c", "gzip -dc " + packed.string() + " > " + path.string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    auto volume = fat::open(*FileDevice::open(path));
    EXPECT_TRUE(volume) << volume.error().describe();
    return *volume;
  }
  TempFolder folder_;
};

TEST_F(FatCorpus, LongNameOfAnotherFileIsPassedOver) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/dfir_ntfs/fat_lfn_test.raw.gz");
  Contents contents = contents_of(*unpack(packed));
  EXPECT_EQ(contents.size(), 17u);
  EXPECT_EQ(contents["SHORT.TXT"].size(), 6u);
  EXPECT_EQ(contents.count("long_name_test.txt"), 0u);
}

TEST_F(FatCorpus, VolumeWithLoopsIsWalkedToItsEnd) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/dfir_ntfs/fat32_loop.raw.gz");
  Contents contents = contents_of(*unpack(packed));
  EXPECT_EQ(contents.count("test_dir/1/11/111.txt"), 1u);
  EXPECT_EQ(contents["test0.txt"].size(), 13u);
}

TEST_F(FatCorpus, VolumeWithFewerClustersThanThePaperAllowsIsRead) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/dfir_ntfs/fat32_small.raw.gz");
  FileSystemPtr volume = unpack(packed);
  EXPECT_EQ(volume->facts()->cluster_size, 65536u);
  EXPECT_EQ(contents_of(*volume).size(), 3u);
}

}  // namespace
}  // namespace drydock
