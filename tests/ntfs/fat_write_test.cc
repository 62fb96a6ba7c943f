#include <fmt/format.h>
#include <gmock/gmock.h>

#include "ntfs/fat/format.h"
#include "ntfs/fat/volume.h"
#include "tests/ntfs/fat_images.h"
#include "vhd/file_device.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class FatWriting : public FatVolume {
 protected:
  std::string listing(const std::string& folder) const {
    return mtools({"mdir", "-f", "::" + folder}).out;
  }
};

TEST_F(FatWriting, PutsAFileThatMtoolsReads) {
  FileSystemPtr volume = open();
  ASSERT_EQ(describe(volume->create_directory("EFI")), "fine");
  ASSERT_EQ(describe(volume->create_directory("EFI\\Microsoft")), "fine");
  ASSERT_EQ(describe(volume->put("EFI\\Microsoft\\A long name with größe.text",
                                 bytes_of("some bytes"))),
            "fine");
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(mtype("/EFI/Microsoft/A long name with größe.text"), "some bytes");
  EXPECT_EQ(mtype("/EFI/MICROS~1/ALONGN~1.TEX"), "some bytes");
  EXPECT_THAT(listing("/EFI/Microsoft"), HasSubstr("2024-05-06   7:08"));
}

TEST_F(FatWriting, KeepsWhatAFileIsWhenItPutsNewBytes) {
  mcopy(std::string(3000, 'o'), "/Boot.sdi");
  mtools({"mattrib", "+h", "+s", "::/Boot.sdi"});
  FileSystemPtr volume = open();
  Stat before = volume->find("BOOT.SDI")->stat();
  auto after = volume->put("boot.SDI", bytes_of(std::string(5000, 'n')));
  ASSERT_TRUE(after) << after.error().describe();
  EXPECT_EQ(after->stat().id, before.id);
  EXPECT_EQ(after->stat().attributes, before.attributes);
  EXPECT_EQ(after->stat().created, before.created);
  EXPECT_EQ(after->stat().modified, kTestTime);
  EXPECT_THAT(contents_of(*volume),
              ElementsAre(Pair("Boot.sdi", std::string(5000, 'n'))));
  EXPECT_EQ(mtype("/Boot.sdi"), std::string(5000, 'n'));
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, ChangesFewSectorsWhenItPutsFewNewBytes) {
  std::string content(100'000, 'o');
  mcopy(content, "/BCD");
  auto overlay = std::make_shared<Overlay>(file());
  auto volume =
      fat::open(overlay, {.writable = true, .clock = [] { return kTestTime; }});
  ASSERT_TRUE(volume);
  content[50'000] = 'n';
  ASSERT_TRUE((*volume)->put("BCD", bytes_of(content)));
  auto changes = overlay->changes();
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->size(), 2u) << "the slot's sector and the data's";
}

TEST_F(FatWriting, GivesBackTheClustersOfAFileThatShrinks) {
  FileSystemPtr volume = open();
  std::uint64_t free = volume->facts()->free;
  ASSERT_TRUE(volume->put("FILE", bytes_of(std::string(10'000, 'x'))));
  EXPECT_EQ(volume->facts()->free, free - 20 * 512);
  ASSERT_TRUE(volume->put("FILE", bytes_of(std::string(513, 'x'))));
  EXPECT_EQ(volume->facts()->free, free - 2 * 512);
  EXPECT_EQ(fsck(), "clean");
  ASSERT_TRUE(volume->put("FILE", {}));
  EXPECT_EQ(volume->find("FILE")->stat().id, 0u);
  EXPECT_EQ(volume->facts()->free, free);
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, RemovesFilesAndEmptyDirectories) {
  mtools({"mmd", "::/Directory", "::/Directory/Inner"});
  mcopy(std::string(3000, 'x'), "/Directory/A file with a long name");
  FileSystemPtr volume = open();
  EXPECT_THAT(describe(volume->remove("Directory")),
              HasSubstr("bad_argument: the directory isn't empty"));
  EXPECT_EQ(describe(volume->remove("Directory/A file with a long name")), "fine");
  EXPECT_EQ(describe(volume->remove("Directory/Inner")), "fine");
  EXPECT_EQ(describe(volume->remove("Directory")), "fine");
  EXPECT_THAT(describe(volume->remove("Directory")), HasSubstr("not_found"));
  EXPECT_TRUE(contents_of(*volume).empty());
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, RenamesWithinADirectory) {
  mcopy("content", "/bootmgfw.efi");
  FileSystemPtr volume = open();
  EXPECT_EQ(describe(volume->rename("bootmgfw.efi", "bootmgfw.efi.before repair")),
            "fine");
  EXPECT_EQ(mtype("/bootmgfw.efi.before repair"), "content");
  EXPECT_EQ(describe(volume->rename("bootmgfw.efi.before repair", "BOOTMGFW.EFI")),
            "fine");
  EXPECT_EQ(describe(volume->rename("BOOTMGFW.EFI", "BootMgfw.efi")), "fine");
  EXPECT_THAT(contents_of(*volume), ElementsAre(Pair("BootMgfw.efi", "content")));
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, MovesDirectoriesWithTheirParents) {
  mtools({"mmd", "::/A", "::/A/Moved", "::/B"});
  mcopy("content", "/A/Moved/file");
  FileSystemPtr volume = open();
  EXPECT_EQ(describe(volume->rename("A/Moved", "B/Moved here")), "fine");
  EXPECT_EQ(mtype("/B/Moved here/file"), "content");
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(describe(volume->rename("B/Moved here", "Moved")), "fine");
  EXPECT_EQ(mtype("/Moved/file"), "content");
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, RefusesNamesThatAreTakenOrNotAllowed) {
  mcopy("x", "/A long name");
  mtools({"mmd", "::/D"});
  FileSystemPtr volume = open();
  EXPECT_THAT(describe(volume->create("a LONG name")), HasSubstr("the name is taken"));
  EXPECT_THAT(describe(volume->create("ALONGN~1")), HasSubstr("the name is taken"));
  EXPECT_THAT(describe(volume->create_directory("d")), HasSubstr("the name is taken"));
  EXPECT_THAT(describe(volume->rename("A long name", "D")),
              HasSubstr("the new name is taken"));
  EXPECT_THAT(describe(volume->create("what?")), HasSubstr("can't be a file's name"));
  EXPECT_THAT(describe(volume->put("aux", {})), HasSubstr("can't be a file's name"));
  EXPECT_THAT(describe(volume->rename("D", "nul.d")), HasSubstr("can't be a file's"));
  EXPECT_THAT(describe(volume->put("D", {})), HasSubstr("it is a directory"));
  EXPECT_THAT(describe(volume->rename("D", "D/E")), HasSubstr("moved into itself"));
  EXPECT_THAT(describe(volume->remove("")), HasSubstr("the root itself"));
  EXPECT_EQ(contents_of(*volume).size(), 2u);
}

TEST_F(FatWriting, GrowsADirectoryAndUsesItsHolesAgain) {
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->create_directory("D"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(describe(volume->create(fmt::format("D/A rather long name, {}", i))),
              "fine");
  }
  EXPECT_EQ(fsck(), "clean");
  EXPECT_THAT(listing("/D"), HasSubstr("102 files"));
  std::uint64_t free = volume->facts()->free;
  for (int i = 20; i < 60; ++i) {
    ASSERT_TRUE(volume->remove(fmt::format("D/A rather long name, {}", i)));
  }
  for (int i = 20; i < 60; ++i) {
    ASSERT_TRUE(volume->create(fmt::format("D/A not so long one, {}", i)));
  }
  EXPECT_EQ(volume->facts()->free, free);
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(contents_of(*volume).size(), 101u);
}

TEST_F(FatWriting, GivesEachFileItsOwnAlias) {
  FileSystemPtr volume = open();
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(volume->put(fmt::format("the same beginning {}", i),
                            bytes_of(std::to_string(i))));
  }
  EXPECT_EQ(text_of(*volume, "THESAM~1"), "0");
  EXPECT_EQ(text_of(*volume, "THESA~12"), "11");
  EXPECT_EQ(mtype("/THESA~11"), "10");
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, BringsNothingBackFromBehindTheEndOfADirectory) {
  mcopy("x", "/FIRST");
  mcopy("y", "/SECOND");
  // The end marker in front of SECOND: page 24 has all behind it free.
  std::uint64_t root = 32 * 512 + 2 * 512 * 537;
  fat::BootSector boot;
  ASSERT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
  root = (32 + 2 * boot.table_sectors) * 512ull;
  edit<fat::ShortSlot>(root + 64, [](fat::ShortSlot& s) { s.name[0] = 0; });
  edit<fat::ShortSlot>(root + 96, [](fat::ShortSlot& s) {
    s.name = {'G', 'H', 'O', 'S', 'T', ' ', ' ', ' ', ' ', ' ', ' '};
  });
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->create("THIRD"));
  EXPECT_THAT(contents_of(*volume), ElementsAre(Pair("FIRST", "x"), Pair("THIRD", "")));
  EXPECT_THAT(listing("/"), Not(HasSubstr("GHOST")));
}

TEST_F(FatWriting, LeavesNoTraceWhenTheVolumeIsFull) {
  FileSystemPtr volume = open();
  std::uint64_t free = volume->facts()->free;
  ASSERT_TRUE(volume->put("SOME", bytes_of(std::string(100'000, 'x'))));
  ByteVector much(free - 50'000);
  EXPECT_THAT(describe(volume->put("MUCH", much)), HasSubstr("no_space: all"));
  EXPECT_THAT(describe(volume->put("SOME", much)), HasSubstr("fine"));
  EXPECT_THAT(describe(volume->put("MORE", bytes_of(std::string(60'000, 'x')))),
              HasSubstr("no_space"));
  EXPECT_EQ(contents_of(*volume).size(), 1u);
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, FillsTheVolumeToItsLastCluster) {
  FileSystemPtr volume = open();
  ByteVector all(volume->facts()->free, std::byte{'a'});
  ASSERT_EQ(describe(volume->put("ALL", all)), "fine");
  EXPECT_EQ(volume->facts()->free, 0u);
  EXPECT_THAT(describe(volume->put("ONE", bytes_of("1"))), HasSubstr("no_space"));
  EXPECT_EQ(describe(volume->create("NONE")), "fine");
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(describe(volume->remove("ALL")), "fine");
  EXPECT_EQ(volume->facts()->free, all.size());
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, WritesIntoAFileThroughItsDevice) {
  mcopy(std::string(2000, 'x'), "/FILE");
  FileSystemPtr volume = open();
  DevicePtr data = *volume->find("FILE")->data();
  ASSERT_TRUE(data->writable());
  ASSERT_TRUE(data->write(500, bytes_of(std::string(20, 'y'))));
  EXPECT_EQ(describe(data->write(1990, bytes_of(std::string(20, 'y')))).substr(0, 12),
            "bad_argument");
  ASSERT_TRUE(data->resize(6000));
  ASSERT_TRUE(data->write(5999, bytes_of("z")));
  std::string expected = std::string(500, 'x') + std::string(20, 'y') +
                         std::string(1480, 'x') + std::string(3999, '\0') + "z";
  EXPECT_EQ(text_of(*volume, "FILE"), expected);
  EXPECT_EQ(mtype("/FILE"), expected);
  ASSERT_TRUE(data->resize(10));
  EXPECT_EQ(data->size(), 10u);
  EXPECT_EQ(mtype("/FILE"), std::string(10, 'x'));
  EXPECT_EQ(volume->find("FILE")->stat().modified, kTestTime);
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, GrowsAFileWithZerosOverWhatWasThereBefore) {
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->put("OLD", bytes_of(std::string(50'000, 'o'))));
  ASSERT_TRUE(volume->remove("OLD"));
  DevicePtr data = *volume->create("NEW")->data();
  ASSERT_TRUE(data->resize(50'000));
  EXPECT_EQ(text_of(*volume, "NEW"), std::string(50'000, '\0'));
  ASSERT_TRUE(volume->put("NEW", bytes_of(std::string(700, 'n'))));
  ASSERT_TRUE(volume->put("NEW", bytes_of("n")));
  ASSERT_TRUE(data->resize(700));
  EXPECT_EQ(text_of(*volume, "NEW"), "n" + std::string(699, '\0'));
}

TEST_F(FatWriting, FollowsAFileThatIsRenamedAndLosesOneThatIsRemoved) {
  FileSystemPtr volume = open();
  DevicePtr data = *volume->put("A", bytes_of("1234"))->data();
  ASSERT_TRUE(volume->create_directory("D"));
  ASSERT_TRUE(volume->rename("A", "D/A renamed file"));
  ASSERT_TRUE(volume->create("B"));
  ASSERT_TRUE(data->write(0, bytes_of("5")));
  ASSERT_TRUE(data->resize(1000));
  EXPECT_EQ(volume->find("D/A renamed file")->stat().size, 1000u);
  EXPECT_EQ(volume->find("B")->stat().size, 0u);
  ASSERT_TRUE(volume->remove("D/A renamed file"));
  ASSERT_TRUE(volume->create("D/A renamed file"));
  EXPECT_THAT(describe(data->write(0, bytes_of("6"))), HasSubstr("not_found"));
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, KeepsBothTablesAlike) {
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->put("FILE", bytes_of(std::string(5000, 'x'))));
  fat::BootSector boot;
  ASSERT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
  std::uint64_t size = boot.table_sectors * 512ull;
  ByteVector first(size);
  ByteVector second(size);
  ASSERT_TRUE(file()->read(32 * 512, first));
  ASSERT_TRUE(file()->read(32 * 512 + size, second));
  EXPECT_EQ(first, second);
  EXPECT_FALSE(is_zero(Bytes(second).subspan(12)));
}

TEST_F(FatWriting, RefusesToWriteWhereTheTablesDiffer) {
  mcopy(std::string(2000, 'x'), "/FILE");
  fat::BootSector boot;
  ASSERT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
  edit<le32>((32 + boot.table_sectors) * 512ull + 4 * 4, [](le32& e) { e = 9; });
  FileSystemPtr volume = open();
  EXPECT_THAT(describe(volume->remove("FILE")),
              HasSubstr("corrupt: the tables differ at cluster 4: 0x9 in table 1"));
  EXPECT_EQ(text_of(*volume, "FILE"), std::string(2000, 'x'));
}

TEST_F(FatWriting, RefusesADirtyVolumeAsBusyAndSaysWhy) {
  edit<fat::BootSector>(0,
                        [](fat::BootSector& boot) { boot.state = fat::kStateDirty; });
  FileSystemPtr volume = open();
  for (const std::string& words :
       {describe(volume->create("A")), describe(volume->create_directory("A")),
        describe(volume->put("A", bytes_of("x")))}) {
    EXPECT_THAT(words, HasSubstr("busy: the volume isn't clean: its boot sector says"));
  }
  EXPECT_TRUE(contents_of(*volume).empty());
}

TEST_F(FatWriting, RefusesAVolumeThatWasOpenedForReading) {
  mcopy("x", "/FILE");
  auto volume = fat::open(file());
  ASSERT_TRUE(volume);
  EXPECT_THAT(describe((*volume)->create("A")), HasSubstr("read_only"));
  EXPECT_THAT(describe((*volume)->put("FILE", {})), HasSubstr("read_only"));
  EXPECT_THAT(describe((*volume)->remove("FILE")), HasSubstr("read_only"));
  EXPECT_THAT(describe((*volume)->rename("FILE", "B")), HasSubstr("read_only"));
  DevicePtr data = *(*volume)->find("FILE")->data();
  EXPECT_FALSE(data->writable());
  EXPECT_THAT(describe(data->resize(5)), HasSubstr("read_only"));
}

TEST_F(FatWriting, RefusesAFileLargerThanFatCanSay) {
  FileSystemPtr volume = open();
  DevicePtr data = *volume->create("FILE")->data();
  EXPECT_THAT(describe(data->resize(0x1'0000'0000)),
              HasSubstr("no_space: a file on FAT has at most 4294967295 bytes"));
}

TEST_F(FatWriting, MendsAFreeCountThatWasWrong) {
  edit<fat::InfoSector>(512, [](fat::InfoSector& info) { info.free_count = 1; });
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->put("FILE", bytes_of(std::string(5000, 'x'))));
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, TouchesOnlyTheTableInUseWhereOneIs) {
  edit<fat::BootSector>(
      0, [](fat::BootSector& boot) { boot.table_flags = fat::kOneTable | 1; });
  fat::BootSector boot;
  ASSERT_TRUE(file()->read(0, std::as_writable_bytes(std::span(&boot, 1))));
  ByteVector before(boot.table_sectors * 512ull);
  ASSERT_TRUE(file()->read(32 * 512, before));
  ASSERT_TRUE(open()->put("FILE", bytes_of(std::string(5000, 'x'))));
  ByteVector after(before.size());
  ASSERT_TRUE(file()->read(32 * 512, after));
  EXPECT_EQ(before, after);
  EXPECT_EQ(text_of(*open(), "FILE"), std::string(5000, 'x'));
}

TEST_F(FatWriting, FillsAFixedRootToItsLastSlot) {
  format(4 << 20, {"-F", "12", "-r", "32"});
  FileSystemPtr volume = open();
  for (int i = 0; i < 31; ++i) {  // the label has one
    ASSERT_TRUE(volume->create(fmt::format("F{}", i))) << i;
  }
  auto one_more = volume->create("ONE");
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code(), Errc::no_space);
  EXPECT_EQ(fsck(), "clean");
  ASSERT_TRUE(volume->remove("F7"));
  EXPECT_TRUE(volume->create("ONE"));
  EXPECT_EQ(fsck(), "clean");
}

TEST_F(FatWriting, FillsAFat12VolumeToItsLastCluster) {
  format(1 << 20, {"-F", "12", "-s", "1"});
  FileSystemPtr volume = open();
  std::uint64_t free = volume->facts()->free;
  ASSERT_TRUE(volume->put("FILE", bytes_of(std::string(free, 'x'))));
  EXPECT_EQ(volume->facts()->free, 0);
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(mtype("/FILE"), std::string(free, 'x'));
  auto more = volume->put("MORE", bytes_of("x"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), Errc::no_space);
}

TEST_F(FatWriting, MovesAFolderOutOfAFixedRootAndBack) {
  format(16 << 20, {"-F", "16"});
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->create_directory("A"));
  ASSERT_TRUE(volume->create_directory("B"));
  ASSERT_TRUE(volume->put("B/file", bytes_of("content")));
  ASSERT_TRUE(volume->rename("B", "A/B"));
  EXPECT_EQ(fsck(), "clean");
  ASSERT_TRUE(volume->rename("A/B", "B"));
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(mtype("/B/file"), "content");
}

TEST_F(FatWriting, WorksWithLargerSectorsAndClusters) {
  format(300 << 20, {"-F", "32", "-S", "2048", "-s", "2"});
  FileSystemPtr volume = open();
  ASSERT_TRUE(volume->create_directory("Some directory"));
  ASSERT_TRUE(volume->put("Some directory/file", bytes_of(std::string(99'999, 'x'))));
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(mtype("/Some directory/file"), std::string(99'999, 'x'));
}

}  // namespace
}  // namespace drydock
