#include "tests/vhd/vhd1_support.h"

namespace drydock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(VhdRead, AFixedDiskIsWhatComesBeforeTheFooter) {
  VhdBuilder file({.kind = 2, .virtual_size = 4096});
  for (std::size_t i = 0; i < 4096; ++i) file.bytes[i] = std::byte(i / 16);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().format, ImageFormat::vhd);
  EXPECT_EQ(image->facts().kind, ImageKind::fixed);
  EXPECT_EQ(image->facts().creator, "win");
  EXPECT_EQ(image->size(), 4096u);
  EXPECT_TRUE(
      std::ranges::equal(read_all(*image, 0, 4096), Bytes(file.bytes).first(4096)));
}

TEST(VhdRead, AFooterOf511BytesIsAFooter) {
  VhdBuilder file({.kind = 2, .virtual_size = 4096});
  file.bytes.pop_back();
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->size(), 4096u);
  EXPECT_THAT(image->facts().notes, IsEmpty());
}

TEST(VhdRead, AFixedDiskMayHoldTheStartOfADynamicOne) {
  VhdBuilder inside;
  VhdBuilder file({.kind = 2, .virtual_size = 4096});
  std::memcpy(file.bytes.data(), inside.bytes.data(), 2048);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().kind, ImageKind::fixed);
}

TEST(VhdRead, AFixedDiskThatWasCutIsCorrupt) {
  VhdBuilder file({.kind = 2, .virtual_size = 4096});
  file.bytes.erase(file.bytes.begin(), file.bytes.begin() + 512);
  EXPECT_THAT(words_of(file.bytes),
              HasSubstr("4096 bytes, in a file that ends at 3584"));
}

TEST(VhdRead, BlocksOfADynamicDiskAreWhereTheTableSays) {
  VhdBuilder file;
  file.add_block(7, 0x77);
  file.add_block(0, 0x11);
  file.add_block(8, 0x88);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().block_size, kSmallBlock);
  EXPECT_EQ(read_all(*image, 0, kSmallBlock), filled(kSmallBlock, 0x11));
  EXPECT_EQ(read_all(*image, kSmallBlock, 6 * kSmallBlock), filled(6 * kSmallBlock, 0));
  EXPECT_EQ(byte_at(*image, 8 * kSmallBlock - 1), 0x77u);
  EXPECT_EQ(byte_at(*image, 8 * kSmallBlock), 0x88u);
  EXPECT_EQ(byte_at(*image, 9 * kSmallBlock), 0u);
}

TEST(VhdRead, ASectorOfADynamicDiskWhoseBitIsNotSetIsZeros) {
  VhdBuilder file;
  file.add_block(3, 0x33, 9, 6);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  ByteVector block = filled(kSmallBlock, 0);
  std::memset(block.data() + 9 * 512, 0x33, 6 * 512);
  EXPECT_EQ(read_all(*image, 3 * kSmallBlock, kSmallBlock), block);
  EXPECT_EQ(byte_at(*image, 3 * kSmallBlock + 9 * 512 - 1), 0u);
  EXPECT_EQ(byte_at(*image, 3 * kSmallBlock + 15 * 512 - 1), 0x33u);
  EXPECT_EQ(byte_at(*image, 3 * kSmallBlock + 15 * 512), 0u);
}

TEST(VhdRead, ReadsMayBeginAndEndAnywhere) {
  VhdBuilder file;
  for (std::uint64_t block : Numbers{2, 1, 4}) {
    std::uint64_t at = file.add_block(block, 0) + 512;
    for (std::size_t i = 0; i < kSmallBlock; ++i) {
      file.bytes[at + i] = std::byte((block * kSmallBlock + i) * 37 >> 9);
    }
  }
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  ByteVector whole = read_all(*image, 0, image->size());
  for (std::uint64_t at : Numbers{1, 511, kSmallBlock - 1, 2 * kSmallBlock - 700}) {
    ByteVector part = read_all(*image, at, 3 * kSmallBlock + 5);
    EXPECT_EQ(std::memcmp(part.data(), whole.data() + at, part.size()), 0) << at;
  }
}

