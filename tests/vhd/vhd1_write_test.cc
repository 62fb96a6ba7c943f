#include <random>

#include "tests/vhd/vhd1_support.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kBlock = kSmallBlock;

// A writable image over bytes in memory, which can be looked at.
struct Session {
  explicit Session(ByteVector bytes, std::shared_ptr<const Image> parent = nullptr)
      : file(std::make_shared<MemoryDevice>(std::move(bytes))),
        below(std::move(parent)) {
    image = opened(open_image(file, {.writable = true, .parent = below}));
  }
  ByteVector bytes() const { return {file->bytes().begin(), file->bytes().end()}; }
  // What another reader sees of the disk now.
  std::shared_ptr<Image> reader() const {
    return opened(open_vhd(bytes(), {.parent = below}));
  }
  ByteVector reread(std::uint64_t offset, std::uint64_t length) const {
    return read_all(*reader(), offset, length);
  }

  std::shared_ptr<MemoryDevice> file;
  std::shared_ptr<const Image> below;
  std::shared_ptr<Image> image;
};

TEST(VhdWrite, OpeningASoundImageForWritingChangesNothing) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  Session session(file.bytes);
  EXPECT_DONE(session.image->flush());
  EXPECT_TRUE(session.bytes() == file.bytes);
}

TEST(VhdWrite, GoesIntoABlockThatIsThereAndNowhereElse) {
  VhdBuilder file;
  std::uint64_t place = file.add_block(2, 0x22);
  Session session(file.bytes);
  EXPECT_DONE(session.image->write(2 * kBlock + 700, filled(100, 0x99)));
  EXPECT_DONE(session.image->flush());
  ByteVector expected = file.bytes;
  std::memset(expected.data() + place + 512 + 700, 0x99, 100);
  EXPECT_TRUE(session.bytes() == expected);
}

TEST(VhdWrite, MakesABlockPastTheFooterAndANewFooter) {
  VhdBuilder file;
  file.add_block(2, 0x22);
  Session session(file.bytes);
  EXPECT_DONE(session.image->write(5 * kBlock + 512, filled(512, 0x55)));
  EXPECT_EQ(byte_at(*session.image, 5 * kBlock + 512), 0x55u);
  EXPECT_DONE(session.image->flush());
  ByteVector after = session.bytes();
  std::uint64_t place = get_big(after, file.entry_at(5), 4) * 512;
  EXPECT_GE(place, file.bytes.size());
  EXPECT_EQ((place + 512) % 4096, 0u);
  EXPECT_EQ(after.size() % 4096, 0u);
  // The old footer is as it was, the new one the same.
  EXPECT_EQ(std::memcmp(after.data() + file.footer_at(),
                        after.data() + after.size() - 512, 512),
            0);
  ByteVector block = filled(kBlock, 0);
  std::memset(block.data() + 512, 0x55, 512);
  EXPECT_EQ(session.reread(5 * kBlock, kBlock), block);
}

TEST(VhdWrite, ABlockOfADynamicDiskHasAllItsBits) {
  VhdBuilder file;
  Session session(file.bytes);
  EXPECT_DONE(session.image->write(512, filled(1, 1)));
  EXPECT_DONE(session.image->flush());
  ByteVector after = session.bytes();
  std::uint64_t place = get_big(after, file.entry_at(0), 4) * 512;
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(after[place + i], std::byte{0xFF});
  EXPECT_EQ(after[place + 16], std::byte{0});
}

TEST(VhdWrite, BlocksBetweenTwoFlushesFollowEachOther) {
  VhdBuilder file;
  Session session(file.bytes);
  for (unsigned block : {3u, 1u, 7u}) {
    EXPECT_DONE(session.image->write(block * kBlock, filled(kBlock, 1)));
  }
  EXPECT_DONE(session.image->flush());
  ByteVector after = session.bytes();
  std::uint64_t first = get_big(after, file.entry_at(3), 4);
  EXPECT_EQ(get_big(after, file.entry_at(1), 4), first + (kBlock + 4096) / 512);
  EXPECT_EQ(get_big(after, file.entry_at(7), 4), first + 2 * (kBlock + 4096) / 512);
}

