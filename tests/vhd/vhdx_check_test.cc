// Every structural rule of a VHDX is broken in turn, and named; what has a cure is
// cured.

#include "tests/vhd/vhdx_support.h"
#include "vhd/check.h"
#include "vhd/create.h"

namespace drydock::testing {
namespace {

// "where: what" of each, errors marked; "" for a clean bill.
std::string problems_of(const DevicePtr& file) {
  auto problems = check_image(file);
  if (!problems) return "not checked: " + problems.error().describe();
  std::string text;
  for (const Problem& problem : *problems) {
    text += problem.severity == Severity::error ? "! " : "";
    text += problem.where + ": " + problem.what + (problem.repairable ? " *\n" : "\n");
  }
  return text;
}
std::string problems_of(ByteVector bytes) {
  return problems_of(std::make_shared<MemoryDevice>(std::move(bytes)));
}

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Two blocks in the file, which is sound.
struct Sound : VhdxBuilder {
  Sound() {
    first = add_block(1, 0x11);
    second = add_block(3, 0x33);
  }
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

TEST(VhdxCheck, ASoundFileHasACleanBill) { EXPECT_EQ(problems_of(Sound().bytes), ""); }

TEST(VhdxCheck, WhatWeMakeHasACleanBill) {
  for (ImageKind kind : {ImageKind::fixed, ImageKind::dynamic}) {
    auto file = std::make_shared<MemoryDevice>(ByteVector{});
    ASSERT_TRUE(create_image(
        *file, {.kind = kind, .virtual_size = 40 * kMiB, .block_size = 1 << 20}));
    EXPECT_EQ(problems_of(file), "");
  }
}

TEST(VhdxCheck, AHeaderThatIsNotSoundIsNamedAndMended) {
  Sound sound;
  sound.bytes[0x10010] ^= std::byte{1};
  EXPECT_THAT(
      problems_of(sound.bytes),
      AllOf(StartsWith("header 1 at 0x10000: its checksum"), HasSubstr(" *\n")));
  auto file = std::make_shared<MemoryDevice>(sound.bytes);
  ASSERT_TRUE(mend_image(file));
  EXPECT_EQ(problems_of(file), "");
}

TEST(VhdxCheck, ARegionTableThatIsNotSoundIsNamedAndMended) {
  for (std::size_t offset : {0x30000, 0x40000}) {
    Sound sound;
    sound.bytes[offset + 20] ^= std::byte{1};
    EXPECT_THAT(problems_of(sound.bytes),
                AllOf(StartsWith("region table "), HasSubstr(" *\n")));
    auto file = std::make_shared<MemoryDevice>(sound.bytes);
    ASSERT_TRUE(mend_image(file));
    EXPECT_EQ(problems_of(file), "");
    EXPECT_EQ(
        byte_at(**open_bytes({file->bytes().begin(), file->bytes().end()}), 1 * kMiB),
        0x11u);
  }
}

TEST(VhdxCheck, ALogThatWaitsIsAWarningAndIsReplayed) {
  Sound sound;
  LogEntryText text{.last_file_offset = sound.bytes.size()};
  text.descriptors = {{.file_offset = VhdxBuilder::kBat + 8192, .zero_length = 4096}};
  sound.set_log_guid(VhdxBuilder::kLogGuid);
  sound.put_log(0, log_entry(text));
  EXPECT_EQ(problems_of(sound.bytes), "log: its 1 entries wait to be replayed *\n");
  auto file = std::make_shared<MemoryDevice>(sound.bytes);
  ASSERT_TRUE(mend_image(file));
  EXPECT_EQ(problems_of(file), "");
}

TEST(VhdxCheck, ALogThatCannotBeReplayedIsAnErrorAndStays) {
  Sound sound;
  sound.set_log_guid(VhdxBuilder::kLogGuid);
  EXPECT_THAT(problems_of(sound.bytes), AllOf(StartsWith("! "), HasSubstr("log")));
  auto file = std::make_shared<MemoryDevice>(sound.bytes);
  EXPECT_EQ(mend_image(file).error().code(), Errc::corrupt);
  EXPECT_TRUE(std::ranges::equal(file->bytes(), sound.bytes));
}

TEST(VhdxCheck, BlocksOnTopOfEachOtherAreBothNamed) {
  Sound sound;
  sound.set_block(3, 6, sound.first);
  EXPECT_THAT(problems_of(sound.bytes),
              HasSubstr("it overlaps with entry of block 1 at 0x300008"));
}

TEST(VhdxCheck, ABlockOnTopOfTheTableIsNamed) {
  Sound sound;
  sound.set_block(3, 6, VhdxBuilder::kBat);
  EXPECT_THAT(problems_of(sound.bytes), HasSubstr("overlaps with"));
}

TEST(VhdxCheck, ABlockPastTheFilesEndIsNamed) {
  Sound sound;
  sound.set_block(3, 6, 77 * kMiB);
  EXPECT_THAT(problems_of(sound.bytes),
              HasSubstr("! entry of block 3 at 0x300018: its 1048576 bytes at "));
}

TEST(VhdxCheck, StatesThatCannotBeAreNamed) {
  Sound sound;
  sound.set_block(0, 4, 0);
  sound.set_block(1, 7, sound.first);
  EXPECT_THAT(
      problems_of(sound.bytes),
      AllOf(
          HasSubstr("! entry of block 0 at 0x300000: state 4 is none of the format's"),
          HasSubstr("! entry of block 1 at 0x300008: partly there, in a file")));
}

TEST(VhdxCheck, SpaceThatBelongsToNobodyIsCounted) {
  Sound sound;
  sound.set_block(1, 0, 0);
  EXPECT_EQ(problems_of(sound.bytes),
            "file: 1 MiB of it belong to no block; compacting gives them back\n");
  sound.bytes.resize(sound.bytes.size() + 5 * kMiB);
  EXPECT_THAT(problems_of(sound.bytes), HasSubstr("6 MiB"));
}

TEST(VhdxCheck, AFileOfNoWholeMiBIsAWarning) {
  Sound sound;
  sound.bytes.resize(sound.bytes.size() + 512);
  EXPECT_THAT(problems_of(sound.bytes), StartsWith("file: its "));
}

TEST(VhdxCheck, WhatBreaksTheReadingIsNamedWithItsPlace) {
  Sound sound;
  sound.bytes[2 * kMiB] = std::byte{'x'};
  EXPECT_THAT(problems_of(sound.bytes),
              AllOf(StartsWith("! metadata: the table doesn't begin")));
  ByteVector bytes = Sound().bytes;
  bytes.resize(700'000);
  EXPECT_THAT(problems_of(bytes), StartsWith("! file: its 700000 bytes"));
}

TEST(VhdxCheck, ReservedBitsAreAWarning) {
  Sound sound;
  sound.set_block(3, 6 | 8, sound.second);
  EXPECT_EQ(problems_of(sound.bytes),
            "entry of block 3 at 0x300018: its reserved bits are 0x8\n");
}

TEST(VhdxCheck, AChildsBlockWithoutItsBitmapIsAnError) {
  Sound sound;
  auto parent_file = std::make_shared<MemoryDevice>(sound.bytes);
  MemoryDevice file(ByteVector{});
  ASSERT_TRUE(create_image(file, {.kind = ImageKind::differencing,
                                  .block_size = 1 << 20,
                                  .parent = *open_image(parent_file),
                                  .parent_link = {.link_id = {},
                                                  .link_id2 = {},
                                                  .relative_path = "base.vhdx",
                                                  .absolute_path = ""}}));
  ByteVector bytes(file.bytes().begin(), file.bytes().end());
  EXPECT_EQ(problems_of(bytes), "");
  std::uint64_t end = bytes.size();
  bytes.resize(end + kMiB);
  put(bytes, 3 * kMiB, 8, end | 7);
  EXPECT_THAT(problems_of(bytes), HasSubstr("no sector bitmap says which part"));
}

TEST(VhdxCheck, CheckingAndMendingWhatIsSoundChangesNothingThatIsSeen) {
  Sound sound;
  auto file = std::make_shared<MemoryDevice>(sound.bytes);
  auto before = (*open_bytes(sound.bytes))->facts();
  ASSERT_TRUE(mend_image(file));
  auto after = (*open_image(file))->facts();
  EXPECT_EQ(before.data_guid, after.data_guid);
}

}  // namespace
}  // namespace drydock::testing