TEST(VhdRead, OnlyWhatTheDiskHasOfItsLastBlockMustBeInTheFile) {
  VhdBuilder file({.virtual_size = 65 * kKiB});
  file.add_block(1, 0x55);
  ByteVector footer(file.bytes.end() - 512, file.bytes.end());
  file.bytes.resize(file.place(1) + 512 + kKiB);
  file.bytes.insert(file.bytes.end(), footer.begin(), footer.end());
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(read_all(*image, 64 * kKiB, kKiB), filled(kKiB, 0x55));
}

TEST(VhdRead, ExtentsTellWhatIsZeroAndMapWhereTheRestIs) {
  VhdBuilder file;
  std::uint64_t place = file.add_block(3, 0x33, 8, 8);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  Mapping first = *image->map(0);
  EXPECT_EQ(first.length, 3 * kSmallBlock);
  EXPECT_TRUE(first.zero && !first.present && !first.file_offset);
  Mapping there = *image->map(3 * kSmallBlock + 4096 + 100);
  EXPECT_EQ(there.length, 3996u);
  EXPECT_TRUE(there.present && !there.zero);
  EXPECT_EQ(there.file_offset, place + 512 + 4096 + 100);
  EXPECT_TRUE(image->extent(3 * kSmallBlock)->zero);
  EXPECT_EQ(image->extent(3 * kSmallBlock)->length, 4096u);
  EXPECT_EQ(image->map(image->size())->length, 0u);
}

// How large is the disk of this maker, size and count?  65535 x 16 x 255 sectors are
// the most that can be counted.
std::uint64_t size_of(const std::string& creator, std::uint32_t geometry) {
  VhdBuilder file({.virtual_size = 4 * kMiB, .creator = creator, .geometry = geometry});
  auto facts = examine_image(std::make_shared<MemoryDevice>(file.bytes));
  return facts ? facts->virtual_size : 0;
}

TEST(VhdRead, TheSizeIsCountedInCylindersWhereItsMakerCountedSo) {
  constexpr std::uint32_t kCount = 0x00780411;  // 120 x 4 x 17 sectors
  constexpr std::uint64_t kCounted = 120 * 4 * 17 * 512;
  for (const char* creator : {"vpc ", "qemu"}) {
    EXPECT_EQ(size_of(creator, kCount), kCounted) << creator;
    EXPECT_EQ(size_of(creator, 0xFFFF10FF), 4 * kMiB) << creator;
    EXPECT_EQ(size_of(creator, 0), 4 * kMiB) << creator;
  }
  for (std::string creator :
       {std::string("win "), std::string("d2v\0", 4), std::string("qem2"),
        std::string("tap\0", 4), std::string("CTXS"), std::string("wa\0\0", 4)}) {
    EXPECT_EQ(size_of(creator, kCount), 4 * kMiB) << creator;
  }
}

TEST(VhdRead, ABadFooterAtTheEndIsStoodInForByTheCopy) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  file.bytes[file.footer_at() + 100] ^= std::byte{1};
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(byte_at(*image, kSmallBlock), 0x11u);
  EXPECT_THAT(image->facts().notes, ElementsAre(HasSubstr("end is damaged")));
  file.bytes.resize(file.footer_at());
  image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(byte_at(*image, 2 * kSmallBlock - 1), 0x11u);
  EXPECT_THAT(image->facts().notes, ElementsAre(HasSubstr("end is missing")));
}

TEST(VhdRead, ABadCopyOfTheFooterIsNotMissed) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  file.bytes[100] ^= std::byte{1};
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(byte_at(*image, kSmallBlock), 0x11u);
  EXPECT_THAT(image->facts().notes, ElementsAre(HasSubstr("start is damaged")));
}