TEST(VhdWrite, ZerosWhereNoBlockIsChangeNothingAtAll) {
  VhdBuilder file;
  file.add_block(2, 0x22);
  Session session(file.bytes);
  EXPECT_DONE(session.image->write(3 * kBlock, filled(2 * kBlock, 0)));
  EXPECT_DONE(session.image->zero(5 * kBlock + 7, 3 * kBlock));
  EXPECT_DONE(session.image->flush());
  EXPECT_TRUE(session.bytes() == file.bytes);
}

TEST(VhdWrite, ASectorThatABlockNeverHadGetsItsBit) {
  VhdBuilder file;
  std::uint64_t place = file.add_block(1, 0xEE, 4, 4);
  Session session(file.bytes);
  EXPECT_DONE(session.image->write(kBlock + 10 * 512 + 100, filled(10, 0x99)));
  EXPECT_DONE(session.image->flush());
  EXPECT_EQ(session.file->bytes()[place + 1], std::byte{0x20});
  ByteVector expected = filled(kBlock, 0);
  std::memset(expected.data() + 4 * 512, 0xEE, 4 * 512);
  std::memset(expected.data() + 10 * 512 + 100, 0x99, 10);
  EXPECT_EQ(session.reread(kBlock, kBlock), expected);
}

TEST(VhdWrite, ABlockOfZerosGivesItsSpaceToTheNext) {
  VhdBuilder file;
  std::uint64_t place = file.add_block(1, 0x11);
  file.add_block(2, 0x22);
  Session session(file.bytes);
  EXPECT_DONE(session.image->zero(kBlock, kBlock));
  EXPECT_EQ(byte_at(*session.image, kBlock), 0u);
  EXPECT_DONE(session.image->write(5 * kBlock, filled(1, 5)));
  EXPECT_DONE(session.image->flush());
  EXPECT_EQ(get_big(session.file->bytes(), file.entry_at(1), 4), 0xFFFFFFFFu);
  EXPECT_NE(get_big(session.file->bytes(), file.entry_at(5), 4), place / 512);
  EXPECT_DONE(session.image->write(6 * kBlock, filled(1, 6)));
  EXPECT_DONE(session.image->flush());
  EXPECT_EQ(get_big(session.file->bytes(), file.entry_at(6), 4), place / 512);
  EXPECT_EQ(session.reread(6 * kBlock + 1, kBlock - 1), filled(kBlock - 1, 0));
}

TEST(VhdWrite, ATrimmedBlockIsDroppedAndAPartOfOneIsNot) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  file.add_block(2, 0x22);
  Session session(file.bytes);
  EXPECT_DONE(session.image->trim(kBlock, kBlock + 512));
  EXPECT_DONE(session.image->flush());
  EXPECT_EQ(session.reread(kBlock, kBlock), filled(kBlock, 0));
  EXPECT_EQ(byte_at(*session.reader(), 2 * kBlock + 512), 0x22u);
  EXPECT_NE(get_big(session.file->bytes(), file.entry_at(2), 4), 0xFFFFFFFFu);
}

