// Each rule of the check of NTFS broken by itself, on a volume that is sound but
// for that.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/volume.h"
#include "ntfs/record/layout.h"
#include "ntfs/volume_check.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/ntfs/ntfs_patch.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/memory_device.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using namespace ntfs;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void put16(MutableBytes bytes, std::size_t at, std::uint16_t value) {
  ASSERT_TRUE(store(bytes, at, le16(value)));
}
void put32(MutableBytes bytes, std::size_t at, std::uint32_t value) {
  ASSERT_TRUE(store(bytes, at, le32(value)));
}
void put64(MutableBytes bytes, std::size_t at, std::uint64_t value) {
  ASSERT_TRUE(store(bytes, at, le64(value)));
}
void flip(MutableBytes bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
}

enum class With { no_list, list };

// \many (300 files of 5000 bytes, so that its index has blocks), \one, \two, and
// perhaps \pieces, which has an attribute list.
ByteVector make_sound_volume(With with) {
  TempFolder folder;
  Place place{folder / "volume.raw"};
  EXPECT_TRUE(make_ntfs(place.file, 16 << 20));
  DevicePtr file = open_place(place);
  ByteVector formatted(file->size());
  EXPECT_TRUE(file->read(0, formatted));
  auto device = std::make_shared<MemoryDevice>(std::move(formatted));
  auto volume = *ntfs::open(device, {.writable = true});
  EXPECT_TRUE(volume->create_directory("many"));
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(volume->put(fmt::format("many/file {:03}", i), ByteVector(5000)));
  }
  EXPECT_TRUE(volume->put("one", ByteVector(20000, std::byte{1})));
  EXPECT_TRUE(volume->put("two", ByteVector(20000, std::byte{2})));
  if (with == With::list) put_in_pieces(*volume, "pieces", 400);
  EXPECT_TRUE(volume->flush());
  volume.reset();
  return {device->bytes().begin(), device->bytes().end()};
}

class NtfsCheckRule : public ::testing::Test {
 protected:
  void SetUp() override { set_up(With::no_list); }

  void set_up(With with) {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    device_ = std::make_shared<MemoryDevice>(make_sound_volume(with));
    patch_.emplace(*device_);
    ASSERT_THAT(told(), IsEmpty());
  }

  // "rule: where: what" of each problem.
  std::vector<std::string> told() const {
    auto check = check_volume(device_);
    if (!check) return {check.error().describe()};
    std::vector<std::string> words;
    for (const VolumeProblem& problem : check->problems) {
      words.push_back(
          fmt::format("{}: {}: {}", problem.rule, problem.where, problem.what));
    }
    return words;
  }

  std::uint64_t record_of(std::string_view path) const {
    auto volume = *ntfs::open(device_);
    auto file = volume->find(path);
    EXPECT_TRUE(file) << path;
    return Reference::unpack(file->stat().id).record;
  }

  NtfsPatch& patch() { return *patch_; }
  BlockDevice& device() { return *device_; }

 private:
  DevicePtr device_;
  std::optional<NtfsPatch> patch_;
};

#define EXPECT_ONLY(text) EXPECT_THAT(told(), ElementsAre(HasSubstr(text)))
#define EXPECT_TOLD(text) EXPECT_THAT(told(), Contains(HasSubstr(text)))

// Offsets in a file record, an attribute, an index block and an index entry.
constexpr std::size_t kSequence = 0x10;
constexpr std::size_t kLinkCount = 0x12;
constexpr std::size_t kFlags = 0x16;
constexpr std::size_t kUsedSize = 0x18;
constexpr std::size_t kAllocatedSize = 0x1c;
constexpr std::size_t kBase = 0x20;
constexpr std::size_t kBlockEntries = 0x40;  // of a block of 4096 bytes
constexpr std::size_t kEntryLength = 8;
constexpr std::size_t kEntryFlags = 12;

TEST_F(NtfsCheckRule, ATornBootSectorIsReadFromItsCopy) {
  ASSERT_TRUE(device().write(0, ByteVector(512)));
  EXPECT_ONLY("boot.sector: boot sector: the boot sector isn't marked as NTFS");
}