TEST(VhdRead, OfTwoSoundFootersTheOneAtTheEndIsBelieved) {
  VhdBuilder file;
  put_big(file.bytes, 48, 8, kMiB);
  file.seal_footer(0);
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->size(), 2 * kMiB);
  EXPECT_THAT(image->facts().notes, ElementsAre(HasSubstr("differ")));
}

TEST(VhdRead, WithoutASoundFooterNothingIsBelieved) {
  VhdBuilder file;
  file.bytes[100] ^= std::byte{1};
  file.bytes[file.footer_at() + 100] ^= std::byte{1};
  EXPECT_EQ(open_vhd(file.bytes).error().code(), Errc::corrupt);
  EXPECT_THAT(words_of(file.bytes), HasSubstr("checksum doesn't hold"));
}

// Others changed the fields of both footers and of the header, and left the sums.
VhdBuilder unsealed_file() {
  VhdBuilder file;
  file.add_block(1, 0x11);
  for (std::size_t at : {std::size_t{0}, file.footer_at()}) {
    put_text(file.bytes, at + 28, "py  ");  // the creator
  }
  put_big(file.bytes, VhdBuilder::kHeader + 56, 4, 0x1234567);  // a timestamp
  return file;
}

TEST(VhdRead, WhatWasEditedWithoutItsSumsIsReadAndNotWritten) {
  VhdBuilder file = unsealed_file();
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(read_all(*image, kSmallBlock, kSmallBlock), filled(kSmallBlock, 0x11));
  EXPECT_THAT(image->facts().notes, ElementsAre(HasSubstr("for reading only")));
  auto writable = open_vhd(file.bytes, {.writable = true});
  ASSERT_FALSE(writable);
  EXPECT_EQ(writable.error().code(), Errc::corrupt);
  EXPECT_THAT(writable.error().describe(), HasSubstr("check --repair"));
}

TEST(VhdRead, AFixedOneWithoutItsSumIsReadIfItsSizeIsThatOfTheFile) {
  VhdBuilder file({.kind = 2, .virtual_size = 64 * 512});
  file.bytes[1000] = std::byte{0x77};
  put_text(file.bytes, file.footer_at() + 28, "py  ");
  auto image = opened(open_vhd(file.bytes));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->size(), 64 * 512u);
  EXPECT_EQ(byte_at(*image, 1000), 0x77u);
  put_big(file.bytes, file.footer_at() + 48, 8, 63 * 512);
  EXPECT_THAT(words_of(file.bytes), HasSubstr("checksum doesn't hold"));
}

// What makes it damage, and not another's edit.
TEST(VhdRead, WithoutItsSumsNothingElseMayBeWrong) {
  for (std::size_t at : {9 + 2, 0x55, 511}) {  // the features, reserved bytes
    VhdBuilder file = unsealed_file();
    file.bytes[at] ^= std::byte{2};
    file.bytes[file.footer_at() + at] ^= std::byte{2};
    EXPECT_THAT(words_of(file.bytes), HasSubstr("footer's checksum doesn't hold"));
  }
  VhdBuilder differ = unsealed_file();
  differ.bytes[70] ^= std::byte{1};
  EXPECT_THAT(words_of(differ.bytes), HasSubstr("footer's checksum doesn't hold"));
  VhdBuilder header = unsealed_file();
  header.bytes[VhdBuilder::kHeader + 1000] = std::byte{1};
  EXPECT_THAT(words_of(header.bytes), HasSubstr("(header)"));
  VhdBuilder table = unsealed_file();
  put_big(table.bytes, VhdBuilder::kHeader + 28, 4, 31);
  EXPECT_THAT(words_of(table.bytes), HasSubstr("31 entries"));
}

// Each breaks one rule, and must be refused in words that have this in them.
struct Breach {
  const char* name;
  const char* words;
  std::function<void(VhdBuilder&)> make;
};

class VhdRefused : public ::testing::TestWithParam<Breach> {};

