// The check of FAT12 and FAT16: each rule broken by itself, and fsck.fat asked about
// the same bytes; volumes that mtools and we filled have nothing wrong.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "ntfs/fat/format.h"
#include "ntfs/fat/geometry.h"
#include "ntfs/volume_check.h"
#include "tests/ntfs/fat_images.h"
#include "tests/ntfs/ntfs_images.h"

namespace drydock {
namespace {

using fat::ShortSlot;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Ne;

struct Width {
  unsigned bits = 0;
  std::uint64_t size = 0;     // of the volume
  std::uint16_t outside = 0;  // a cluster that it doesn't have
};

class NarrowFatCheck : public FatVolume, public testing::WithParamInterface<Width> {
 protected:
  void SetUp() override {
    FatVolume::SetUp();
    if (IsSkipped()) return;
    make({});
    mcopy(std::string(9000, 'a'), "/A");
    mcopy(std::string(9000, 'b'), "/B");
    mtools({"mmd", "::/FOLDER"});
    mcopy("c", "/FOLDER/A name that is long.text");
    ASSERT_EQ(fsck(), "clean");
    ASSERT_THAT(told(), IsEmpty());
  }

  // Clusters of 2 KiB.
  void make(std::vector<std::string> words) {
    words.insert(words.begin(), {"-F", std::to_string(GetParam().bits), "-s", "4"});
    format(GetParam().size, words);
    ByteVector sector(512);
    ASSERT_TRUE(file()->read(0, sector));
    geometry_ = *fat::read_geometry(sector, GetParam().size);
    ASSERT_EQ(static_cast<unsigned>(geometry_.kind), GetParam().bits);
  }

  std::vector<std::string> told() const {
    auto check = check_volume(write_trap(file()));
    if (!check) return {check.error().describe()};
    std::vector<std::string> words;
    for (const VolumeProblem& problem : check->problems) {
      words.push_back(
          fmt::format("{}: {}: {}", problem.rule, problem.where, problem.what));
    }
    return words;
  }