TEST_F(NtfsCheckRule, ABootSectorThatHasNoTwinIsRemarked) {
  ASSERT_TRUE(device().write(device().size() - 512, ByteVector(512)));
  EXPECT_ONLY("boot.copy");
}

TEST_F(NtfsCheckRule, TheFirstRecordMayHaveToComeFromTheMirror) {
  ASSERT_TRUE(device().write(patch().place_of(0) + 510, ByteVector(2)));
  EXPECT_TOLD("mft.record: record 0: $MFT's own record can't be believed");
  EXPECT_TOLD("record.torn: record 0: its sectors aren't of one write");
}

TEST_F(NtfsCheckRule, NothingIsFollowedWhereNoFirstRecordCanBeBelieved) {
  ASSERT_TRUE(device().write(patch().place_of(0), ByteVector(4)));
  ASSERT_TRUE(device().write(patch().boot().mirror_offset, ByteVector(4)));
  EXPECT_ONLY("mft.record: $MFT: can be believed neither in $MFT nor in its mirror");
}

TEST_F(NtfsCheckRule, TheMirrorRepeatsTheFirstRecords) {
  std::uint64_t place = patch().boot().mirror_offset + 2 * patch().record_size();
  ASSERT_TRUE(device().write(place + kLinkCount, ByteVector(2)));
  EXPECT_ONLY(
      "mirror.record: record 2 \\$LogFile, $MFTMirr: the mirror's copy differs");
  ASSERT_TRUE(device().write(place, ByteVector(4)));
  EXPECT_ONLY("the mirror's copy is torn");
}

TEST_F(NtfsCheckRule, TheMirrorIsWhereTheBootSectorSays) {
  std::uint64_t bytes = 0x38;  // MftMirr
  ByteVector sector(512);
  ASSERT_TRUE(device().read(0, sector));
  put64(sector, bytes, *load<le64>(sector, bytes) + 1);
  ASSERT_TRUE(device().write(0, sector));
  EXPECT_TOLD("mirror.place: record 1 \\$MFTMirr");
}

TEST_F(NtfsCheckRule, MftHasABitmapOfAllRecords) {
  patch().change_attribute(0, kBitmapType,
                           [](MutableBytes bytes) { put64(bytes, 0x30, 1); });
  EXPECT_TOLD("mft.bitmap: record 0 \\$MFT, bitmap: 1 bytes for");
}

TEST_F(NtfsCheckRule, ARecordInUseIsMarkedSo) {
  std::uint64_t one = record_of("one");
  patch().change_data(0, kBitmapType, u"", one / 8, 1,
                      [&](MutableBytes bytes) { flip(bytes, one % 8); });
  EXPECT_ONLY("record.bitmap: record 365 \\one: it is in use, and");
}

TEST_F(NtfsCheckRule, ARecordThatIsMarkedIsOne) {
  std::uint64_t one = record_of("one");
  ASSERT_TRUE(device().write(patch().place_of(one), ByteVector(4)));
  EXPECT_TOLD("record.mark");
  EXPECT_TOLD("it lists one as record 365, which can't be believed");
}

TEST_F(NtfsCheckRule, ARecordThatIsMarkedAndUnusedIsRemarked) {
  std::uint64_t one = record_of("one");
  patch().change_record(one, [](MutableBytes bytes) { put16(bytes, kFlags, 0); });
  EXPECT_TOLD("record.unused");
  EXPECT_TOLD("it lists one as record 365, which isn't in use");
}

TEST_F(NtfsCheckRule, ARecordIsOfOneWrite) {
  ASSERT_TRUE(device().write(patch().place_of(record_of("one")) + 510, ByteVector(2)));
  EXPECT_TOLD("record.torn: record 365: its sectors aren't of one write");
}

TEST_F(NtfsCheckRule, ARecordsSizesCanBe) {
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put32(bytes, kAllocatedSize, 512); });
  patch().change_record(record_of("two"),
                        [](MutableBytes bytes) { put32(bytes, kUsedSize, 5000); });
  EXPECT_TOLD("record.header: record 365 \\one: it says that it has 512 bytes");
  EXPECT_TOLD("record.header: record 366: 5000 bytes used");
}