TEST_P(VhdRefused, SaysWhichRuleIsBroken) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  file.add_block(2, 0x22);
  GetParam().make(file);
  EXPECT_THAT(words_of(file.bytes), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, VhdRefused,
    ::testing::Values(
        Breach{"Kind", "kind 5", [](auto& file) { file.set_footer_field(60, 4, 5); }},
        Breach{"Version", "version 2.0",
               [](auto& file) { file.set_footer_field(12, 4, 0x20000); }},
        Breach{"NoDisk", "a disk of 0 bytes",
               [](auto& file) { file.set_footer_field(48, 8, 511); }},
        Breach{"TooLarge", "can be (footer)",
               [](auto& file) { file.set_footer_field(48, 8, 0x1FE00000200); }},
        Breach{"HeaderPlace", "says that it is at 0xfffffffffffffe00",
               [](auto& file) { file.set_footer_field(16, 8, ~0ull - 511); }},
        Breach{"HeaderOnTheCopy", "says that it is at 0x100",
               [](auto& file) { file.set_footer_field(16, 8, 256); }},
        Breach{"HeaderMark", "\"cxsparse\"",
               [](auto& file) { file.set_header_field(0, 1, 'X'); }},
        Breach{"HeaderSum", "its checksum is",
               [](auto& file) { file.bytes[512 + 700] ^= std::byte{4}; }},
        Breach{"HeaderVersion", "version 3.1",
               [](auto& file) { file.set_header_field(24, 4, 0x30001); }},
        Breach{"BlockSizeOdd", "blocks of 98304 bytes",
               [](auto& file) { file.set_header_field(32, 4, 98304); }},
        Breach{"BlockSizeZero", "blocks of 0 bytes",
               [](auto& file) { file.set_header_field(32, 4, 0); }},
        Breach{"BlockSizeSmall", "blocks of 512 bytes",
               [](auto& file) { file.set_header_field(32, 4, 512); }},
        Breach{"TooFewEntries", "31 entries, and the disk 32 blocks",
               [](auto& file) { file.set_header_field(28, 4, 31); }},
        Breach{"TablePastTheEnd", "isn't within the file",
               [](auto& file) { file.set_header_field(28, 4, 0xFFFFFFFF); }},
        Breach{"TableOnTheHeader", "on top of the header",
               [](auto& file) { file.set_header_field(16, 8, 1535); }},
        Breach{"BlockAtZero", "block 5 is at the start",
               [](auto& file) { file.set_entry(5, 0); }},
        Breach{"BlockOnTheHeader", "on top of the header",
               [](auto& file) { file.set_entry(1, 1); }},
        Breach{"BlockOnTheTable", "on top of the table",
               [](auto& file) { file.set_entry(1, 3); }},
        Breach{"BlocksOverlap", "overlaps with the one",
               [](auto& file) { file.set_entry(1, file.place(2) / 512 - 1); }},
        Breach{"BlockTwice", "overlaps with the one",
               [](auto& file) { file.set_entry(1, file.place(2) / 512); }},
        Breach{"BlockOnTheFooter", "block 2 is at",
               [](auto& file) { file.set_entry(2, file.place(2) / 512 + 1); }},
        Breach{"BlockFarAway", "block 2 is at 0x1fffffffc00",
               [](auto& file) { file.set_entry(2, 0xFFFFFFFE); }}),
    [](const auto& rule) { return rule.param.name; });

TEST(VhdRead, EntriesBeyondTheDiskDoNotCount) {
  VhdBuilder file({.more_entries = 100});
  file.set_entry(32, 0);
  file.set_entry(131, 1);
  EXPECT_EQ(words_of(file.bytes), "");
}

