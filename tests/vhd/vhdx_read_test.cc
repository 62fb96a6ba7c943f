#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;

TEST(VhdxRead, ShowsPresentBlocksAndZerosElsewhere) {
  VhdxBuilder file;
  file.add_block(1, 0x11);
  file.add_block(5, 0x55);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ((*image)->size(), 8 * kMiB);
  EXPECT_EQ((*image)->sector_size(), 512u);
  EXPECT_EQ(byte_at(**image, kMiB - 1), 0u);
  EXPECT_EQ(byte_at(**image, kMiB), 0x11u);
  EXPECT_EQ(byte_at(**image, 2 * kMiB - 1), 0x11u);
  EXPECT_EQ(byte_at(**image, 2 * kMiB), 0u);
  EXPECT_EQ(byte_at(**image, 5 * kMiB), 0x55u);
}

TEST(VhdxRead, JoinsBlocksThatLieInAnyOrderInOneRead) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  file.add_block(1, 0x11);
  file.add_block(3, 0x33);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image);
  ByteVector bytes = read_all(**image, kMiB - 10, 3 * kMiB + 20);
  ByteVector expected = filled(10, 0);
  for (unsigned value : {0x11u, 0x22u, 0x33u}) {
    expected.insert(expected.end(), kMiB, std::byte(value));
  }
  expected.insert(expected.end(), 10, std::byte{0});
  EXPECT_EQ(bytes, expected);
}

TEST(VhdxRead, SkipsTheBitmapEntryAfterEachChunk) {
  VhdxBuilder file({.virtual_size = 4097 * kMiB});  // a chunk is 4096 blocks
  std::uint64_t offset = file.add_block(4096, 0x44);
  EXPECT_EQ(get(file.bytes, VhdxBuilder::kBat + 4097 * 8, 8), offset | 6);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(byte_at(**image, 4096 * kMiB), 0x44u);
  EXPECT_EQ(byte_at(**image, 4095 * kMiB), 0u);
}

TEST(VhdxRead, TakesStatesWithoutDataForZerosWhateverTheirOffset) {
  VhdxBuilder file;
  std::uint64_t offset = file.add_block(0, 0xEE);
  for (std::uint64_t state : Numbers{0, 1, 2, 3, 5})
    file.set_block(state, state, offset);
  file.set_block(0, 0, offset);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(read_all(**image, 0, 8 * kMiB), filled(8 * kMiB, 0));
}

TEST(VhdxRead, ExtentsCoverTheDiskAndZeroOnesAreZero) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  file.add_block(3, 0x33);
  file.add_block(6, 0x66);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image);
  std::string map;
  for (std::uint64_t at = 0; at < (*image)->size();) {
    Extent extent = *(*image)->extent(at);
    map += std::to_string(extent.length / kMiB) + (extent.zero ? "z " : "d ");
    at += extent.length;
  }
  EXPECT_EQ(map, "2z 2d 2z 1d 1z ");
  EXPECT_EQ((*image)->extent(2 * kMiB + 512)->length, 2 * kMiB - 512);
}

TEST(VhdxRead, TellsWhatTheFileSaysOfItself) {
  VhdxBuilder file({.flags = 1, .creator = "Microsoft Windows 10.0.20348.0"});
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image);
  ImageFacts facts = (*image)->facts();
  EXPECT_EQ(facts.format, ImageFormat::vhdx);
  EXPECT_EQ(facts.kind, ImageKind::fixed);
  EXPECT_EQ(facts.virtual_size, 8 * kMiB);
  EXPECT_EQ(facts.block_size, kMiB);
  EXPECT_EQ(facts.physical_sector_size, 4096u);
  EXPECT_EQ(facts.creator, "Microsoft Windows 10.0.20348.0");
  EXPECT_EQ(facts.log, ImageLog::clean);
  EXPECT_EQ(to_string(*facts.data_guid), "{bbbbbbbb-0000-0000-0000-000000000001}");
  EXPECT_FALSE(facts.refusal);
}