TEST_F(NtfsCheckRule, ARecordKnowsItsNumber) {
  patch().change_record(record_of("one"), [](MutableBytes bytes) {
    put32(bytes, kRecordNumberOffset, 7);
  });
  EXPECT_ONLY("record.number: record 365 \\one: it says that it is record 7");
}

TEST_F(NtfsCheckRule, AnExtensionBelongsToARecordThatIsThere) {
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put64(bytes, kBase, 1 << 30); });
  EXPECT_TOLD("record.base: record 365");
}

TEST_F(NtfsCheckRule, AnExtensionIsListedByItsFile) {
  patch().change_record(record_of("one"), [&](MutableBytes bytes) {
    put64(bytes, kBase, Reference{.record = record_of("two"), .sequence = 1}.pack());
  });
  EXPECT_TOLD("list.missing: record 365");
  EXPECT_TOLD("it lists one as record 365, which belongs to record 366");
}

TEST_F(NtfsCheckRule, AttributesFillTheirRecord) {
  patch().change_attribute(record_of("one"), kFileNameType,
                           [](MutableBytes bytes) { put32(bytes, 4, 0); });
  EXPECT_TOLD("record.attributes: record 365: an attribute of 0 bytes");
}

TEST_F(NtfsCheckRule, AValueIsWithinItsAttribute) {
  patch().change_attribute(record_of("one"), kStandardInformationType,
                           [](MutableBytes bytes) { put32(bytes, 0x10, 4000); });
  EXPECT_TOLD("attribute.bounds: record 365, attribute 0x10 at 56: a value of");
}

TEST_F(NtfsCheckRule, AttributesStandInTheOrderOfTheirTypes) {
  patch().change_attribute(record_of("one"), kStandardInformationType,
                           [](MutableBytes bytes) { put32(bytes, 0, 0x100); });
  EXPECT_TOLD("record.order: record 365 \\one, attribute 0x30");
  EXPECT_TOLD("record.information: record 365 \\one");
}

TEST_F(NtfsCheckRule, ANameIsWithinItsAttribute) {
  patch().change_value(record_of("one"), kFileNameType,
                       [](MutableBytes bytes) { bytes[0x40] = std::byte{200}; });
  EXPECT_TOLD("names.name: record 365, attribute 0x30: a name of 400 bytes");
}

TEST_F(NtfsCheckRule, ASecurityIdIsOfSecure) {
  // The file gets a $STANDARD_INFORMATION with room for an id.
  patch().change_record(record_of("one"), [](MutableBytes bytes) {
    constexpr std::uint32_t kLonger = 0x48 - 0x30;
    std::uint32_t at = *load<le16>(bytes, 0x14);
    std::uint32_t next = at + *load<le32>(bytes, at + 4);
    std::uint32_t used = *load<le32>(bytes, kUsedSize);
    std::copy_backward(bytes.begin() + next, bytes.begin() + used,
                       bytes.begin() + used + kLonger);
    put32(bytes, kUsedSize, used + kLonger);
    put32(bytes, at + 4, next - at + kLonger);
    put32(bytes, at + 0x10, 0x48);
    put32(bytes, at + 0x18 + 0x34, 4711);
  });
  EXPECT_ONLY("secure.id: record 365 \\one: it has security id 4711");
}

TEST_F(NtfsCheckRule, AMappingIsOfTheVolume) {
  patch().change_attribute(record_of("one"), kDataType, [](MutableBytes bytes) {
    put32(bytes, 0x40, 0x7fff0521);  // A run of 5 clusters from 0x7fff on.
  });
  EXPECT_TOLD("attribute.runs: record 365 \\one, attribute 0x80: 5 clusters at 32767");
  EXPECT_TOLD("clusters.unowned");
}

