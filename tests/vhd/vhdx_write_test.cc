#include "tests/vhd/vhdx_support.h"
#include "vhd/base/random_guid.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;

// A header of the file: its sequence number and its three GUIDs.
struct HeaderText {
  std::uint64_t sequence;
  ByteVector file_write_guid, data_write_guid, log_guid;
};
HeaderText header_of(const ByteVector& file, std::size_t slot) {
  Bytes header = Bytes(file).subspan(VhdxBuilder::kHeader[slot], 4096);
  ByteVector page(header.begin(), header.end());
  put_checksum(page);
  EXPECT_TRUE(std::ranges::equal(page, header)) << "a checksum that doesn't hold";
  auto guid = [&](std::size_t at) {
    return ByteVector(page.begin() + static_cast<std::ptrdiff_t>(at),
                      page.begin() + static_cast<std::ptrdiff_t>(at + 16));
  };
  return {get(header, 8, 8), guid(16), guid(32), guid(48)};
}

TEST(VhdxWrite, GoesIntoABlockThatIsThereAndNowhereElse) {
  VhdxBuilder file;
  std::uint64_t offset = file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  session.write(2 * kMiB + 700, filled(100, 0x99));
  session.flush();
  ByteVector expected = file.bytes;
  std::memset(expected.data() + offset + 700, 0x99, 100);
  ByteVector written = session.bytes();
  for (std::uint64_t header : VhdxBuilder::kHeader) {
    std::memcpy(expected.data() + header, written.data() + header, 0x50);
  }
  EXPECT_TRUE(written == expected);
}

TEST(VhdxWrite, MakesABlockAtTheEndOfTheFile) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  session.write(5 * kMiB + 512, filled(512, 0x55));
  EXPECT_EQ(byte_at(*session.image, 5 * kMiB + 512), 0x55u);
  session.flush();
  EXPECT_EQ(session.file->size(), file.bytes.size() + kMiB);
  EXPECT_EQ(get(session.file->bytes(), file.bat_entry_at(5), 8), file.bytes.size() | 6);
  ByteVector block = filled(kMiB, 0);
  std::memset(block.data() + 512, 0x55, 512);
  EXPECT_EQ(session.reread(5 * kMiB, kMiB), block);
  EXPECT_EQ(session.reread(2 * kMiB, kMiB), filled(kMiB, 0x22));
}

TEST(VhdxWrite, RunsOverBlocksThatAreThereAndThatAreNot) {
  VhdxBuilder file;
  file.add_block(3, 0x33);
  file.add_block(1, 0x11);
  WritableVhdx session(file.bytes);
  ByteVector data(4 * kMiB + 5);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::byte(i * 31 >> 7);
  session.write(kMiB / 2 + 1, data);
  EXPECT_EQ(read_all(*session.image, kMiB / 2 + 1, data.size()), data);
  session.flush();
  EXPECT_EQ(session.reread(kMiB / 2 + 1, data.size()), data);
  EXPECT_EQ(session.reread(0, kMiB / 2 + 1), filled(kMiB / 2 + 1, 0));
}

TEST(VhdxWrite, ZerosWhereNoBlockIsChangeNothingAtAll) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  session.write(3 * kMiB, filled(2 * kMiB, 0));
  session.flush();
  EXPECT_TRUE(session.bytes() == file.bytes);
}

TEST(VhdxWrite, ZerosBesideDataMakeNoBlock) {
  VhdxBuilder file;
  WritableVhdx session(file.bytes);
  ByteVector data = filled(3 * kMiB, 0);
  data[kMiB] = std::byte{1};
  session.write(0, data);
  session.flush();
  EXPECT_EQ(session.file->size(), file.bytes.size() + kMiB);
}

TEST(VhdxWrite, OpeningForWritingAloneChangesNothing) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  session.flush();
  session.image.reset();
  EXPECT_TRUE(session.bytes() == file.bytes);
}

TEST(VhdxWrite, BothHeadersNameTheSessionAndItsNewContents) {
  VhdxBuilder file;
  file.add_block(2, 0x22);
  WritableVhdx session(file.bytes);
  session.write(2 * kMiB, filled(1, 1));
  session.write(2 * kMiB, filled(1, 2));
  session.flush();
  ByteVector after = session.bytes();
  HeaderText first = header_of(after, 0);
  HeaderText second = header_of(after, 1);
  EXPECT_EQ(std::min(first.sequence, second.sequence), 9u);
  EXPECT_EQ(std::max(first.sequence, second.sequence), 10u);
  EXPECT_EQ(first.file_write_guid, second.file_write_guid);
  EXPECT_EQ(first.data_write_guid, second.data_write_guid);
  EXPECT_NE(first.file_write_guid, header_of(file.bytes, 1).file_write_guid);
  EXPECT_NE(first.data_write_guid, header_of(file.bytes, 1).data_write_guid);
  EXPECT_EQ(first.log_guid, filled(16, 0));
  EXPECT_EQ(second.log_guid, filled(16, 0));
}

