// The check of FAT32: each rule broken by itself, and fsck.fat asked about the same
// bytes; volumes that mtools and we filled have nothing wrong.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "ntfs/fat/format.h"
#include "ntfs/fat/geometry.h"
#include "ntfs/volume_check.h"
#include "tests/ntfs/fat_images.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"

namespace drydock {
namespace {

using fat::ShortSlot;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Ne;

std::vector<std::string> told_of(const DevicePtr& device) {
  auto check = check_volume(write_trap(device));
  if (!check) return {check.error().describe()};
  std::vector<std::string> words;
  for (const VolumeProblem& problem : check->problems) {
    words.push_back(
        fmt::format("{}: {}: {}", problem.rule, problem.where, problem.what));
  }
  return words;
}

class FatCheck : public FatVolume {
 protected:
  void SetUp() override {
    FatVolume::SetUp();
    if (IsSkipped()) return;
    mcopy(std::string(3000, 'a'), "/A");
    mcopy(std::string(3000, 'b'), "/B");
    mtools({"mmd", "::/FOLDER"});
    mcopy("c", "/FOLDER/A name that is long.text");
    ByteVector sector(512);
    ASSERT_TRUE(file()->read(0, sector));
    geometry_ = *fat::read_geometry(sector, kSize);
    ASSERT_EQ(fsck(), "clean");
    ASSERT_THAT(told(), IsEmpty());
  }

  std::vector<std::string> told() const { return told_of(file()); }

  // Of the short slot of a name that is padded to 11 letters.
  std::uint64_t slot_of(std::string name) const {
    name.resize(11, ' ');
    ByteVector clusters(64 << 10);
    EXPECT_TRUE(file()->read(geometry_.clusters_offset, clusters));
    std::size_t at = as_text(clusters).find(name);
    EXPECT_NE(at, std::string_view::npos) << name;
    return geometry_.clusters_offset + at;
  }
  std::uint32_t cluster_of(const std::string& name) const {
    ShortSlot slot;
    EXPECT_TRUE(
        file()->read(slot_of(name), std::as_writable_bytes(std::span(&slot, 1))));
    return slot.cluster();
  }
  void change_slot(const std::string& name,
                   const std::function<void(ShortSlot&)>& change) const {
    edit<ShortSlot>(slot_of(name), change);
  }
  // In each of the tables, or the second alone.
  void change_entry(std::uint32_t cluster, std::uint32_t value,
                    std::uint32_t first_table = 0) const {
    for (std::uint32_t table = first_table; table < 2; ++table) {
      std::uint64_t at = geometry_.tables_offset + table * geometry_.table_size;
      edit<le32>(at + 4 * cluster, [&](le32& entry) { entry = value; });
    }
  }

