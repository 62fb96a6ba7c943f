// A VHDX's disk gets another size, and its file a shorter one.

#include <random>

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

constexpr const char* kDataWriteGuid = "{bbbbbbbb-0000-0000-0000-000000000001}";

std::string words_of(const Done& done) { return done ? "" : done.error().describe(); }

TEST(VhdxResize, GrowsWithZerosWhereTheTableHasRoom) {
  VhdxBuilder file({.virtual_size = 8 * kMiB - 4096});
  std::uint64_t last = file.add_block(7, 0x77);
  ASSERT_EQ(file.bytes[last + kMiB - 1], std::byte{0x77});  // past the disk's end
  // An entry past the table's end, as a disk that once was larger leaves it.
  file.set_block(9, 6, 4 * kMiB);
  WritableVhdx session(file.bytes);
  EXPECT_EQ(words_of(session.image->resize(12 * kMiB)), "");
  EXPECT_EQ(session.image->size(), 12 * kMiB);
  EXPECT_EQ(session.reread(7 * kMiB, kMiB - 4096), filled(kMiB - 4096, 0x77));
  EXPECT_EQ(session.reread(8 * kMiB - 4096, 4 * kMiB + 4096),
            filled(4 * kMiB + 4096, 0));
  EXPECT_EQ(words_of(session.image->write(11 * kMiB, filled(512, 0xBB))), "");
  EXPECT_EQ(words_of(session.image->flush()), "");
  EXPECT_EQ(session.reread(11 * kMiB, 512), filled(512, 0xBB));
}

TEST(VhdxResize, MovesATableThatHasNoRoom) {
  VhdxBuilder file;
  file.add_block(3, 0x33);
  WritableVhdx session(file.bytes);
  constexpr std::uint64_t kSize = 200'000 * kMiB;  // entries of 1.5 MiB
  // Not flushed: it is in the table's memory alone.
  EXPECT_EQ(words_of(session.image->write(5 * kMiB, filled(512, 0x55))), "");
  EXPECT_EQ(words_of(session.image->resize(kSize)), "");
  EXPECT_EQ(session.image->size(), kSize);
  EXPECT_EQ(words_of(session.image->write(kSize - 512, filled(512, 0xEE))), "");
  EXPECT_EQ(words_of(session.image->flush()), "");
  EXPECT_EQ(session.reread(3 * kMiB, kMiB), filled(kMiB, 0x33));
  EXPECT_EQ(session.reread(kSize - 512, 512), filled(512, 0xEE));
  EXPECT_EQ(session.reread(5 * kMiB, 512), filled(512, 0x55));
  TempFolder folder;
  DRYDOCK_NEEDS("qemu-img");
  write_file(folder / "a.vhdx", session.bytes());
  shell("qemu-img check -q -f vhdx " + (folder / "a.vhdx").string());
  shell("qemu-img convert -f vhdx -O raw " + (folder / "a.vhdx").string() + " " +
        (folder / "a.raw").string());
  EXPECT_TRUE(same_as_raw(*session.image, folder / "a.raw"));
}

TEST(VhdxResize, CutsTheDiskAndTheFile) {
  VhdxBuilder file;
  file.add_block(1, 0x11);
  file.add_block(6, 0x66);
  file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  EXPECT_EQ(words_of(session.image->resize(2 * kMiB)), "");
  EXPECT_EQ(session.file->size(), VhdxBuilder::kBlocks + kMiB);
  EXPECT_EQ(session.reread(0, 2 * kMiB).size(), 2 * kMiB);
  // What was cut off doesn't come back.
  EXPECT_EQ(words_of(session.image->resize(8 * kMiB)), "");
  EXPECT_EQ(session.reread(kMiB, kMiB), filled(kMiB, 0x11));
  EXPECT_EQ(session.reread(2 * kMiB, 6 * kMiB), filled(6 * kMiB, 0));
}

