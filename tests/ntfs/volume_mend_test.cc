// Narrow wounds of volumes that others made, mended: the bytes are then as they were,
// and ntfs-3g's tools, sleuthkit and dosfstools agree.

#include "ntfs/volume_mend.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "ntfs/ntfs/volume.h"
#include "ntfs/record/layout.h"
#include "ntfs/record/mirror.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/ntfs/ntfs_patch.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/memory_device.h"
#include "vhd/overlay.h"

namespace drydock {
namespace {

using namespace ntfs;
using ::testing::HasSubstr;

constexpr std::uint64_t kVolumeSize = 16 << 20;
constexpr std::size_t kSector = 512;

ByteVector formatted(std::uint64_t size, const std::vector<std::string>& mkntfs) {
  TempFolder folder;
  EXPECT_TRUE(make_ntfs(folder / "volume.raw", size, mkntfs));
  DevicePtr file = open_place({folder / "volume.raw"});
  ByteVector bytes(file->size());
  EXPECT_TRUE(file->read(0, bytes));
  return bytes;
}

class VolumeMend : public ::testing::Test {
 protected:
  void SetUp() override { set_up({}); }

  void set_up(const std::vector<std::string>& mkntfs,
              std::uint64_t size = kVolumeSize) {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    device_ = std::make_shared<MemoryDevice>(formatted(size, mkntfs));
    patch_.emplace(*device_);
    remember();
  }

  void remember() { sound_ = bytes(); }
  ByteVector bytes() const {
    return {device_->bytes().begin(), device_->bytes().end()};
  }
  bool is_as_it_was() const { return bytes() == sound_; }

  void write(std::uint64_t offset, Bytes bytes) {
    ASSERT_TRUE(device_->write(offset, bytes));
  }
  void fill(std::uint64_t offset, std::size_t size, std::byte with = std::byte{0xa5}) {
    write(offset, ByteVector(size, with));
  }

  // "" where there is no wound; an Error's words.
  std::string what(VolumePart part, Records records = Records::first) const {
    auto wound = find_wound(device_, part, records);
    if (!wound) return "Error: " + wound.error().describe();
    return *wound ? (*wound)->what : "";
  }
  // What the wound was.
  VolumeWound mend(VolumePart part, Records records = Records::first) {
    auto wound = mend_wound(device_, part, records);
    EXPECT_TRUE(wound) << wound.error().describe();
    EXPECT_TRUE(wound && *wound) << "there is nothing to mend";
    return wound && *wound ? **wound : VolumeWound{};
  }

  // What the program says of the volume in a file.
  RunResult ask(std::vector<std::string> argv) const {
    TempFolder folder;
    std::ofstream file(folder / "volume.raw", std::ios::binary);
    file << as_text(device_->bytes());
    file.close();
    argv.push_back((folder / "volume.raw").string());
    return run(argv);
  }

  NtfsPatch& patch() { return *patch_; }
  const DevicePtr device() const { return device_; }
  std::uint64_t copy_place() const { return kVolumeSize - kSector; }