TEST(VhdxWrite, FactsFollowTheContents) {
  VhdxBuilder file;
  WritableVhdx session(file.bytes);
  Guid before = *session.image->facts().data_guid;
  session.write(0, filled(1, 1));
  Guid after = *session.image->facts().data_guid;
  EXPECT_NE(before, after);
  session.flush();
  session.write(0, filled(1, 2));
  EXPECT_EQ(*session.image->facts().data_guid, after);
}

TEST(VhdxWrite, SessionsWithOneSeedWriteTheSameBytes) {
  VhdxBuilder file;
  auto run_once = [&] {
    WritableVhdx session(file.bytes);
    session.write(kMiB - 3, filled(10, 0x77));
    session.flush();
    return session.bytes();
  };
  EXPECT_TRUE(run_once() == run_once());
}

TEST(VhdxWrite, WhatIsNotKnownStaysAsItWas) {
  VhdxBuilder file;
  put(file.bytes, VhdxBuilder::kHeader[0] + 200, 4, 0xABCD);  // reserved
  put(file.bytes, VhdxBuilder::kHeader[1] + 200, 4, 0xABCD);
  file.seal_header(0);
  file.seal_header(1);
  put(file.bytes, VhdxBuilder::kBat + 4000, 8, 0x1234);  // after the last entry
  WritableVhdx session(file.bytes);
  session.write(0, filled(1, 1));
  session.flush();
  EXPECT_EQ(get(session.file->bytes(), VhdxBuilder::kHeader[0] + 200, 4), 0xABCDu);
  EXPECT_EQ(get(session.file->bytes(), VhdxBuilder::kHeader[1] + 200, 4), 0xABCDu);
  EXPECT_EQ(get(session.file->bytes(), VhdxBuilder::kBat + 4000, 8), 0x1234u);
}

TEST(VhdxWrite, AFileThatEndsInTheMiddleOfAMebibyteGrowsToWholeOnes) {
  VhdxBuilder file;
  file.bytes.resize(file.bytes.size() + 1000, std::byte{0xCC});
  WritableVhdx session(file.bytes);
  session.write(kMiB, filled(1, 1));
  session.flush();
  EXPECT_EQ(session.file->size(), 6 * kMiB);
  EXPECT_EQ(session.reread(kMiB + 1, kMiB - 1), filled(kMiB - 1, 0));
}

TEST(VhdxWrite, ANewBlockKeepsOffTheEndOfALastBlockThatIsCut) {
  VhdxBuilder file({.virtual_size = 2 * kMiB + 512, .block_size = 2 * kMiB});
  std::uint64_t last = file.add_block(1, 0x11);
  file.bytes.resize(last + 512);
  WritableVhdx session(file.bytes);
  session.write(0, filled(1, 0x77));
  session.flush();
  EXPECT_EQ(get(session.file->bytes(), file.bat_entry_at(0), 8), (last + 2 * kMiB) | 6);
}

TEST(VhdxWrite, AnUnmappedBlockGetsItsOwnSpaceBackWithoutItsOldBytes) {
  for (std::uint64_t state : Numbers{1, 3, 5}) {
    VhdxBuilder file({.flags = 1});
    std::uint64_t offset = file.add_block(2, 0x22);
    file.add_block(4, 0x44);
    file.set_block(2, state, offset);
    WritableVhdx session(file.bytes);
    session.write(2 * kMiB + 4096, filled(512, 0x99));
    session.flush();
    EXPECT_EQ(session.file->size(), file.bytes.size());
    ByteVector block = filled(kMiB, 0);
    std::memset(block.data() + 4096, 0x99, 512);
    EXPECT_EQ(session.reread(2 * kMiB, kMiB), block);
    EXPECT_EQ(session.reread(4 * kMiB, kMiB), filled(kMiB, 0x44));
  }
}

TEST(VhdxWrite, AnUnmappedBlocksSpaceIsNotUsedWhereAnotherBlockHasIt) {
  for (std::uint64_t other : Numbers{0, 1}) {
    VhdxBuilder file;
    std::uint64_t offset = file.add_block(0, 0x11);
    // On top of a block, or of the metadata.
    file.set_block(2, 3, other == 0 ? offset : VhdxBuilder::kMetadata);
    WritableVhdx session(file.bytes);
    session.write(2 * kMiB, filled(512, 0x99));
    session.flush();
    EXPECT_EQ(session.file->size(), file.bytes.size() + kMiB);
    EXPECT_EQ(session.reread(0, kMiB), filled(kMiB, 0x11));
    EXPECT_EQ(session.reread(2 * kMiB, 512), filled(512, 0x99));
  }
}