TEST_F(NtfsCheckRule, AMappingHasAsManyClustersAsItsVcns) {
  patch().change_attribute(record_of("one"), kDataType,
                           [](MutableBytes bytes) { put64(bytes, 0x18, 5); });
  EXPECT_TOLD("its mapping describes 5 clusters, its VCNs count 6");
}

TEST_F(NtfsCheckRule, SizesFitEachOtherAndTheMapping) {
  patch().change_attribute(record_of("one"), kDataType,
                           [](MutableBytes bytes) { put64(bytes, 0x38, 30000); });
  patch().change_attribute(record_of("two"), kDataType,
                           [](MutableBytes bytes) { put64(bytes, 0x28, 24576); });
  EXPECT_THAT(told(),
              ElementsAre(HasSubstr("30000 bytes valid of 20000 in 20480"),
                          HasSubstr("24576 bytes are allocated, and its mapping "
                                    "ends with cluster 5")));
}

TEST_F(NtfsCheckRule, ADirectoryIsWhatHasAnIndexOfNames) {
  patch().change_record(record_of("many"),
                        [](MutableBytes bytes) { put16(bytes, kFlags, 1); });
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put16(bytes, kFlags, 3); });
  EXPECT_TOLD("\\many: it has an index of names and is no directory");
  EXPECT_TOLD("\\one: it is a directory without an index of names");
}

TEST_F(NtfsCheckRule, NamesAreCounted) {
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put16(bytes, kLinkCount, 2); });
  EXPECT_ONLY("names.count: record 365 \\one: it counts 2 names and has 1");
}

TEST_F(NtfsCheckRule, AFileWithoutANameIsRemarked) {
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put16(bytes, kLinkCount, 0); });
  EXPECT_TOLD("names.none: record 365 \\one");
}

TEST_F(NtfsCheckRule, ADirectoryListsThoseThatNameIt) {
  patch().change_value(record_of("one"), kFileNameType, [](MutableBytes bytes) {
    put16(bytes, sizeof(FileName), u'O');
  });
  EXPECT_TOLD(
      "index.stale: record 5 \\, index $I30: it lists one as record 365, which "
      "has no such name");
  EXPECT_TOLD(
      "index.missing: record 365 \\One: its name One is in directory 5, which "
      "doesn't list it");
}

TEST_F(NtfsCheckRule, AnEntryIsOfTheFileThatIsThereNow) {
  patch().change_record(record_of("one"),
                        [](MutableBytes bytes) { put16(bytes, kSequence, 9); });
  EXPECT_TOLD("it lists one as record 365, of sequence 1, which is of 9 now");
}
// \pieces has its data in extension records, of which its list tells.
class NtfsCheckListRule : public NtfsCheckRule {
 protected:
  void SetUp() override {
    set_up(With::list);
    if (IsSkipped()) return;
    pieces_ = record_of("pieces");
    auto table = FileTable::open(device(), patch().boot());
    ByteVector base = patch().record(pieces_);
    entries_ = *table->list_of(base);
    ASSERT_GT(entries_.size(), 3u);
    auto found = decode_attributes(base);
    for (const RecordAttribute& one : *found) {
      if (one.type() == kAttributeListType) resident_ = one.resident;
    }
  }
  // The bytes of the entry of the last piece.
  void change_last_entry(const NtfsPatch::Change& change) {
    std::size_t at = entries_.back().offset;
    if (resident_) {
      return patch().change_value(pieces_, kAttributeListType, [&](MutableBytes bytes) {
        change(bytes.subspan(at));
      });
    }
    patch().change_data(pieces_, kAttributeListType, u"", at, 32, change);
  }
  std::uint64_t last_record() const { return entries_.back().record.record; }

  std::uint64_t pieces_ = 0;
  std::vector<ListedAttribute> entries_;
  bool resident_ = false;
};

TEST_F(NtfsCheckListRule, ANameBeginsWhereWindowsWantsIt) {
  for (int wrong : {0x1c, 0x20}) {
    change_last_entry([&](MutableBytes bytes) { bytes[7] = std::byte(wrong); });
    EXPECT_ONLY(fmt::format("list.name-offset: record {} \\pieces", pieces_));
    EXPECT_TOLD(fmt::format("its name is said to begin at 0x{:x}", wrong));
  }
}