 private:
  std::shared_ptr<MemoryDevice> device_;
  std::optional<NtfsPatch> patch_;
  ByteVector sound_;
};

// ---- boot sector

using VolumeMendBoot = VolumeMend;

TEST_F(VolumeMendBoot, ASoundVolumeHasNoWoundAtAll) {
  for (auto part : {VolumePart::boot_sector, VolumePart::mft_mirror,
                    VolumePart::attribute_lists, VolumePart::dirty_mark}) {
    EXPECT_EQ(what(part, Records::all), "") << to_string(part);
    auto mended = mend_wound(device(), part);
    EXPECT_TRUE(mended && !*mended);
  }
  EXPECT_TRUE(is_as_it_was());
}

TEST_F(VolumeMendBoot, AFirstSectorOfGarbageIsWrittenFromItsCopy) {
  fill(0, kSector);
  EXPECT_NE(ask({"ntfsinfo", "-m", "-f"}).exit_code, 0);
  VolumeWound wound = mend(VolumePart::boot_sector);
  EXPECT_TRUE(wound.stops_mount);
  EXPECT_THAT(wound.what, HasSubstr("torn"));
  EXPECT_TRUE(is_as_it_was());
  EXPECT_EQ(ask({"ntfsinfo", "-m", "-f"}).exit_code, 0);
}

TEST_F(VolumeMendBoot, ASectorWithoutItsSignatureIsWrittenFromItsCopy) {
  fill(kSector - 2, 2);
  EXPECT_THAT(mend(VolumePart::boot_sector).evidence[0], HasSubstr("55 AA"));
  EXPECT_TRUE(is_as_it_was());
}

TEST_F(VolumeMendBoot, ASectorThatLeadsToNoFileTableIsWrittenFromItsCopy) {
  le64 elsewhere(1000);
  write(0x30, bytes_of(elsewhere));
  write(0x38, bytes_of(le64(1001)));
  EXPECT_THAT(mend(VolumePart::boot_sector).evidence[0], HasSubstr("no $MFT"));
  EXPECT_TRUE(is_as_it_was());
}

TEST_F(VolumeMendBoot, WhatIsBehindATornSectorIsNotCalledSound) {
  fill(0, kSector);
  for (auto part :
       {VolumePart::mft_mirror, VolumePart::attribute_lists, VolumePart::dirty_mark}) {
    EXPECT_THAT(what(part), HasSubstr("Error")) << to_string(part);
  }
}

TEST_F(VolumeMendBoot, ACopyThatIsNoTwinIsWrittenFromTheFirst) {
  fill(copy_place() + 100, 8);
  VolumeWound wound = mend(VolumePart::boot_sector);
  EXPECT_FALSE(wound.stops_mount);
  EXPECT_TRUE(is_as_it_was());
}

TEST_F(VolumeMendBoot, WhereNeitherIsSoundNothingIsDone) {
  fill(0, kSector);
  fill(copy_place(), kSector);
  EXPECT_EQ(what(VolumePart::boot_sector), "");
}

TEST_F(VolumeMendBoot, ACopyOfAVolumeThatIsGoneIsNotBelieved) {
  // Formatted anew by something else, which left the last sector alone.
  fill(0, kVolumeSize - kSector, std::byte{0});
  EXPECT_EQ(what(VolumePart::boot_sector), "");
}

TEST_F(VolumeMendBoot, AnotherFileSystemOnTheSamePlaceIsLeftAlone) {
  TempFolder folder;
  if (run({"mkfs.fat", "-C", (folder / "fat").string(), "4096"}).exit_code != 0) {
    GTEST_SKIP() << "no mkfs.fat here";
  }
  ByteVector fat(4 << 20);
  ASSERT_TRUE(open_place({folder / "fat"})->read(0, fat));
  write(0, fat);
  EXPECT_EQ(what(VolumePart::boot_sector), "");
}

// ---- $MFTMirr

class VolumeMendMirror : public VolumeMend {
 protected:
  std::uint64_t record_place(std::uint64_t number) {
    return patch().boot().mft_offset + number * patch().record_size();
  }
  std::uint64_t copy_place(std::uint64_t number) {
    return patch().boot().mirror_offset + number * patch().record_size();
  }
};

TEST_F(VolumeMendMirror, ATornRecordIsWrittenFromItsCopy) {
  for (std::uint64_t number = 0; number < kMirroredCount; ++number) {
    fill(record_place(number) + kSector, kSector, std::byte{0});
    EXPECT_NE(ask({"ntfsinfo", "-m", "-f"}).exit_code, 0);
    VolumeWound wound = mend(VolumePart::mft_mirror);
    EXPECT_TRUE(wound.stops_mount);
    EXPECT_TRUE(is_as_it_was()) << number;
  }
  EXPECT_EQ(ask({"ntfsinfo", "-m", "-f"}).exit_code, 0);
}

TEST_F(VolumeMendMirror, ACopyThatIsTornOrStaleIsWrittenFromItsRecord) {
  for (std::uint64_t number = 0; number < kMirroredCount; ++number) {
    fill(copy_place(number), 4);
    EXPECT_FALSE(mend(VolumePart::mft_mirror).stops_mount);
    EXPECT_TRUE(is_as_it_was()) << number;
    // The record's LSN: one change was never mirrored.
    fill(copy_place(number) + 8, 1);
    EXPECT_THAT(mend(VolumePart::mft_mirror).evidence[0], HasSubstr("differ"));
    EXPECT_TRUE(is_as_it_was()) << number;
  }
}

TEST_F(VolumeMendMirror, ARecordWhoseCopyIsTornTooIsNotMended) {
  fill(record_place(2), 4);
  fill(copy_place(2), 4);
  EXPECT_THAT(what(VolumePart::mft_mirror),
              HasSubstr("record 2 can be believed neith"));
}

TEST_F(VolumeMendMirror, NothingIsWrittenWhereTheMirrorSaysThatItIsElsewhere) {
  // The boot sector's word against the record's: those may be a file's clusters.
  le64 elsewhere(patch().boot().mirror_offset / patch().cluster_size() + 1);
  write(0x38, bytes_of(elsewhere));
  EXPECT_THAT(what(VolumePart::mft_mirror), HasSubstr("Error"));
}

TEST_F(VolumeMendMirror, AVolumeWhoseMirrorWasMendedTakesFilesAgain) {
  fill(copy_place(3), 4);
  {
    auto volume = *ntfs::open(device(), {.writable = true});
    EXPECT_FALSE(volume->put("file", ByteVector(10)));
  }
  mend(VolumePart::mft_mirror);
  auto volume = *ntfs::open(device(), {.writable = true});
  EXPECT_TRUE(volume->put("file", ByteVector(10)));
}

// Windows keeps no more than four of them up to date, whatever there is room for.
TEST_F(VolumeMendMirror, CopiesBehindTheFourthMayDiffer) {
  set_up({"-c", "65536"});
  fill(copy_place(5), 4);
  EXPECT_EQ(what(VolumePart::mft_mirror), "");
  auto volume = *ntfs::open(device(), {.writable = true});
  auto condition = volume->condition();
  ASSERT_TRUE(condition);
  EXPECT_TRUE(condition->clean());
  EXPECT_TRUE(volume->put("file", ByteVector(10)));
  EXPECT_TRUE(volume->flush());
}

// ---- attribute lists

class VolumeMendLists : public VolumeMend {
 protected:
  void SetUp() override { set_up({}, 4 * kVolumeSize); }