TEST(VhdWrite, ManyWritesAreWhatARawDiskTakes) {
  VhdBuilder file({.virtual_size = 2 * kMiB - 512});
  for (unsigned block : {3u, 8u, 31u}) file.add_block(block, 0x30 + block, 5, 60);
  Session session(file.bytes);
  ByteVector model = read_all(*session.image, 0, session.image->size());
  std::mt19937 dice(7);
  for (unsigned i = 0; i < 400; ++i) {
    std::uint64_t at = dice() % model.size();
    std::uint64_t length = std::min<std::uint64_t>(dice() % 100'000, model.size() - at);
    unsigned value = i % 4 == 0 ? 0 : i % 255 + 1;
    std::memset(model.data() + at, static_cast<int>(value), length);
    EXPECT_DONE(value != 0 ? session.image->write(at, filled(length, value))
                           : session.image->zero(at, length));
    if (i % 9 == 0) EXPECT_DONE(session.image->flush());
    if (i % 37 != 0) continue;
    EXPECT_TRUE(read_all(*session.image, 0, model.size()) == model) << i;
  }
  EXPECT_DONE(session.image->flush());
  EXPECT_TRUE(session.reread(0, model.size()) == model);
}

TEST(VhdWrite, ABadFooterAtTheEndIsMended) {
  VhdBuilder file;
  file.add_block(1, 0x11);
  VhdBuilder damaged = file;
  damaged.bytes[file.footer_at() + 3] ^= std::byte{1};
  Session session(damaged.bytes);
  EXPECT_THAT(session.image->facts().notes, IsEmpty());
  EXPECT_TRUE(session.bytes() == file.bytes);
  damaged.bytes.resize(file.footer_at());
  Session cut(damaged.bytes);
  EXPECT_DONE(cut.image->flush());
  EXPECT_THAT(cut.reader()->facts().notes, IsEmpty());
  EXPECT_EQ(byte_at(*cut.reader(), 2 * kBlock - 1), 0x11u);
}

TEST(VhdWrite, ABadCopyOfTheFooterIsMended) {
  VhdBuilder file;
  VhdBuilder damaged = file;
  damaged.bytes[3] ^= std::byte{1};
  EXPECT_TRUE(Session(damaged.bytes).bytes() == file.bytes);
}

TEST(VhdWrite, AFooterOf511BytesIsMadeWhole) {
  VhdBuilder file;
  ByteVector shorter = file.bytes;
  shorter.pop_back();
  EXPECT_TRUE(Session(shorter).bytes() == file.bytes);
}

TEST(VhdWrite, ATableThatBeginsWithinASectorIsReadOnly) {
  VhdBuilder file({.more_entries = 100});
  file.set_header_field(16, 8, VhdBuilder::kTable + 4);
  EXPECT_EQ(words_of(file.bytes), "");
  EXPECT_THAT(words_of(file.bytes), IsEmpty());
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  auto image = open_image(device, {.writable = true});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Errc::unsupported);
}

// A child over a parent of 0x91, 0x92 and so on.
struct Pair {
  Pair() : child(child_text()) {
    VhdBuilder base;
    for (unsigned block = 0; block < 8; ++block) base.add_block(block, 0x91 + block);
    parent = opened(open_vhd(base.bytes));
  }
  std::shared_ptr<Image> parent;
  VhdBuilder child;
};

TEST(VhdWrite, APartOfASectorOfAChildBringsTheRestFromItsParent) {
  Pair pair;
  Session session(pair.child.bytes, pair.parent);
  EXPECT_DONE(session.image->write(kBlock + 1000, filled(100, 0x55)));
  EXPECT_DONE(session.image->flush());
  ByteVector expected = filled(kBlock, 0x92);
  std::memset(expected.data() + 1000, 0x55, 100);
  EXPECT_EQ(session.reread(kBlock, kBlock), expected);
  std::uint64_t place = get_big(session.file->bytes(), pair.child.entry_at(1), 4) * 512;
  EXPECT_EQ(session.file->bytes()[place], std::byte{0x60});
  EXPECT_TRUE(is_zero(session.file->bytes().subspan(place + 1, 511)));
}

TEST(VhdWrite, ZerosOfAChildHideItsParent) {
  Pair pair;
  Session session(pair.child.bytes, pair.parent);
  EXPECT_DONE(session.image->zero(kBlock - 100, 2 * kBlock + 300));
  EXPECT_DONE(session.image->write(5 * kBlock, filled(512, 0)));
  EXPECT_DONE(session.image->trim(6 * kBlock, kBlock));
  EXPECT_DONE(session.image->flush());
  EXPECT_EQ(session.reread(kBlock - 100, 2 * kBlock + 300),
            filled(2 * kBlock + 300, 0));
  EXPECT_EQ(byte_at(*session.reader(), kBlock - 101), 0x91u);
  EXPECT_EQ(byte_at(*session.reader(), 3 * kBlock + 200), 0x94u);
  EXPECT_EQ(byte_at(*session.reader(), 5 * kBlock + 511), 0u);
  EXPECT_EQ(byte_at(*session.reader(), 6 * kBlock), 0x97u);
}