TEST_F(NtfsCheckListRule, AnEntryIsWithinTheList) {
  change_last_entry([](MutableBytes bytes) { put16(bytes, 4, 8); });
  EXPECT_TOLD("list.entry: record");
  EXPECT_TOLD("an entry of 8 bytes at");
}

TEST_F(NtfsCheckListRule, AnEntryLeadsToARecordOfThisFile) {
  change_last_entry([&](MutableBytes bytes) {
    put64(bytes, 0x10, Reference{.record = record_of("one"), .sequence = 1}.pack());
  });
  EXPECT_TOLD("list.record");
  EXPECT_TOLD("belongs to record 0");
  change_last_entry([&](MutableBytes bytes) {
    put64(bytes, 0x10, Reference{.record = last_record(), .sequence = 77}.pack());
  });
  EXPECT_TOLD("of sequence 77 is of sequence");
}

TEST_F(NtfsCheckListRule, AnEntryLeadsToAnAttribute) {
  change_last_entry([](MutableBytes bytes) { put16(bytes, 0x18, 999); });
  EXPECT_TOLD("has no attribute 0x80 of id 999");
}

TEST_F(NtfsCheckListRule, APieceFollowsTheOneBeforeIt) {
  change_last_entry([](MutableBytes bytes) { put64(bytes, 8, 1 << 20); });
  EXPECT_TOLD("list.vcn");
  EXPECT_TOLD("VCN 1048576 is listed, the piece begins with");
}

TEST_F(NtfsCheckListRule, AllOfARecordIsListed) {
  // An end mark in place of the last entry's length would be no list; so the file
  // is told of one attribute less.
  std::size_t size = entries_.back().offset;
  ASSERT_FALSE(resident_);
  patch().change_attribute(pieces_, kAttributeListType, [&](MutableBytes bytes) {
    put64(bytes, 0x30, size);
    put64(bytes, 0x38, size);
  });
  EXPECT_TOLD("list.missing: record");
  EXPECT_TOLD("attribute.sizes");
}

TEST_F(NtfsCheckRule, AnIndexHasARootThatCanBe) {
  patch().change_attribute(
      record_of("many"), kIndexRootType,
      [](MutableBytes bytes) {
        put32(bytes, 0x20 + 8, 3000);  // The name is before the value.
      },
      u"$I30");
  EXPECT_TOLD("index.root: record");
  EXPECT_TOLD("blocks of 3000 bytes can't be");
}

TEST_F(NtfsCheckRule, ANodesSizesCanBe) {
  patch().change_block(record_of("many"), 0,
                       [](MutableBytes bytes) { put32(bytes, 0x1c, 60000); });
  EXPECT_TOLD("index.node: record 64 \\many, index $I30, block at VCN 0: the sizes");
}

TEST_F(NtfsCheckRule, ABlockIsOfOneWrite) {
  patch().change_data(record_of("many"), kIndexAllocationType, u"$I30", 510, 2,
                      [](MutableBytes bytes) { put16(bytes, 0, 0xabcd); });
  EXPECT_TOLD("index.block: record 64 \\many, index $I30, block at VCN 0: it is torn");
}

TEST_F(NtfsCheckRule, ABlockKnowsItsVcn) {
  patch().change_block(record_of("many"), 0,
                       [](MutableBytes bytes) { put64(bytes, 0x10, 5); });
  EXPECT_TOLD("index.vcn");
  EXPECT_TOLD("block at VCN 0: it says that it is at VCN 5");
}

// The root's first entry leads to a block: it is told to lead elsewhere.
void lead_root_to(NtfsPatch& patch, std::uint64_t directory, std::uint64_t vcn,
                  std::uint64_t* before = nullptr) {
  patch.change_attribute(
      directory, kIndexRootType,
      [&](MutableBytes bytes) {
        std::size_t entry = 0x20 + 0x20;
        auto length = load<le16>(bytes, entry + kEntryLength);
        if (before != nullptr) *before = *load<le64>(bytes, entry + *length - 8);
        put64(bytes, entry + *length - 8, vcn);
      },
      u"$I30");
}

