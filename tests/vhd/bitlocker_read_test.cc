// Volumes that BitLocker encrypts, made by a builder of the tests: what is read, and
// what can't be believed.

#include <algorithm>

#include "tests/vhd/bitlocker_support.h"
#include "vhd/base/endian.h"

namespace drydock::testing {
namespace {

using bitlocker::Volume;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BitlockerMethods : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(BitlockerMethods, ReadAsTheirPlaintext) {
  Built built = build_volume({.method = GetParam()});
  auto volume = open_volume_of(built.below);
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_TRUE(all_of(**volume) == built.plain);
}

TEST_P(BitlockerMethods, ReadAsTheirPlaintextInSectorsOf4096) {
  Built built = build_volume({.method = GetParam(), .sector_size = 4096});
  auto volume = open_volume_of(built.below);
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_EQ((*volume)->sector_size(), 4096u);
  EXPECT_TRUE(all_of(**volume) == built.plain);
}

INSTANTIATE_TEST_SUITE_P(All, BitlockerMethods, all_methods(), method_name);

TEST(BitlockerRead, NeedsNoAlignment) {
  Built built = build_volume({});
  auto volume = *open_volume_of(built.below);
  for (std::uint64_t at : {0u, 511u, 8191u, 8192u - 700u, 655'359u, 70'000u}) {
    ByteVector bytes(140'001);
    ASSERT_TRUE(volume->read(at, bytes));
    EXPECT_TRUE(std::ranges::equal(bytes, Bytes(built.plain).subspan(at, bytes.size())))
        << at;
  }
}

TEST(BitlockerRead, OfAVolumeWithAPartOfASectorAtItsEndEndsBeforeIt) {
  BitlockerBuild build;
  ByteVector encrypted = build_bitlocker(plain_volume(build), build);
  encrypted.resize(encrypted.size() + 300);
  auto volume = open_volume_of(std::make_shared<MemoryDevice>(std::move(encrypted)));
  ASSERT_TRUE(volume);
  EXPECT_EQ((*volume)->size(), kVolumeSize);
}

TEST(BitlockerRead, KnowsZerosOnlyOfWhatIsBitlockersOwn) {
  BitlockerBuild build;
  auto volume = *open_volume_of(build_volume(build).below);
  std::uint64_t own = 0;
  for (std::uint64_t at = 0; at < volume->size();) {
    Extent extent = *volume->extent(at);
    if (extent.zero) own += extent.length;
    at += extent.length;
  }
  EXPECT_EQ(own, 3 * 65536 + 8192u);
}

TEST(BitlockerRead, GoesOnPlainAfterWhatIsEncrypted) {
  BitlockerBuild build{.state = 5, .encrypted_size = 300 * 1024};
  Built built = build_volume(build);
  auto volume = open_volume_of(built.below);
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_TRUE(all_of(**volume) == built.plain);
  // The builder did leave it plain.
  EXPECT_EQ(built.below->bytes()[400 * 1024], built.plain[400 * 1024]);
}

TEST(BitlockerRead, TakesAVolumeThatLooksLikeFat) {
  Built built = build_volume({.to_go = true, .head_size = 65536});
  auto volume = open_volume_of(built.below);
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_TRUE((*volume)->metadata().to_go);
  EXPECT_TRUE(all_of(**volume) == built.plain);
}

TEST(BitlockerRead, ListsWhatAVolumeSaysOfItself) {
  Built built = build_volume({.method = 0x8001, .startup_key = true, .tpm = true});
  auto metadata = bitlocker::read_metadata(*built.below);
  ASSERT_TRUE(metadata) << metadata.error().describe();
  EXPECT_EQ(metadata->volume_id, kBuiltVolumeId);
  EXPECT_EQ(metadata->description, "BUILDER C: 01/02/2020");
  EXPECT_EQ(to_string(metadata->method), "aes-cbc-256-elephant");
  EXPECT_EQ(metadata->created, 0x01d5000000000000u);
  ASSERT_THAT(metadata->protectors, SizeIs(3));
  EXPECT_EQ(to_string(metadata->protectors[0].kind), "clear_key");
  EXPECT_EQ(metadata->protectors[1].id, kBuiltStartupId);
  EXPECT_EQ(metadata->protectors[1].name, "ExternalKey");
  EXPECT_EQ(to_string(metadata->protectors[2].kind), "tpm");
  EXPECT_THAT(metadata->copy_problems, IsEmpty());
}

// ---- the three copies

void damage(MutableBytes volume, std::uint64_t at) { volume[at] ^= std::byte{1}; }

TEST(BitlockerCopies, OneThatIsSoundIsEnough) {
  BitlockerBuild build;
  auto copies = built_copies(kVolumeSize, build);
  for (std::size_t sound = 0; sound < 3; ++sound) {
    ByteVector volume = build_bitlocker(plain_volume(build), build);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != sound) damage(volume, copies[i] + 200);
    }
    auto opened = open_volume_of(std::make_shared<MemoryDevice>(std::move(volume)));
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_THAT((*opened)->metadata().copy_problems, SizeIs(2));
    EXPECT_TRUE(all_of(**opened) == plain_volume(build));
  }
}

TEST(BitlockerCopies, WithoutASoundOneNothingOpens) {
  BitlockerBuild build;
  ByteVector volume = build_bitlocker(plain_volume(build), build);
  for (std::uint64_t copy : built_copies(kVolumeSize, build))
    damage(volume, copy + 200);
  auto opened = open_volume_of(std::make_shared<MemoryDevice>(std::move(volume)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::corrupt);
  EXPECT_THAT(opened.error().describe(), HasSubstr("its checksum is"));
}

TEST(BitlockerCopies, ThatWhichWrappedMoreKeysCounts) {
  BitlockerBuild build;
  ByteVector volume = build_bitlocker(plain_volume(build), build);
  std::uint64_t copy = built_copies(kVolumeSize, build)[1];
  ASSERT_TRUE(store(volume, copy + 64 + 32, le32(11)));  // the nonce counter
  ASSERT_TRUE(store(volume, copy + 12, le16(5)));        // and the state
  seal_bitlocker(volume, copy);
  auto metadata = bitlocker::read_metadata(MemoryDevice(volume));
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->state, bitlocker::State::switching);
  EXPECT_THAT(metadata->copy_problems, ::testing::Not(IsEmpty()));
}

TEST(BitlockerCopies, OneThatItsOwnerDidNotWriteIsNotBelieved) {
  BitlockerBuild build;
  ByteVector volume = build_bitlocker(plain_volume(build), build);
  for (std::uint64_t copy : built_copies(kVolumeSize, build)) {
    damage(volume, copy + 64 + 40);  // the time of its making
    seal_bitlocker(volume, copy);
  }
  auto opened = open_volume_of(std::make_shared<MemoryDevice>(std::move(volume)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::corrupt);
  EXPECT_THAT(opened.error().words(), HasSubstr("hash"));
}

// ---- what is refused

std::string refusal_of(const BitlockerBuild& build) {
  auto opened = open_volume_of(build_volume(build).below);
  return opened ? "" : opened.error().describe();
}

TEST(BitlockerRefused, IsAVolumeThatLostItsPowerWhileItWasConverted) {
  EXPECT_THAT(refusal_of({.state = 2, .encrypted_size = 4096, .converting_size = 4096}),
              HasSubstr("4096 bytes of the volume were being converted"));
}

TEST(BitlockerRefused, IsAVolumeThatIsEncryptedAsItIsWritten) {
  BitlockerBuild build{.encrypts_on_write = true};
  ByteVector volume = build_bitlocker(plain_volume(build), build);
  ASSERT_TRUE(store(volume, 0xa0 + 40, le64(0x4000)));
  std::memcpy(volume.data() + 0x4000, "FVE-EOW\0", 8);
  auto opened = open_volume_of(std::make_shared<MemoryDevice>(std::move(volume)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::unsupported);
  EXPECT_THAT(opened.error().words(), HasSubstr("encrypt-on-write"));
}

TEST(BitlockerRefused, AreOwnPartsThatOverlapOrAreOutside) {
  EXPECT_THAT(refusal_of({.copies = {0x40000, 0x48000, 0x80000}, .head = 0x70000}),
              HasSubstr("overlap"));
  EXPECT_THAT(refusal_of({.head = 0x4000, .head_size = 0x8000}), HasSubstr("overlap"));
  BitlockerBuild build;
  ByteVector volume = build_bitlocker(plain_volume(build), build);
  for (std::uint64_t copy : built_copies(kVolumeSize, build)) {
    ASSERT_TRUE(store(volume, copy + 48, le64(kVolumeSize - 512)));
    seal_bitlocker(volume, copy);
  }
  auto opened = open_volume_of(std::make_shared<MemoryDevice>(std::move(volume)));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().words(), HasSubstr("a copy of the metadata has 65536"));
}

}  // namespace
}  // namespace drydock::testing