  fat::Geometry geometry_;
};

// fsck.fat has something to say, too, and we say nothing but this.
#define EXPECT_ONLY(text)                            \
  EXPECT_THAT(told(), ElementsAre(HasSubstr(text))); \
  EXPECT_THAT(fsck(), Ne("clean"))

// fsck.fat doesn't look at it.
#define EXPECT_ONLY_WE_SAY(text) EXPECT_THAT(told(), ElementsAre(HasSubstr(text)))

TEST_F(FatCheck, FindsNothingInWhatOurEngineWrote) {
  {
    FileSystemPtr volume = open();
    ASSERT_TRUE(volume->create_directory("EFI"));
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(volume->put(fmt::format("EFI\\a file of number {}", i),
                              ByteVector(700 * (i % 5))));
    }
    for (int i = 0; i < 200; i += 3) {
      ASSERT_TRUE(volume->remove(fmt::format("EFI\\a file of number {}", i)));
    }
    ASSERT_TRUE(volume->flush());
  }
  EXPECT_EQ(fsck(), "clean");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(FatCheck, ReadsATornBootSectorFromItsCopy) {
  edit<le16>(0x0b, [](le16& size) { size = 77; });
  // Nothing marks it as FAT any more.
  EXPECT_THAT(told(), ElementsAre(HasSubstr("boot.sector")));
}

TEST_F(FatCheck, ABootSectorHasATwin) {
  edit<le32>(6 * 512 + 0x43, [](le32& serial) { serial = 1; });
  EXPECT_ONLY_WE_SAY(
      "boot.copy: boot sector's copy: sector 6 isn't the boot sector's twin");
}

TEST_F(FatCheck, TablesAreAlike) {
  change_entry(cluster_of("B"), fat::kEnd, 1);
  EXPECT_ONLY("table.copies: table 1, cluster");
}

TEST_F(FatCheck, ClustersHaveOneOwner) {
  std::uint32_t b = cluster_of("B");
  change_slot("A", [&](ShortSlot& slot) { slot.set_cluster(b); });
  EXPECT_THAT(told(), Contains(HasSubstr("chain.shared: \\")));
  EXPECT_THAT(told(), Contains(HasSubstr("clusters.lost: table")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_F(FatCheck, AChainStaysOnTheVolume) {
  change_entry(cluster_of("B") + 5, 0x0abcdef0);
  EXPECT_ONLY(
      "chain.outside: \\B: after 6 clusters its chain leaves the volume for "
      "180150000");
}

TEST_F(FatCheck, AChainHasNoFreeCluster) {
  change_entry(cluster_of("B") + 2, fat::kFree);
  EXPECT_THAT(told(),
              Contains(HasSubstr("chain.outside: \\B: after 3 clusters its chain "
                                 "meets a free one: 0")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_F(FatCheck, AChainIsAsLongAsItsFile) {
  change_slot("A", [](ShortSlot& slot) { slot.size = 9000; });
  EXPECT_ONLY("file.size: \\A: its 9000 bytes take 18 clusters, its chain has 6");
}

TEST_F(FatCheck, AFileWithBytesHasACluster) {
  change_slot("A", [](ShortSlot& slot) { slot.set_cluster(0); });
  EXPECT_THAT(told(), Contains(HasSubstr("file.size: \\A: it has 3000 bytes and no")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_F(FatCheck, ClustersThatNoFileHasAreRemarked) {
  change_entry(9000, fat::kEnd);
  EXPECT_THAT(told(),
              ElementsAre(HasSubstr("clusters.lost: table, cluster 9000: 1 clus"),
                          HasSubstr("info.free: FSInfo")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_F(FatCheck, BadClustersAreRemarked) {
  change_entry(9000, fat::kBad);
  EXPECT_THAT(told(),
              Contains(HasSubstr("clusters.bad: table: 1 clusters are marked")));
}

TEST_F(FatCheck, FreeClustersAreCounted) {
  edit<fat::InfoSector>(geometry_.info_offset,
                        [](fat::InfoSector& info) { info.free_count = 5; });
  EXPECT_ONLY("info.free: FSInfo: it counts 5 free clusters, and there are");
}

TEST_F(FatCheck, FsInfoIsMarked) {
  edit<fat::InfoSector>(geometry_.info_offset,
                        [](fat::InfoSector& info) { info.signature = 5; });
  EXPECT_ONLY("info.marks: FSInfo: it isn't marked as one");
}

TEST_F(FatCheck, ALongNameIsOfItsShortOne) {
  change_slot("ANAMET~1TEX", [](ShortSlot& slot) { slot.name[0] = 'X'; });
  EXPECT_ONLY_WE_SAY(
      "name.checksum: \\FOLDER\\XNAMET~1.TEX: the long name in front of it");
}

TEST_F(FatCheck, ALongNameIsWhole) {
  edit<fat::LongSlot>(slot_of("ANAMET~1TEX") - 32,
                      [](fat::LongSlot& slot) { slot.ordinal = 2; });
  EXPECT_ONLY_WE_SAY(
      "name.long: \\FOLDER\\ANAMET~1.TEX: the long name in front of it isn't");
}

TEST_F(FatCheck, AShortNameIsThereOnce) {
  change_slot("A", [](ShortSlot& slot) { slot.name[0] = 'B'; });
  EXPECT_ONLY("name.twice: \\B: another file of this folder has the same short name");
}

TEST_F(FatCheck, AShortNameHasLettersThatItMay) {
  change_slot("A", [](ShortSlot& slot) { slot.name[0] = '*'; });
  EXPECT_ONLY("name.short: \\");
}

TEST_F(FatCheck, AFolderBeginsWithItsDots) {
  std::uint64_t folder = geometry_.offset_of(cluster_of("FOLDER"));
  edit<ShortSlot>(folder + 32, [](ShortSlot& slot) { slot.set_cluster(77); });
  EXPECT_ONLY("folder.dots: \\FOLDER: its .. leads to cluster 77, not 0");
}

TEST_F(FatCheck, ADirtyVolumeIsRemarked) {
  edit<fat::BootSector>(0, [](fat::BootSector& boot) { boot.state = 1; });
  EXPECT_ONLY("volume.dirty: boot sector and table: the volume is marked");
}

// Made by hand, so that whoever follows ".." goes in circles.
TEST_F(FatCheck, EndsOnALoopThatSomebodyElseMade) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/dfir_ntfs/fat32_loop.raw.gz");
  Place place{folder_ / "loop.raw"};
  ASSERT_TRUE(unpack(packed, place.file));
  EXPECT_THAT(told_of(open_place(place)),
              Contains(HasSubstr("folder.dots: \\test_dir")));
}

}  // namespace
}  // namespace drydock