TEST(VhdxWrite, SeveralFlushesOfOneSessionFollowEachOther) {
  VhdxBuilder file;
  WritableVhdx session(file.bytes);
  for (unsigned block = 0; block < 8; ++block) {
    session.write(block * kMiB, filled(kMiB, block + 1));
    session.flush();
    EXPECT_EQ(session.reread(0, (block + 1) * kMiB)[block * kMiB],
              std::byte(block + 1));
  }
  EXPECT_EQ(why_not(session.bytes()), "");
}

TEST(VhdxWrite, MendsARegionTableThatIsNotSound) {
  for (std::size_t copy : {0u, 1u}) {
    VhdxBuilder file;
    VhdxBuilder broken = file;
    std::memset(broken.bytes.data() + VhdxBuilder::kRegionTable[copy], 0xEE, 5000);
    WritableVhdx session(broken.bytes);
    session.write(0, filled(1, 1));
    session.flush();
    std::uint64_t at = VhdxBuilder::kRegionTable[copy];
    EXPECT_EQ(
        std::memcmp(session.file->bytes().data() + at, file.bytes.data() + at, 0x10000),
        0);
  }
}

TEST(VhdxWrite, AHeaderWithoutANumberForTheNextIsRefused) {
  VhdxBuilder file;
  put(file.bytes, VhdxBuilder::kHeader[1] + 8, 8, ~0ull - 1);
  file.seal_header(1);
  WritableVhdx session(file.bytes);
  auto done = session.image->write(0, filled(1, 1));
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().words(), HasSubstr("none for the next"));
}

// A file with a log to replay, which makes block 0 show 0x11.
VhdxBuilder with_pending_log(std::uint64_t last_file_offset = 0) {
  VhdxBuilder file;
  std::uint64_t place = file.add_block(0, 0x11);
  file.add_block(3, 0x33);
  LogEntryText text{.sequence = 77, .last_file_offset = last_file_offset};
  text.descriptors.push_back(
      {.file_offset = VhdxBuilder::kBat, .page = file.bat_page(0, 6, place)});
  text.descriptors.push_back(
      {.file_offset = VhdxBuilder::kBat + 0x10000, .zero_length = 0x5000});
  put(file.bytes, VhdxBuilder::kBat + 0x12340, 8, 0x5555);
  file.set_block(0, 0, 0);
  file.set_log_guid(VhdxBuilder::kLogGuid);
  file.put_log(0, log_entry(text));
  return file;
}

TEST(VhdxWrite, OpeningReplaysTheLogIntoTheFile) {
  VhdxBuilder file = with_pending_log(20 * kMiB);
  WritableVhdx session(file.bytes);
  EXPECT_EQ(session.image->facts().log, ImageLog::clean);
  ByteVector after = session.bytes();
  EXPECT_EQ(after.size(), 20 * kMiB);
  EXPECT_EQ(get(after, file.bat_entry_at(0), 8), VhdxBuilder::kBlocks | 6);
  EXPECT_EQ(get(after, VhdxBuilder::kBat + 0x12340, 8), 0u);
  for (std::size_t slot : {0u, 1u}) {
    HeaderText header = header_of(after, slot);
    EXPECT_EQ(header.log_guid, filled(16, 0));
    EXPECT_NE(header.file_write_guid, header_of(file.bytes, slot).file_write_guid);
    // What a guest sees hasn't changed: it was in the log.
    EXPECT_EQ(header.data_write_guid, header_of(file.bytes, slot).data_write_guid);
  }
  EXPECT_EQ(session.reread(0, kMiB), filled(kMiB, 0x11));
}

TEST(VhdxWrite, AFileThatWouldBeRefusedIsNotReplayedInto) {
  VhdxBuilder file = with_pending_log();
  file.set_block(1, 6, VhdxBuilder::kMetadata);
  ByteVector page = file.bat_page(0, 6, VhdxBuilder::kBlocks);
  LogEntryText text{.sequence = 78};
  text.descriptors = {{.file_offset = VhdxBuilder::kBat, .page = page}};
  file.put_log(0, log_entry(text));
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  EXPECT_FALSE(vhdx::Image::open(device, {.writable = true, .make_guid = {}}));
  EXPECT_TRUE(std::ranges::equal(device->bytes(), Bytes(file.bytes)));
}

TEST(VhdxWrite, RandomGuidsAreOfVersion4AndDiffer) {
  auto first = random_guid();
  auto second = random_guid();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(to_string(*first)[15], '4');
  EXPECT_THAT("89ab", HasSubstr(std::string(1, to_string(*first)[20])));
}

}  // namespace
}  // namespace drydock::testing