TEST_F(NtfsCheckRule, AWalkStaysWithinTheIndex) {
  lead_root_to(patch(), record_of("many"), 4000);
  EXPECT_TOLD(
      "index.vcn: record 64 \\many, index $I30, block at VCN 4000: the index has");
}

// The block below the root is told to be below itself.
TEST_F(NtfsCheckRule, AWalkComesByABlockOnce) {
  std::uint64_t top = 0;
  lead_root_to(patch(), record_of("many"), 0, &top);
  lead_root_to(patch(), record_of("many"), top);
  patch().change_block(record_of("many"), top, [&](MutableBytes bytes) {
    auto length = load<le16>(bytes, kBlockEntries + kEntryLength);
    put64(bytes, kBlockEntries + *length - 8, top);
  });
  EXPECT_TOLD("index.loop: record 64 \\many, index $I30, block at VCN");
}

TEST_F(NtfsCheckRule, AnEntryIsWithinItsNode) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    put16(bytes, kBlockEntries + kEntryLength, 12);
  });
  EXPECT_TOLD(
      "index.entry: record 64 \\many, index $I30, block at VCN 0: an entry of 12");
}

TEST_F(NtfsCheckRule, AnEntryOfALeafHasNothingBelow) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    put16(bytes, kBlockEntries + kEntryFlags, kEntryHasBlock);
  });
  EXPECT_TOLD("has a block below it, and the node has none");
}

TEST_F(NtfsCheckRule, NamesStandInTheOrderOfUpcase) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    put16(bytes, kBlockEntries + sizeof(IndexEntry) + sizeof(FileName), u'z');
  });
  EXPECT_TOLD("index.order: record 64 \\many, index $I30, block at VCN 0");
}

TEST_F(NtfsCheckRule, AnEntrysNameIsWithinIt) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    bytes[kBlockEntries + sizeof(IndexEntry) + 0x40] = std::byte{250};
  });
  EXPECT_TOLD("index.name: record 64 \\many, index $I30: a name of 500 bytes");
}

TEST_F(NtfsCheckRule, AnEntrySaysWhichDirectoryItIsIn) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    put64(bytes, kBlockEntries + sizeof(IndexEntry), 5);
  });
  EXPECT_ONLY("index.parent: record 64 \\many, index $I30: the entry of FI0093~5 says");
}

TEST_F(NtfsCheckRule, AnEntryLeadsIntoMft) {
  patch().change_block(record_of("many"), 0, [](MutableBytes bytes) {
    put64(bytes, kBlockEntries, 1 << 20);
  });
  EXPECT_TOLD(
      "index.stale: record 64 \\many, index $I30: FI0093~5 is said to be record "
      "1048576");
}

TEST_F(NtfsCheckRule, ABlockInUseIsMarkedSo) {
  patch().change_attribute(
      record_of("many"), kBitmapType,
      [](MutableBytes bytes) { flip(bytes.subspan(0x20), 0); }, u"$I30");
  EXPECT_ONLY("index.bitmap: record 64 \\many, index $I30: block 0 is in use");
}

TEST_F(NtfsCheckRule, ABlockThatIsMarkedAndUnreachedIsRemarked) {
  patch().change_attribute(
      record_of("many"), kIndexRootType,
      [](MutableBytes bytes) {
        // The root has no entry left, nor a block below.
        put32(bytes, 0x20 + 0x10 + 4, 0x20);
        put16(bytes, 0x20 + 0x20 + kEntryLength, 0x10);
        put16(bytes, 0x20 + 0x20 + kEntryFlags, kEntryIsLast);
      },
      u"$I30");
  EXPECT_TOLD("index.unreached: record 64 \\many, index $I30");
}

TEST_F(NtfsCheckRule, DescriptorsAreTheOnesThatTheIndexesTell) {
  patch().change_data(9, kDataType, u"$SDS", 0, 0x40,
                      [](MutableBytes bytes) { flip(bytes, 0x20 * 8); });
  EXPECT_TOLD(
      "secure.descriptor: record 9 \\$Secure, $SDS, descriptor of id 256: its "
      "hash is");
}