// An UNMAPPED block's place is nobody's to believe.
TEST(VhdxShape, AnUnmappedBlockMayPointAnywhere) {
  for (std::uint64_t far :
       Numbers{1ull << 45, ~0ull - 8 * kMiB + 1, ~0ull - kMiB + 1}) {
    VhdxBuilder file;
    file.add_block(0, 0x11);
    file.set_block(4, 3, far);
    WritableVhdx session(file.bytes);
    EXPECT_EQ(words_of(session.image->write(2 * kMiB, filled(512, 0x22))), "");
    EXPECT_EQ(words_of(session.image->resize(12 * kMiB)), "");
    EXPECT_EQ(words_of(session.image->write(9 * kMiB, filled(512, 0x99))), "");
    EXPECT_EQ(words_of(session.image->flush()), "");
    EXPECT_EQ(session.file->size(), file.bytes.size() + 2 * kMiB);
    EXPECT_EQ(session.reread(2 * kMiB, 512), filled(512, 0x22));
    EXPECT_EQ(session.reread(9 * kMiB, 512), filled(512, 0x99));
  }
}

TEST(VhdxResize, RefusesASizeThatNoDiskHas) {
  WritableVhdx session(VhdxBuilder().bytes);
  ByteVector before = session.bytes();
  for (std::uint64_t size : Numbers{0, 8 * kMiB + 1, (64ull << 40) + 512}) {
    EXPECT_EQ(session.image->resize(size).error().code(), Errc::bad_argument);
  }
  EXPECT_TRUE(session.bytes() == before);
}

TEST(VhdxResize, AGrownChildDoesNotShowMoreOfItsParent) {
  VhdxBuilder parent_file({.virtual_size = 16 * kMiB});
  for (unsigned block = 0; block < 16; ++block) parent_file.add_block(block, 0xA0);
  ImagePtr parent = *open_bytes(parent_file.bytes);
  VhdxBuilder file({.virtual_size = 7 * kMiB + 512, .flags = 2});
  file.add_parent(kDataWriteGuid);
  WritableVhdx session(file.bytes, parent);
  EXPECT_EQ(words_of(session.image->resize(20 * kMiB)), "");
  EXPECT_EQ(read_all(*session.image, 7 * kMiB, 512), filled(512, 0xA0));
  EXPECT_EQ(read_all(*session.image, 7 * kMiB + 512, 13 * kMiB - 512),
            filled(13 * kMiB - 512, 0));
}

TEST(VhdxCompact, DropsZerosFillsHolesAndCutsTheFile) {
  VhdxBuilder file;
  file.add_block(0, 0);
  file.add_block(1, 0x11);
  file.add_block(2, 0);
  file.add_block(3, 0x33);
  file.add_block(4, 0x44);
  WritableVhdx session(file.bytes);
  auto compaction = session.image->compact({});
  ASSERT_TRUE(compaction) << compaction.error().describe();
  EXPECT_EQ(compaction->dropped_block_count, 2u);
  EXPECT_EQ(compaction->moved_block_count, 2u);
  EXPECT_EQ(compaction->size_before, VhdxBuilder::kBlocks + 5 * kMiB);
  EXPECT_EQ(session.file->size(), VhdxBuilder::kBlocks + 3 * kMiB);
  ByteVector expected(8 * kMiB);
  for (std::uint64_t block : Numbers{1, 3, 4}) {
    std::memset(expected.data() + block * kMiB, static_cast<int>(0x11 * block), kMiB);
  }
  EXPECT_TRUE(session.reread(0, 8 * kMiB) == expected);
  EXPECT_EQ(session.image->facts().data_guid,
            (*open_bytes(file.bytes))->facts().data_guid);
}