TEST(VhdxRead, OpeningAnOrdinarySystemDiskReadsLittleOfIt) {
  TempFolder folder;
  VhdxBuilder builder({.virtual_size = 127 * 1024 * kMiB, .block_size = 1u << 25});
  builder.add_block(0, 0x11);
  write_file(folder / "a.vhdx", builder.bytes);
  auto file = FileDevice::open(folder / "a.vhdx");
  ASSERT_TRUE(file);
  ASSERT_TRUE(vhdx::Image::open(*file));
  EXPECT_LT((*file)->traffic().bytes_read, 200'000u);
}

TEST(VhdxRead, ReadsNoMoreOfTheFileThanWasAskedFor) {
  TempFolder folder;
  VhdxBuilder builder;
  builder.add_block(2, 0x22);
  builder.add_block(3, 0x33);
  write_file(folder / "a.vhdx", builder.bytes);
  auto file = FileDevice::open(folder / "a.vhdx");
  ASSERT_TRUE(file);
  auto image = vhdx::Image::open(*file);
  ASSERT_TRUE(image);
  std::uint64_t before = (*file)->traffic().bytes_read;
  read_all(**image, 2 * kMiB + 100, kMiB);
  EXPECT_EQ((*file)->traffic().bytes_read - before, kMiB);
}

TEST(VhdxRead, OpensTheBlockSizesThatThePaperAllows) {
  for (std::uint32_t size : {1u << 20, 1u << 21, 1u << 25, 1u << 28}) {
    VhdxBuilder file({.virtual_size = 600 * kMiB, .block_size = size});
    EXPECT_EQ(why_not(file.bytes), "") << size;
  }
  for (std::uint32_t size : {0u, 1u << 19, 3u << 20, 1u << 29}) {
    VhdxBuilder file({.virtual_size = 600 * kMiB});
    put(file.bytes, VhdxBuilder::kMetadata + 0x10000, 4, size);
    EXPECT_THAT(why_not(file.bytes), HasSubstr("block size")) << size;
  }
}

TEST(VhdxHeader, TheGreaterNumberIsInForce) {
  VhdxBuilder file;
  put_guid(file.bytes, VhdxBuilder::kHeader[0] + 32,
           "cccccccc-0000-0000-0000-000000000000");
  file.seal_header(0);
  EXPECT_EQ((*open_bytes(file.bytes))->facts().data_guid->bytes[3], std::byte{0xbb});
  put(file.bytes, VhdxBuilder::kHeader[0] + 8, 8, 9);
  file.seal_header(0);
  EXPECT_EQ((*open_bytes(file.bytes))->facts().data_guid->bytes[3], std::byte{0xcc});
}

TEST(VhdxHeader, OneOfTwoIsEnough) {
  for (std::size_t slot : {0u, 1u}) {
    VhdxBuilder file;
    file.bytes[VhdxBuilder::kHeader[slot] + 100] ^= std::byte{1};
    EXPECT_EQ(why_not(file.bytes), "");
    file.bytes[VhdxBuilder::kHeader[1 - slot] + 4095] ^= std::byte{1};
    EXPECT_THAT(why_not(file.bytes), HasSubstr("neither header"));
  }
}

TEST(VhdxHeader, TwoOfOneNumberAreTakenOnlyIfTheyAreTheSame) {
  VhdxBuilder file;
  file.set_header(0, 1);
  file.set_header(1, 1);
  EXPECT_EQ(why_not(file.bytes), "");
  put_guid(file.bytes, VhdxBuilder::kHeader[1] + 32,
           "cccccccc-0000-0000-0000-000000000000");
  file.seal_header(1);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("they differ"));
}

TEST(VhdxHeader, AnotherVersionIsRefused) {
  VhdxBuilder file;
  put(file.bytes, VhdxBuilder::kHeader[1] + 66, 2, 2);
  file.seal_header(1);
  EXPECT_EQ(code_of(file.bytes), Errc::unsupported);
}