TEST_F(NtfsCheckRule, DescriptorsAreWrittenTwice) {
  patch().change_data(9, kDataType, u"$SDS", 0x40000, 0x40,
                      [](MutableBytes bytes) { flip(bytes, 4 * 8); });
  EXPECT_TOLD(
      "secure.descriptor: record 9 \\$Secure, $SDS, copy of id 256: another "
      "header is at 262144");
}

TEST_F(NtfsCheckRule, BothIndexesOfDescriptorsAgree) {
  patch().change_attribute(
      9, kIndexRootType,
      [](MutableBytes bytes) {
        // The first entry's data: after the key of 8 bytes.
        put64(bytes, 0x20 + 0x20 + 0x18 + 8, 4096);
      },
      u"$SDH");
  EXPECT_TOLD("secure.index: record 9 \\$Secure: $SII and $SDH don't tell of the same");
}

TEST_F(NtfsCheckRule, AVolumesVersionIsKnown) {
  patch().change_value(3, kVolumeInformationType,
                       [](MutableBytes bytes) { bytes[8] = std::byte{7}; });
  EXPECT_ONLY("volume.information: record 3 \\$Volume: version 7.1 isn't known");
}

TEST_F(NtfsCheckRule, ADirtyVolumeIsRemarked) {
  patch().change_value(3, kVolumeInformationType,
                       [](MutableBytes bytes) { put16(bytes, 10, kVolumeIsDirty); });
  EXPECT_ONLY("volume.dirty: record 3 \\$Volume");
}

TEST_F(NtfsCheckRule, NamesAreFoldedByATableThatCanBe) {
  patch().change_data(10, kDataType, u"", 0, 512,
                      [](MutableBytes bytes) { put16(bytes, 2 * u'b', u'X'); });
  EXPECT_ONLY("upcase.table: record 10 \\$UpCase: it folds U+0062 to U+0058");
}

TEST_F(NtfsCheckRule, ClustersInUseAreMarkedSo) {
  std::uint64_t cluster = patch().cluster_of(record_of("one"), kDataType);
  patch().change_data(6, kDataType, u"", cluster / 8, 2, [&](MutableBytes bytes) {
    flip(bytes, cluster % 8);
    flip(bytes, cluster % 8 + 1);
  });
  EXPECT_ONLY(
      fmt::format("clusters.free: record 365 \\one, cluster {}: 2 clusters are in "
                  "use and marked free: record 365, attribute 0x80",
                  cluster));
}

TEST_F(NtfsCheckRule, ClustersThatNobodyHasAreRemarked) {
  std::uint64_t last = device().size() / 4096 - 2;
  patch().change_data(6, kDataType, u"", last / 8, 1,
                      [&](MutableBytes bytes) { flip(bytes, last % 8); });
  EXPECT_ONLY(fmt::format(
      "clusters.unowned: record 6 \\$Bitmap, cluster {}: 1 clusters", last));
}

TEST_F(NtfsCheckRule, ClustersHaveOneOwner) {
  std::uint64_t cluster = patch().cluster_of(record_of("two"), kDataType);
  patch().change_attribute(record_of("one"), kDataType, [&](MutableBytes bytes) {
    put16(bytes, 0x42, static_cast<std::uint16_t>(cluster));
  });
  EXPECT_TOLD(
      fmt::format("clusters.shared: record 365 \\one, cluster {}: 5 clusters have "
                  "more than one owner: record 365, attribute 0x80; record 366, "
                  "attribute 0x80",
                  cluster));
}

TEST_F(NtfsCheckRule, ABitmapHasABitForEachCluster) {
  patch().change_attribute(6, kDataType, [](MutableBytes bytes) {
    put64(bytes, 0x30, 16);
    put64(bytes, 0x38, 16);
  });
  EXPECT_TOLD("bitmap.data: record 6 \\$Bitmap: 16 bytes for 4095 clusters");
}

}  // namespace
}  // namespace drydock