TEST(VhdxCompact, AChildKeepsWhatItsParentHides) {
  VhdxBuilder parent_file;
  for (unsigned block = 0; block < 8; ++block) {
    parent_file.add_block(block, 0xA0 + block);
  }
  ImagePtr parent = *open_bytes(parent_file.bytes);
  VhdxBuilder file({.flags = 2});
  file.add_parent(kDataWriteGuid);
  file.add_block(0, 0x99);
  file.add_block(1, 0);  // zeros over the parent's 0xA1
  std::uint64_t partial = file.add_block(2, 0x22);
  file.set_block(2, 7, partial);
  std::uint64_t bitmap = file.add_bitmap(0);
  put(file.bytes, bitmap + 2 * 256, 1, 1);
  WritableVhdx session(file.bytes, parent);
  EXPECT_EQ(words_of(session.image->zero(0, kMiB)), "");
  ByteVector before = read_all(*session.image, 0, 8 * kMiB);
  auto compaction = session.image->compact({});
  ASSERT_TRUE(compaction) << compaction.error().describe();
  EXPECT_EQ(session.file->size(), VhdxBuilder::kBlocks + 2 * kMiB);
  WritableVhdx again(session.bytes(), parent);
  EXPECT_TRUE(read_all(*again.image, 0, 8 * kMiB) == before);
  EXPECT_EQ(byte_at(*again.image, 2 * kMiB), 0x22u);
  EXPECT_EQ(byte_at(*again.image, 2 * kMiB + 512), 0xA2u);
  EXPECT_EQ(byte_at(*again.image, kMiB), 0u);
}

TEST(VhdxCompact, StopsWhereItIsToldTo) {
  VhdxBuilder file;
  file.add_block(0, 0x11);
  WritableVhdx session(file.bytes);
  auto stopped = session.image->compact([](std::uint64_t, std::uint64_t) -> Done {
    return Error(Errc::interrupted, "enough");
  });
  EXPECT_EQ(stopped.error().code(), Errc::interrupted);
  EXPECT_EQ(session.reread(0, kMiB), filled(kMiB, 0x11));
}

TEST(VhdxCompact, LeavesAFixedFileAsItIs) {
  VhdxBuilder file({.flags = 1});
  file.add_block(0, 0);
  WritableVhdx session(file.bytes);
  EXPECT_EQ(session.image->compact({}).error().code(), Errc::unsupported);
  EXPECT_TRUE(session.bytes() == file.bytes);
}

// Sizes, blocks, holes as they come; what is seen is a plain array.
TEST(VhdxShape, ManyChangesLeaveWhatWasWritten) {
  std::mt19937_64 dice(7);
  VhdxBuilder builder({.virtual_size = 6 * kMiB});
  ByteVector model(6 * kMiB);
  auto file = std::make_shared<MemoryDevice>(builder.bytes);
  for (int round = 0; round < 60; ++round) {
    auto opened =
        vhdx::Image::open(file, {.writable = true, .make_guid = counting_guids()});
    ASSERT_TRUE(opened) << opened.error().describe();
    ImagePtr image = *opened;
    ASSERT_TRUE(read_all(*image, 0, model.size()) == model) << "round " << round;
    for (int i = 0; i < 4; ++i) {
      std::uint64_t offset = dice() % model.size() / 512 * 512;
      std::uint64_t length =
          std::min<std::uint64_t>(dice() % (2 * kMiB) + 1, model.size() - offset);
      int value = static_cast<int>(dice() % 3 * (1 + dice() % 200));
      ASSERT_EQ(
          words_of(
              value == 0
                  ? image->zero(offset, length)
                  : image->write(offset, filled(length, static_cast<unsigned>(value)))),
          "");
      std::memset(model.data() + offset, value, length);
    }
    if (dice() % 2 == 0) {
      std::uint64_t size = (1 + dice() % 12 * 2048) * 512;
      ASSERT_EQ(words_of(image->resize(size)), "");
      model.resize(size);
    }
    if (dice() % 2 == 0) {
      ASSERT_TRUE(image->compact({}));
    }
    ASSERT_EQ(words_of(image->flush()), "");
    ASSERT_TRUE(read_all(*image, 0, model.size()) == model) << "round " << round;
  }
}

}  // namespace
}  // namespace drydock::testing