TEST(VhdWrite, ZerosOfAChildOverZerosOfItsParentTakeNoSpace) {
  Pair pair;
  Session session(pair.child.bytes, pair.parent);
  EXPECT_DONE(session.image->zero(9 * kBlock, 20 * kBlock));
  EXPECT_DONE(session.image->flush());
  EXPECT_TRUE(session.bytes() == pair.child.bytes);
}

TEST(VhdResize, ADynamicDiskGrowsOverWhatItOnceHad) {
  VhdBuilder file({.virtual_size = 8 * kBlock});
  for (unsigned block : {0u, 5u, 7u}) file.add_block(block, 0x11);
  Session session(file.bytes);
  EXPECT_DONE(session.image->resize(5 * kBlock + 512));
  EXPECT_EQ(session.reader()->size(), 5 * kBlock + 512);
  EXPECT_DONE(session.image->resize(8 * kBlock));
  EXPECT_EQ(session.reread(5 * kBlock, 512), filled(512, 0x11));
  EXPECT_EQ(session.reread(5 * kBlock + 512, 3 * kBlock - 512),
            filled(3 * kBlock - 512, 0));
}

TEST(VhdResize, ATableThatNeedsRoomGetsThatOfTheFirstBlocks) {
  VhdBuilder file({.virtual_size = 8 * kBlock});
  for (unsigned block : {4u, 0u, 7u}) file.add_block(block, 0x11 + block);
  Session session(file.bytes);
  EXPECT_DONE(session.image->resize(30'000 * kBlock));
  EXPECT_DONE(session.image->write(29'999 * kBlock, filled(512, 0x99)));
  EXPECT_DONE(session.image->flush());
  auto reader = session.reader();
  EXPECT_EQ(reader->size(), 30'000 * kBlock);
  for (unsigned block : {4u, 0u, 7u}) {
    EXPECT_EQ(read_all(*reader, block * kBlock, kBlock), filled(kBlock, 0x11 + block));
  }
  EXPECT_EQ(byte_at(*reader, 29'999 * kBlock), 0x99u);
  EXPECT_EQ(byte_at(*reader, 29'998 * kBlock), 0u);
  EXPECT_EQ(get_big(session.file->bytes(), 16, 8), 512u);
}

TEST(VhdResize, ATableThatCannotGrowIsRefused) {
  VhdBuilder child(child_text());
  Session session(child.bytes, opened(open_vhd(VhdBuilder().bytes)));
  auto done = session.image->resize(4000 * kBlock);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::unsupported);
  EXPECT_THAT(done.error().words(), HasSubstr("a parent locator is at"));
}

TEST(VhdResize, AFixedDiskGrowsWithZerosAndIsCut) {
  VhdBuilder file({.kind = 2, .virtual_size = 10 * 512});
  std::fill_n(file.bytes.begin(), 10 * 512, std::byte{0x11});
  Session session(file.bytes);
  EXPECT_DONE(session.image->resize(77 * 512));
  EXPECT_EQ(session.file->size(), 78 * 512u);
  EXPECT_EQ(session.reread(0, 10 * 512), filled(10 * 512, 0x11));
  EXPECT_EQ(session.reread(10 * 512, 67 * 512), filled(67 * 512, 0));
  EXPECT_DONE(session.image->resize(512));
  EXPECT_EQ(session.file->size(), 1024u);
  EXPECT_EQ(session.reread(0, 512), filled(512, 0x11));
}

TEST(VhdResize, ADiskThatWasCountedInCylindersIsCountedInBytesAfterwards) {
  VhdBuilder file(
      {.virtual_size = 120 * 4 * 17 * 512, .creator = "vpc ", .geometry = 0x00780411});
  Session session(file.bytes);
  EXPECT_DONE(session.image->resize(5 * kMiB));
  EXPECT_EQ(session.reader()->size(), 5 * kMiB);
  EXPECT_EQ(session.reader()->facts().creator, "win");
}

TEST(VhdResize, SizesThatCannotBeAreRefused) {
  Session session(VhdBuilder().bytes);
  for (std::uint64_t size : Numbers{0, 513, 2041ull << 30}) {
    EXPECT_EQ(session.image->resize(size).error().code(), Errc::bad_argument) << size;
  }
}

TEST(VhdCompact, DropsZerosMovesTheLastBlocksDownAndCutsTheFile) {
  VhdBuilder file;
  for (unsigned block : {9u, 1u, 2u, 3u, 4u}) {
    file.add_block(block, block == 1 || block == 3 ? 0 : block);
  }
  Session session(file.bytes);
  auto result = session.image->compact({});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->dropped_block_count, 2u);
  EXPECT_EQ(result->moved_block_count, 1u);
  EXPECT_EQ(result->size_before, file.bytes.size());
  EXPECT_EQ(result->size_after, session.file->size());
  EXPECT_LE(session.file->size(), file.bytes.size() - 2 * (kBlock + 512) + 4096);
  for (unsigned block : {9u, 2u, 4u}) {
    EXPECT_EQ(session.reread(block * kBlock, kBlock), filled(kBlock, block));
  }
  EXPECT_EQ(session.reread(3 * kBlock, kBlock), filled(kBlock, 0));
}

TEST(VhdCompact, OfAChildDropsWhatItsParentShowsToo) {
  Pair pair;
  pair.child.add_block(1, 0x92);
  pair.child.add_block(2, 0);
  pair.child.add_block(9, 0);
  Session session(pair.child.bytes, pair.parent);
  auto result = session.image->compact({});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->dropped_block_count, 2u);
  EXPECT_EQ(session.reread(kBlock, kBlock), filled(kBlock, 0x92));
  EXPECT_EQ(session.reread(2 * kBlock, kBlock), filled(kBlock, 0));
}

TEST(VhdRelink, NamesAnotherParentAndKeepsTheHeaderWhereItWas) {
  Pair pair;
  pair.child.add_block(1, 0x55);
  Session session(pair.child.bytes, pair.parent);
  ParentLink link{
      .link_id = *parse_guid("77777777-1111-2222-3333-444444444444"),
      .link_id2 = {},
      .relative_path = ".\\a folder\\b\xC3\xA4se.vhd",
      .absolute_path = "D:\\" + std::string(600, 'x') + "\\b\xC3\xA4se.vhd"};
  EXPECT_DONE(session.image->relink(link));
  auto facts = examine_image(std::make_shared<MemoryDevice>(session.bytes()));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent_link_id, link.link_id);
  EXPECT_THAT(facts->parent_paths,
              ::testing::ElementsAre(link.relative_path, link.absolute_path,
                                     "b\xC3\xA4se.vhd"));
  EXPECT_EQ(get_big(session.file->bytes(), 16, 8), 512u);
  EXPECT_THAT(facts->notes, IsEmpty());
}

TEST(VhdRelink, ShorterNamesTakeNoNewSpace) {
  Pair pair;
  Session session(pair.child.bytes, pair.parent);
  EXPECT_DONE(session.image->relink({.link_id = *pair.parent->facts().link_id,
                                     .link_id2 = {},
                                     .relative_path = ".\\c.vhd",
                                     .absolute_path = "C:\\c.vhd"}));
  EXPECT_LE(session.file->size(), pair.child.bytes.size() + 4096);
}

TEST(VhdRelink, AnImageWithoutAParentCannotBe) {
  Session session(VhdBuilder().bytes);
  EXPECT_EQ(session.image->relink({}).error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace drydock::testing