  // \pieces has so many pieces that its list has clusters of its own, or not.
  void put_pieces(int count) {
    auto volume = *ntfs::open(device(), {.writable = true});
    put_in_pieces(*volume, "pieces", count);
    EXPECT_TRUE(volume->flush());
    number_ = Reference::unpack(volume->find("pieces")->stat().id).record;
    volume.reset();
    remember();
  }

  // Changes the list, which has clusters of its own.  One in the record is in the
  // story of $Secure's.
  void change_list(const NtfsPatch::Change& change) {
    std::uint64_t size = 0;
    ByteVector record = patch().record(number_);
    auto attributes = decode_attributes(record);
    ASSERT_TRUE(attributes);
    for (const RecordAttribute& one : *attributes) {
      if (one.type() == kAttributeListType) size = one.data_size;
    }
    ASSERT_GT(size, 0u);
    patch().change_data(number_, kAttributeListType, u"", 0, size, change);
  }

  std::uint64_t number_ = 0;
};

TEST_F(VolumeMendLists, EntriesSayAgainThatTheirNameIsWhereItIs) {
  put_pieces(400);
  change_list([](MutableBytes list) {
    auto entries = decode_attribute_list(list);
    ASSERT_TRUE(entries);
    EXPECT_GT(entries->size(), 2u);
    for (const ListedAttribute& entry : *entries) {
      list[entry.offset + 7] = std::byte{0x20};
    }
  });
  EXPECT_EQ(what(VolumePart::attribute_lists), "") << "it isn't one of the first";
  VolumeWound wound = mend(VolumePart::attribute_lists, Records::all);
  EXPECT_FALSE(wound.stops_mount);
  EXPECT_THAT(wound.evidence[0], HasSubstr(fmt::format("record {}", number_)));
  EXPECT_TRUE(is_as_it_was());
}

TEST_F(VolumeMendLists, AnEntryThatLeadsNowhereIsNotMended) {
  put_pieces(400);
  change_list([](MutableBytes entry) {
    entry[7] = std::byte{0x1c};
    entry[0x18] = std::byte{0xee};  // an attribute's id
  });
  EXPECT_THAT(what(VolumePart::attribute_lists, Records::all),
              HasSubstr("leads to no attribute"));
}

TEST_F(VolumeMendLists, ANameAmongAnEntrysOwnFieldsIsNotMoved) {
  put_pieces(400);
  change_list([](MutableBytes entry) {
    entry[6] = std::byte{4};  // of the name, in UTF-16 units
    entry[7] = std::byte{0x10};
  });
  EXPECT_THAT(what(VolumePart::attribute_lists, Records::all),
              HasSubstr("among its own fields"));
}

// ---- dirty mark

class VolumeMendDirty : public VolumeMend {
 protected:
  void mark(std::uint16_t flags) {
    patch().change_value(
        kVolumeRecord, kVolumeInformationType,
        [&](MutableBytes value) { ASSERT_TRUE(store(value, 0x0a, le16(flags))); });
  }
};

TEST_F(VolumeMendDirty, TheMarkOfASoundVolumeIsTakenAway) {
  mark(kVolumeIsDirty | 0x80);
  EXPECT_THAT(ask({"ntfsinfo", "-m", "-f"}).out, HasSubstr("DIRTY"));
  VolumeWound wound = mend(VolumePart::dirty_mark);
  EXPECT_THAT(wound.evidence[0], HasSubstr("files"));
  EXPECT_THAT(ask({"ntfsinfo", "-m", "-f"}).out, Not(HasSubstr("DIRTY")));
  EXPECT_EQ(patch().record(kVolumeRecord)[0], std::byte{'F'});
  EXPECT_EQ(what(VolumePart::mft_mirror), "") << "both copies are written";
  EXPECT_EQ(what(VolumePart::dirty_mark), "");
}

TEST_F(VolumeMendDirty, AMarkThatSaysTheTruthStays) {
  mark(kVolumeIsDirty);
  patch().change_record(kRootRecord, [](MutableBytes record) {
    ASSERT_TRUE(store(record, 0x12, le16(7)));  // its link count
  });
  EXPECT_THAT(what(VolumePart::dirty_mark), HasSubstr("chkdsk is needed"));
  EXPECT_FALSE(mend_wound(device(), VolumePart::dirty_mark));
}

TEST_F(VolumeMendDirty, AChkdskThatDidNotEndIsLeftToWindows) {
  mark(kVolumeIsDirty | kChkdskUnderway);
  EXPECT_THAT(what(VolumePart::dirty_mark), HasSubstr("did not end"));
}

class VolumeMendFat : public ::testing::TestWithParam<int> {};

TEST_P(VolumeMendFat, TheMarkOfASoundVolumeIsTakenAway) {
  TempFolder folder;
  std::string path = (folder / "fat").string();
  std::string width = std::to_string(GetParam());
  std::string kib = GetParam() == 32 ? "40960" : "16384";
  if (run({"mkfs.fat", "-F", width, "-C", path, kib}).exit_code != 0) {
    GTEST_SKIP() << "no mkfs.fat here";
  }
  DevicePtr device = open_place({path}, {.writable = true});
  ByteVector sound(device->size());
  ASSERT_TRUE(device->read(0, sound));
  std::uint64_t reserved = *load<le16>(sound, 0x0e) * std::uint64_t{512};
  std::uint64_t table_size = GetParam() == 32 ? *load<le32>(sound, 0x24) * 512u
                                              : *load<le16>(sound, 0x16) * 512u;
  for (std::uint64_t table : {reserved, reserved + table_size}) {
    std::uint64_t flags = table + (GetParam() == 32 ? 7 : 3);
    std::byte clean = sound[flags];
    ByteVector dirty{clean & ~(GetParam() == 32 ? std::byte{0x08} : std::byte{0x80})};
    ASSERT_TRUE(device->write(flags, dirty));
  }
  ByteVector state{std::byte{1}};
  ASSERT_TRUE(device->write(GetParam() == 32 ? 0x41 : 0x25, state));
  auto wound = mend_wound(device, VolumePart::dirty_mark);
  if (!wound && wound.error().code() == Errc::unsupported) {
    GTEST_SKIP() << wound.error().describe();
  }
  ASSERT_TRUE(wound && *wound);
  ByteVector now(device->size());
  ASSERT_TRUE(device->read(0, now));
  EXPECT_EQ(now, sound);
  device.reset();
  RunResult judged = run({"fsck.fat", "-n", path});
  EXPECT_EQ(judged.exit_code, 0) << judged.out;
}

INSTANTIATE_TEST_SUITE_P(Widths, VolumeMendFat, ::testing::Values(16, 32));

}  // namespace
}  // namespace drydock