TEST(VhdxHeader, ALogVersionMattersOnlyWithALog) {
  VhdxBuilder file;
  for (std::size_t slot : {0u, 1u}) {
    put(file.bytes, VhdxBuilder::kHeader[slot] + 64, 2, 1);
    file.seal_header(slot);
  }
  EXPECT_EQ(why_not(file.bytes), "");
  file.set_log_guid(VhdxBuilder::kLogGuid);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("log of version 1"));
}

TEST(VhdxHeader, ALogThatIsNowhereIsRefused) {
  for (std::uint64_t offset : Numbers{0, kMiB + 4096, 100 * kMiB, 2 * kMiB}) {
    VhdxBuilder file;
    put(file.bytes, VhdxBuilder::kHeader[1] + 72, 8, offset);
    file.seal_header(1);
    EXPECT_EQ(code_of(file.bytes), Errc::corrupt) << offset;
  }
}

TEST(VhdxRegions, TheSecondTableIsUsedWhereTheFirstIsBroken) {
  VhdxBuilder file;
  file.add_block(0, 0x11);
  file.bytes[VhdxBuilder::kRegionTable[0] + 20] ^= std::byte{1};
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(byte_at(**image, 0), 0x11u);
  file.bytes[VhdxBuilder::kRegionTable[1] + 60000] ^= std::byte{1};
  EXPECT_THAT(why_not(file.bytes), HasSubstr("neither copy"));
}

// Adds a third region, of an id that nobody knows, to both tables.
void add_region(VhdxBuilder& file, std::uint64_t offset, std::uint64_t required) {
  for (std::uint64_t table : VhdxBuilder::kRegionTable) {
    put(file.bytes, table + 8, 4, 3);
    put_guid(file.bytes, table + 80, "99999999-0000-0000-0000-000000000000");
    put(file.bytes, table + 96, 8, offset);
    put(file.bytes, table + 104, 4, kMiB);
    put(file.bytes, table + 108, 4, required);
  }
  file.seal_region_tables();
}

TEST(VhdxRegions, AnUnknownOneIsRefusedOnlyIfItIsRequired) {
  VhdxBuilder file;
  file.bytes.resize(5 * kMiB);
  VhdxBuilder required = file;
  add_region(file, 4 * kMiB, 0);
  EXPECT_EQ(why_not(file.bytes), "");
  add_region(required, 4 * kMiB, 1);
  EXPECT_EQ(code_of(required.bytes), Errc::unsupported);
}

TEST(VhdxRegions, NoneMayOverlapNorLieOutsideOfTheFile) {
  for (std::uint64_t offset : Numbers{VhdxBuilder::kBat, VhdxBuilder::kLog, 0,
                                      4 * kMiB + 4096, 5 * kMiB, ~0ull - kMiB + 1}) {
    VhdxBuilder file;
    file.bytes.resize(5 * kMiB);
    add_region(file, offset, 0);
    EXPECT_EQ(code_of(file.bytes), Errc::corrupt) << offset;
  }
}

TEST(VhdxRegions, BlocksKeepOffThem) {
  VhdxBuilder file;
  file.add_block(0, 0x11);
  file.set_block(1, 6, VhdxBuilder::kMetadata);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("overlaps"));
}

TEST(VhdxMetadata, AnUnknownItemIsRefusedOnlyIfItIsRequired) {
  VhdxBuilder file;
  file.add_item("99999999-0000-0000-0000-000000000000", filled(100, 1), 2);
  EXPECT_EQ(why_not(file.bytes), "");
  file.add_item("99999999-0000-0000-0000-000000000001", filled(100, 1), 4);
  EXPECT_EQ(code_of(file.bytes), Errc::unsupported);
}

TEST(VhdxMetadata, AnEmptyItemIsAnItem) {
  VhdxBuilder file;
  std::size_t entry = file.add_item("99999999-0000-0000-0000-000000000000", {}, 0);
  EXPECT_EQ(why_not(file.bytes), "");
  put(file.bytes, entry + 16, 4, 0x20000);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("empty"));
}