  // Of the short slot of a name that is padded to 11 letters.
  std::uint64_t slot_of(std::string name) const {
    name.resize(11, ' ');
    ByteVector bytes(256 << 10);
    EXPECT_TRUE(file()->read(geometry_.root_offset, bytes));
    std::size_t at = as_text(bytes).find(name);
    EXPECT_NE(at, std::string_view::npos) << name;
    return geometry_.root_offset + at;
  }
  void change_slot(const std::string& name,
                   const std::function<void(ShortSlot&)>& change) const {
    edit<ShortSlot>(slot_of(name), change);
  }
  std::uint32_t cluster_of(const std::string& name) const {
    std::uint32_t cluster = 0;
    change_slot(name, [&](ShortSlot& slot) { cluster = slot.cluster_low; });
    return cluster;
  }
  std::uint64_t table(std::uint32_t number) const {
    return geometry_.tables_offset + number * geometry_.table_size;
  }
  // In each of the tables, or the second alone.
  void change_entry(std::uint32_t cluster, std::uint32_t value,
                    std::uint32_t first_table = 0) const {
    for (std::uint32_t number = first_table; number < 2; ++number) {
      edit<le16>(table(number) + cluster * GetParam().bits / 8, [&](le16& both) {
        if (GetParam().bits == 16) {
          both = static_cast<std::uint16_t>(value);
        } else if (cluster % 2 == 0) {
          both = static_cast<std::uint16_t>((both & 0xF000) | (value & 0xFFF));
        } else {
          both = static_cast<std::uint16_t>((both & 0x000F) | (value & 0xFFF) << 4);
        }
      });
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

TEST_P(NarrowFatCheck, FindsNothingInWhatOurEngineWrote) {
  {
    FileSystemPtr volume = open();
    ASSERT_TRUE(volume->create_directory("EFI"));
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(volume->put(fmt::format("EFI\\a file of number {}", i),
                              ByteVector(1700 * (i % 5))));
    }
    for (int i = 0; i < 100; i += 3) {
      ASSERT_TRUE(volume->remove(fmt::format("EFI\\a file of number {}", i)));
    }
    ASSERT_TRUE(volume->rename("FOLDER", "EFI\\elsewhere"));
    ASSERT_TRUE(volume->flush());
  }
  EXPECT_EQ(fsck(), "clean");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_P(NarrowFatCheck, ARootMayBeFull) {
  make({"-r", "16"});
  // The label has the first slot.
  for (int i = 1; i < 16; ++i) mcopy(std::string(2048, 'x'), fmt::format("/FILE{}", i));
  EXPECT_EQ(fsck(), "clean");
  auto check = check_volume(file());
  ASSERT_TRUE(check);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(check->file_system, fmt::format("fat{}", GetParam().bits));
  EXPECT_THAT(check->counts,
              ElementsAre(testing::Pair("files", 15), testing::Pair("directories", 0)));
}

TEST_P(NarrowFatCheck, TablesAreAlikeInAnEvenEntry) {
  std::uint32_t cluster = cluster_of("B") / 2 * 2 + 2;
  change_entry(cluster, fat::kEnd, 1);
  EXPECT_ONLY(
      fmt::format("table.copies: table 1, cluster {}: its entry is 0xfffffff, "
                  "in table 0 it is 0x{:x}",
                  cluster, cluster + 1));
}

TEST_P(NarrowFatCheck, TablesAreAlikeInAnOddEntry) {
  std::uint32_t cluster = cluster_of("B") / 2 * 2 + 1;
  change_entry(cluster, fat::kEnd, 1);
  EXPECT_ONLY(
      fmt::format("table.copies: table 1, cluster {}: its entry is 0xfffffff, "
                  "in table 0 it is 0x{:x}",
                  cluster, cluster + 1));
}

TEST_P(NarrowFatCheck, ClustersHaveOneOwner) {
  auto b = static_cast<std::uint16_t>(cluster_of("B"));
  change_slot("A", [&](ShortSlot& slot) { slot.cluster_low = b; });
  EXPECT_THAT(told(), Contains(HasSubstr("chain.shared: \\")));
  EXPECT_THAT(told(), Contains(HasSubstr("clusters.lost: table")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, AChainStaysOnTheVolume) {
  change_entry(cluster_of("B") + 4, GetParam().outside);
  EXPECT_ONLY(fmt::format(
      "chain.outside: \\B: after 5 clusters its chain leaves the volume for {}",
      GetParam().outside));
}

TEST_P(NarrowFatCheck, AChainHasNoFreeCluster) {
  change_entry(cluster_of("B") + 2, fat::kFree);
  EXPECT_THAT(told(),
              Contains(HasSubstr("chain.outside: \\B: after 3 clusters its chain "
                                 "meets a free one: 0")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, AChainHasNoBadCluster) {
  change_entry(cluster_of("B") + 2, fat::kBad);
  EXPECT_THAT(told(),
              Contains(HasSubstr("chain.outside: \\B: after 3 clusters its chain "
                                 "meets a bad one")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, AChainThatBitesItsTailEnds) {
  change_entry(cluster_of("B") + 4, cluster_of("B"));
  EXPECT_ONLY("chain.shared: \\B, cluster");
}

TEST_P(NarrowFatCheck, AChainIsAsLongAsItsFile) {
  change_slot("A", [](ShortSlot& slot) { slot.size = 30000; });
  EXPECT_ONLY("file.size: \\A: its 30000 bytes take 15 clusters, its chain has 5");
}

TEST_P(NarrowFatCheck, AFileWithBytesHasACluster) {
  change_slot("A", [](ShortSlot& slot) { slot.cluster_low = 0; });
  EXPECT_THAT(told(), Contains(HasSubstr("file.size: \\A: it has 9000 bytes and no")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, ClustersThatNoFileHasAreRemarked) {
  change_entry(1001, fat::kEnd);
  EXPECT_ONLY(
      "clusters.lost: table, cluster 1001: 1 clusters are marked in use, and no file "
      "has them");
}

TEST_P(NarrowFatCheck, BadClustersAreRemarked) {
  change_entry(1001, fat::kBad);
  EXPECT_ONLY_WE_SAY("clusters.bad: table: 1 clusters are marked");
}

// Which isn't in any cluster.
TEST_P(NarrowFatCheck, AShortNameIsInTheRootOnce) {
  change_slot("A", [](ShortSlot& slot) { slot.name[0] = 'B'; });
  EXPECT_ONLY("name.twice: \\B: another file of this folder has the same short name");
}

TEST_P(NarrowFatCheck, TheRootHasNoDots) {
  change_slot("A", [](ShortSlot& slot) { slot.name[0] = '.'; });
  EXPECT_THAT(told(), Contains(HasSubstr("folder.dots: : it has dots")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, AFolderBeginsWithItsDots) {
  std::uint64_t folder = geometry_.offset_of(cluster_of("FOLDER"));
  edit<ShortSlot>(folder + 32, [](ShortSlot& slot) { slot.set_cluster(77); });
  EXPECT_ONLY("folder.dots: \\FOLDER: its .. leads to cluster 77, not 0");
}

TEST_P(NarrowFatCheck, ALongNameIsOfItsShortOne) {
  change_slot("ANAMET~1TEX", [](ShortSlot& slot) { slot.name[0] = 'X'; });
  EXPECT_ONLY_WE_SAY(
      "name.checksum: \\FOLDER\\XNAMET~1.TEX: the long name in front of it");
}

TEST_P(NarrowFatCheck, ALongNameHasAShortOneBehindIt) {
  change_slot("ANAMET~1TEX", [](ShortSlot& slot) { slot.name[0] = 0; });
  EXPECT_THAT(told(), Contains(HasSubstr("name.long: \\FOLDER: a long name has no")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

TEST_P(NarrowFatCheck, TheUpperHalfOfAClusterMeansNothing) {
  change_slot("A", [](ShortSlot& slot) { slot.cluster_high = 77; });
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(fsck(), "clean");
  EXPECT_EQ(text_of(*open(), "A"), std::string(9000, 'a'));
}

TEST_P(NarrowFatCheck, ATableIsOfTheBootSectorsMedium) {
  for (std::uint32_t number : {0, 1}) {
    edit<std::uint8_t>(table(number), [](std::uint8_t& media) { media = 0xf0; });
  }
  EXPECT_ONLY_WE_SAY("table.media: table: it is for a medium of kind 0xf0");
}

TEST_P(NarrowFatCheck, ADirtyVolumeIsRemarked) {
  edit<std::uint8_t>(0x25, [](std::uint8_t& state) { state = 1; });
  EXPECT_ONLY("volume.dirty: boot sector and table: the volume is marked");
}

// As Windows does it; FAT12 has no such bit.
TEST_P(NarrowFatCheck, ADirtyTableIsRemarked) {
  if (GetParam().bits == 12) GTEST_SKIP() << "FAT12 has no room for it";
  change_entry(1, 0x7FFF);
  EXPECT_ONLY_WE_SAY("volume.dirty: boot sector and table: the volume is marked");
}

TEST_P(NarrowFatCheck, ABootSectorKeepsItsBounds) {
  edit<fat::BootSector>(0, [](fat::BootSector& boot) { boot.table_sectors_16 = 1; });
  EXPECT_THAT(told(), ElementsAre(HasSubstr("is too short for")));
  EXPECT_THAT(fsck(), Ne("clean"));
}

INSTANTIATE_TEST_SUITE_P(Of, NarrowFatCheck,
                         testing::Values(Width{12, 4 << 20, 0xABC},
                                         Width{16, 16 << 20, 0xABCD}),
                         [](const auto& made) {
                           return fmt::format("Fat{}", made.param.bits);
                         });

}  // namespace
}  // namespace drydock