TEST(VhdRead, ADifferencingDiskShowsItsParentWhereItHasNothing) {
  VhdBuilder base;
  base.add_block(1, 0x11);
  base.add_block(2, 0x22);
  VhdBuilder child(child_text());
  child.add_block(2, 0x99, 9, 6);
  child.add_block(5, 0x55);
  auto image = opened(open_vhd(child.bytes, {.parent = opened(open_vhd(base.bytes))}));
  ASSERT_TRUE(image);
  EXPECT_EQ(read_all(*image, kSmallBlock, kSmallBlock), filled(kSmallBlock, 0x11));
  ByteVector block = filled(kSmallBlock, 0x22);
  std::memset(block.data() + 9 * 512, 0x99, 6 * 512);
  EXPECT_EQ(read_all(*image, 2 * kSmallBlock, kSmallBlock), block);
  EXPECT_EQ(read_all(*image, 5 * kSmallBlock, kSmallBlock), filled(kSmallBlock, 0x55));
  EXPECT_EQ(read_all(*image, 0, kSmallBlock), filled(kSmallBlock, 0));
}

TEST(VhdRead, AParentMayBeFixedShorterAndOfOtherBlocks) {
  VhdBuilder base({.kind = 2, .virtual_size = 70 * kKiB});
  std::fill_n(base.bytes.begin(), 70 * kKiB, std::byte{0x22});
  VhdText text = child_text();
  text.block_size = 128 * kKiB;
  VhdBuilder child(text);
  child.add_block(0, 0x99, 0, 1);
  auto image = opened(open_vhd(child.bytes, {.parent = opened(open_vhd(base.bytes))}));
  ASSERT_TRUE(image);
  EXPECT_EQ(byte_at(*image, 511), 0x99u);
  EXPECT_EQ(byte_at(*image, 512), 0x22u);
  EXPECT_EQ(byte_at(*image, 70 * kKiB - 1), 0x22u);
  EXPECT_EQ(read_all(*image, 70 * kKiB, 100 * kKiB), filled(100 * kKiB, 0));
  Mapping mapping = *image->map(69 * kKiB);
  EXPECT_EQ(mapping.depth, 1u);
  EXPECT_EQ(mapping.length, kKiB);
  EXPECT_EQ(mapping.file_offset, 69 * kKiB);
  EXPECT_TRUE(image->map(70 * kKiB)->zero);
}

TEST(VhdRead, SaysWhereTheParentMayBe) {
  VhdBuilder child(child_text());
  auto facts = examine_image(std::make_shared<MemoryDevice>(child.bytes));
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->refusal);
  EXPECT_THAT(facts->parent_paths,
              ElementsAre(".\\base.vhd", "C:\\vm\\base.vhd", "base.vhd"));
  auto parent = examine_image(std::make_shared<MemoryDevice>(VhdBuilder().bytes));
  EXPECT_EQ(facts->parent_link_id, parent->link_id);
}

TEST(VhdRead, ALocatorThatCannotBeReadIsPassedOver) {
  for (auto [field, value] : {std::pair(8, 70'000ull), std::pair(16, 1ull << 40)}) {
    VhdBuilder child(child_text());
    child.set_header_field(576 + 24 + field, field == 8 ? 4 : 8, value);
    auto facts = examine_image(std::make_shared<MemoryDevice>(child.bytes));
    ASSERT_TRUE(facts);
    EXPECT_THAT(facts->parent_paths, ElementsAre("C:\\vm\\base.vhd", "base.vhd"));
  }
}

TEST(VhdRead, ADifferencingDiskNeedsItsParent) {
  VhdBuilder child(child_text());
  auto alone = open_vhd(child.bytes);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code(), Errc::not_found);
  EXPECT_THAT(alone.error().words(), HasSubstr(".\\base.vhd"));
}

TEST(VhdRead, AnotherParentIsRefusedUnlessAnyWillDo) {
  VhdBuilder child(child_text());
  VhdBuilder other({.id = "77777777-2222-3333-4444-555555555555"});
  auto parent = opened(open_vhd(other.bytes));
  auto image = open_vhd(child.bytes, {.parent = parent});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Errc::bad_argument);
  EXPECT_TRUE(open_vhd(child.bytes, {.parent = parent, .accept_any_parent = true}));
}

}  // namespace
}  // namespace drydock::testing