TEST(VhdxMetadata, AUserItemMayHaveASystemItemsId) {
  VhdxBuilder file;
  file.add_item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", filled(8, 0xFF), 1);
  EXPECT_EQ(why_not(file.bytes), "");
  file.add_item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", filled(8, 0xFF), 1);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("twice"));
}

TEST(VhdxMetadata, ItemsAreWithinTheRegionAndNotOnEachOther) {
  for (std::uint64_t offset : Numbers{0x8000u, 0x10004u, 0xFFFFCu, 0xFFFFFFFFu}) {
    VhdxBuilder file;
    std::size_t entry =
        file.add_item("99999999-0000-0000-0000-000000000000", filled(8, 1), 0);
    put(file.bytes, entry + 16, 4, offset);
    EXPECT_EQ(code_of(file.bytes), Errc::corrupt) << offset;
  }
}

TEST(VhdxMetadata, AMissingItemIsNamed) {
  VhdxBuilder file;
  put(file.bytes, VhdxBuilder::kMetadata + 10, 2, 4);  // the last is the disk's id
  EXPECT_THAT(why_not(file.bytes), HasSubstr("virtual disk id"));
}

TEST(VhdxMetadata, ADiskIsWholeSectorsUpTo64TiB) {
  for (std::uint64_t size : Numbers{0, 8 * kMiB + 1, (64ull << 40) + 512}) {
    VhdxBuilder file;
    put(file.bytes, VhdxBuilder::kMetadata + 0x10008, 8, size);
    EXPECT_THAT(why_not(file.bytes), HasSubstr("sectors")) << size;
  }
  VhdxBuilder file;  // The table has no room for so many blocks.
  put(file.bytes, VhdxBuilder::kMetadata + 0x10008, 8, 64ull << 40);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("don't fit"));
}

TEST(VhdxBat, ABlockOutsideOfTheFileIsRefused) {
  for (std::uint64_t offset : Numbers{0, 5 * kMiB, ~0ull - kMiB + 1}) {
    VhdxBuilder file;
    file.add_block(0, 0x11);
    file.set_block(1, 6, offset);
    EXPECT_THAT(why_not(file.bytes), HasSubstr("block 1 is at")) << offset;
  }
}

TEST(VhdxBat, TwoBlocksInOnePlaceAreRefused) {
  VhdxBuilder file({.virtual_size = 8 * kMiB, .block_size = 2 * kMiB});
  std::uint64_t offset = file.add_block(0, 0x11);
  file.add_block(1, 0x22);
  EXPECT_EQ(why_not(file.bytes), "");
  file.set_block(2, 6, offset + kMiB);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("overlaps"));
}

TEST(VhdxBat, StatesThatCannotBeAreRefused) {
  for (std::uint64_t state : Numbers{4, 7}) {
    VhdxBuilder file;
    file.set_block(1, state, file.add_block(0, 0x11));
    file.set_block(0, 0, 0);
    EXPECT_THAT(why_not(file.bytes), HasSubstr("state")) << state;
  }
}

TEST(VhdxBat, ABitmapIsRefusedInAFileWithoutAParent) {
  VhdxBuilder file({.virtual_size = 4097 * kMiB});
  put(file.bytes, VhdxBuilder::kBat + 8 * 4096, 8, 6 | VhdxBuilder::kBlocks);
  EXPECT_THAT(why_not(file.bytes), HasSubstr("sector bitmap"));
}

TEST(VhdxBat, OfTheLastBlockOnlyWhatTheDiskHasMustBeThere) {
  VhdxBuilder file({.virtual_size = 2 * kMiB + 512, .block_size = 2 * kMiB});
  file.add_block(1, 0x11);
  file.bytes.resize(file.bytes.size() - 2 * kMiB + 512);
  auto image = open_bytes(file.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(byte_at(**image, 2 * kMiB + 511), 0x11u);
  file.bytes.pop_back();
  EXPECT_EQ(code_of(file.bytes), Errc::corrupt);
}

}  // namespace
}  // namespace drydock::testing
