// What the log of a VHDX file comes to when it is replayed, by [MS-VHDX] 2.3.
// qemu-img 7.2 gets the cases marked QEMU wrong.

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;
using Descriptor = LogEntryText::Descriptor;

// A file with three blocks' worth of data that no entry of the table points at
// yet: 0x11, 0x22 and 0x33.  Log entries bring them in, as block 0.
class VhdxLog : public ::testing::Test {
 protected:
  void SetUp() override {
    for (unsigned value : {0x11, 0x22, 0x33}) {
      place_[value >> 4] = file_.add_block(0, value);
    }
    file_.set_block(0, 0, 0);
    file_.set_log_guid(VhdxBuilder::kLogGuid);
  }

  // An entry that makes block 0 show `value`.
  LogEntryText shows(unsigned value, std::uint64_t sequence, std::uint64_t tail) {
    return {.sequence = sequence,
            .tail = tail,
            .descriptors = {{.file_offset = VhdxBuilder::kBat,
                             .page = file_.bat_page(0, 6, place_[value >> 4])}}};
  }
  // Puts entries side by side.  Returns where the next would go.
  std::uint64_t put(std::uint64_t at, const std::vector<LogEntryText>& entries) {
    for (const LogEntryText& text : entries) {
      ByteVector entry = log_entry(text);
      file_.put_log(at, entry);
      at += entry.size();
    }
    return at;
  }
  // What block 0 shows.
  unsigned shown() {
    auto image = open_bytes(file_.bytes);
    EXPECT_TRUE(image) << (image ? "" : image.error().describe());
    if (!image) return 999;
    EXPECT_EQ((*image)->facts().log, ImageLog::pending);
    return byte_at(**image, 0);
  }

  VhdxBuilder file_;
  std::uint64_t place_[4] = {};
};

TEST_F(VhdxLog, IsReplayedInMemoryAndTheFileStays) {
  put(0, {shows(0x11, 1, 0)});
  auto device = std::make_shared<MemoryDevice>(file_.bytes);
  auto image = vhdx::Image::open(device);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(byte_at(**image, 0), 0x11u);
  EXPECT_FALSE((*image)->extent(0)->zero);
  EXPECT_TRUE(std::ranges::equal(device->bytes(), Bytes(file_.bytes)));
}

TEST_F(VhdxLog, EntriesOfASequenceAreReplayedInOrder) {
  put(0, {shows(0x22, 5, 0), shows(0x33, 6, 0), shows(0x11, 7, 0)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AnEntryBeforeTheTailIsNotReplayed) {  // QEMU
  // It would zero the table of the metadata.
  put(0,
      {{.sequence = 1,
        .tail = 0,
        .descriptors = {{.file_offset = VhdxBuilder::kMetadata, .zero_length = 4096}}},
       shows(0x11, 2, 4096)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AGapInTheNumbersEndsASequence) {  // QEMU
  put(0, {shows(0x11, 1, 0), shows(0x22, 3, 0)});
  // Neither is the second's tail in its sequence; the first stands alone.
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, ATailOutsideOfItsSequenceMakesItNone) {  // QEMU
  put(0, {shows(0x11, 1, 16384)});
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("no whole sequence"));
}

TEST_F(VhdxLog, TheNewestOfTwoSequencesCounts) {
  std::uint64_t next = put(0, {shows(0x22, 100, 0)});
  put(next, {shows(0x11, 7, next), shows(0x33, 8, next)});
  EXPECT_EQ(shown(), 0x22u);
  put(0, {shows(0x22, 3, 0)});
  EXPECT_EQ(shown(), 0x33u);
}

TEST_F(VhdxLog, ASequenceMayGoOnAtTheLogsStart) {  // QEMU loses what is before
  std::uint64_t tail = kMiB - 8192;
  put(tail, {shows(0x22, 1, tail), shows(0x33, 2, tail), shows(0x11, 3, tail)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AnEntryMayItselfGoOnAtTheLogsStart) {
  put(kMiB - 4096, {shows(0x11, 9, kMiB - 4096)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AWrappedSequenceKeepsItsEarlierEntries) {  // QEMU loses them
  std::uint64_t tail = kMiB - 4096;
  LogEntryText second{.sequence = 2, .tail = tail};
  put(tail, {shows(0x11, 1, tail), second});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, ATornEntryEndsTheReplayBeforeIt) {
  std::uint64_t next = put(0, {shows(0x11, 1, 0)});
  put(next, {shows(0x22, 2, 0)});
  for (std::uint64_t torn : Numbers{0, 16, 100, 4095, 4096, 4100, 8000, 8191}) {
    VhdxBuilder whole = file_;
    file_.bytes[VhdxBuilder::kLog + next + torn] ^= std::byte{0x40};
    EXPECT_EQ(shown(), 0x11u) << torn;
    file_ = whole;
  }
}

// A change that the checksum agrees with.
template <class Change>
std::string why_not_entry(VhdxBuilder file, LogEntryText text, Change change) {
  ByteVector entry = log_entry(text);
  change(MutableBytes(entry));
  put_checksum(entry);
  file.put_log(0, entry);
  return why_not(file.bytes);
}

TEST_F(VhdxLog, EveryPageOfAnEntryMustBearItsNumber) {
  LogEntryText text = shows(0x11, 0x700000001, 0);
  for (std::size_t field : Numbers{64 + 24, 64 + 28, 4096 + 4, 4096 + 4092}) {
    EXPECT_THAT(
        why_not_entry(file_, text,
                      [&](MutableBytes entry) { entry[field] ^= std::byte{1}; }),
        HasSubstr("no whole sequence"))
        << field;
  }
  EXPECT_EQ(why_not_entry(file_, text, [](MutableBytes) {}), "");
}

TEST_F(VhdxLog, AnEntryOfImpossibleSizesIsNone) {
  struct Case {
    std::size_t at, size;
    std::uint64_t value;
  };
  LogEntryText text = shows(0x11, 1, 0);
  for (Case c :
       {Case{8, 4, 0}, Case{8, 4, 4096}, Case{8, 4, 8192 + 512}, Case{8, 4, 0xFFFFF000},
        Case{24, 4, 2}, Case{24, 4, 0xFFFFFFFF}, Case{12, 4, 100}, Case{12, 4, kMiB},
        Case{16, 8, 0}, Case{64 + 16, 8, VhdxBuilder::kBat + 512}}) {
    EXPECT_NE(why_not_entry(file_, text,
                            [&](MutableBytes entry) {
                              testing::put(entry, c.at, c.size, c.value);
                            }),
              "")
        << c.at << " " << c.value;
  }
}

TEST_F(VhdxLog, EntriesOfAnotherGuidAreIgnored) {
  LogEntryText stale = shows(0x22, 50, 0);
  stale.guid = "99999999-2222-3333-4444-555555555555";
  std::uint64_t next = put(0, {stale});
  put(next, {shows(0x11, 1, next)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, NothingIsReplayedWhereTheHeaderNamesNoLog) {
  put(0, {shows(0x11, 1, 0)});
  file_.set_log_guid("00000000-0000-0000-0000-000000000000");
  auto image = open_bytes(file_.bytes);
  ASSERT_TRUE(image);
  EXPECT_EQ((*image)->facts().log, ImageLog::clean);
  EXPECT_EQ(byte_at(**image, 0), 0u);
}

TEST_F(VhdxLog, ANamedLogWithoutAnEntryIsCorrupt) {  // QEMU
  EXPECT_EQ(code_of(file_.bytes), Errc::corrupt);
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("no whole sequence"));
}

TEST_F(VhdxLog, AnEntryWithoutDescriptorsIsEnough) {
  put(0, {{.sequence = 1, .tail = 0}});
  EXPECT_EQ(shown(), 0u);
}

TEST_F(VhdxLog, MoreThan126DescriptorsGoOnInTheNextPage) {  // QEMU refuses
  LogEntryText text{.sequence = 1};
  for (std::uint64_t i = 0; i < 254; ++i) {
    text.descriptors.push_back(
        {.file_offset = VhdxBuilder::kBat + 4096 * (i % 255), .zero_length = 4096});
  }
  text.descriptors.push_back(
      {.file_offset = VhdxBuilder::kBat, .page = file_.bat_page(0, 6, place_[1])});
  ByteVector entry = log_entry(text);
  ASSERT_EQ(entry.size(), 4 * 4096u);
  file_.put_log(0, entry);
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AnEntryMayBeLongerThanItsDescriptorsNeed) {
  LogEntryText text = shows(0x22, 1, 0);
  text.padding_pages = 14;
  put(0, {text, shows(0x11, 2, 0)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, ZerosAndPagesTakeEffectInTheirOrder) {
  file_.set_block(0, 6, place_[3]);
  Descriptor zeros{.file_offset = VhdxBuilder::kBat, .zero_length = 8192};
  Descriptor page{.file_offset = VhdxBuilder::kBat,
                  .page = file_.bat_page(0, 6, place_[1])};
  put(0, {{.sequence = 1, .descriptors = {zeros}}});
  EXPECT_EQ(shown(), 0u);
  put(0, {{.sequence = 1, .descriptors = {page, zeros}}});
  EXPECT_EQ(shown(), 0u);
  put(0, {{.sequence = 1, .descriptors = {zeros, page}}});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, AFileThatIsShorterThanItWasIsRefused) {
  LogEntryText text = shows(0x11, 1, 0);
  text.flushed_file_offset = file_.bytes.size();
  put(0, {text});
  EXPECT_EQ(shown(), 0x11u);
  text.flushed_file_offset += kMiB;
  put(0, {text});
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("has been cut"));
}

TEST_F(VhdxLog, OnlyTheLastEntrySaysHowLongTheFileMustBe) {
  LogEntryText first = shows(0x22, 1, 0);
  first.flushed_file_offset = 100 * kMiB;  // before the file was made shorter
  put(0, {first, shows(0x11, 2, 0)});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, TheFileGrowsToWhatTheLastEntrySays) {  // QEMU
  LogEntryText text{.sequence = 1};
  std::uint64_t end = file_.bytes.size();
  text.last_file_offset = end + kMiB;
  text.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = file_.bat_page(0, 6, end)}};
  put(0, {text});
  EXPECT_EQ(shown(), 0u);
  text.last_file_offset = end;
  put(0, {text});
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("block 0 is at"));
}

TEST_F(VhdxLog, TheFileGrowsToWhatADescriptorWrites) {
  std::uint64_t end = file_.bytes.size();
  Descriptor far{.file_offset = end + kMiB - 4096, .page = filled(4096, 0x77)};
  Descriptor table{.file_offset = VhdxBuilder::kBat, .page = file_.bat_page(0, 6, end)};
  put(0, {{.sequence = 1, .descriptors = {far, table}}});
  auto image = open_bytes(file_.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ(byte_at(**image, kMiB - 4097), 0u);
  EXPECT_EQ(byte_at(**image, kMiB - 4096), 0x77u);
}

TEST_F(VhdxLog, NoEntryWritesToTheHeadersOrTheLogOrBeyondAllFiles) {
  for (std::uint64_t target :
       Numbers{0, 0x10000, 0x2F000, VhdxBuilder::kLog, VhdxBuilder::kLog + kMiB - 4096,
               ~0ull - 4095, 200ull << 40}) {
    LogEntryText text = shows(0x11, 1, 0);
    text.descriptors.push_back({.file_offset = target, .page = filled(4096, 0)});
    put(0, {text});
    EXPECT_THAT(why_not(file_.bytes), HasSubstr("where nothing can be")) << target;
    text.descriptors.back() = {.file_offset = target, .zero_length = 8192};
    put(0, {text});
    EXPECT_THAT(why_not(file_.bytes), HasSubstr("where nothing can be")) << target;
  }
}

TEST_F(VhdxLog, ZerosMayNotRunIntoTheLog) {
  put(0, {{.sequence = 1,
           .descriptors = {{.file_offset = 0x50000, .zero_length = kMiB}}}});
  EXPECT_EQ(code_of(file_.bytes), Errc::corrupt);
}

TEST_F(VhdxLog, AGrowthBeyondAllFilesIsRefused) {
  put(0, {{.sequence = 1, .last_file_offset = 1ull << 60}});
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("grows the file"));
}

TEST_F(VhdxLog, MayReplaceTheRegionTables) {
  // The file's own are in ruins, as after a cut in the middle of writing them.
  LogEntryText text{.sequence = 1};
  for (std::uint64_t table : VhdxBuilder::kRegionTable) {
    for (std::uint64_t at = table; at < table + 0x10000; at += 4096) {
      MutableBytes page = file_.at(at, 4096);
      text.descriptors.push_back(
          {.file_offset = at, .page = ByteVector(page.begin(), page.end())});
      std::memset(page.data(), 0xDD, page.size());
    }
  }
  text.descriptors.push_back(
      {.file_offset = VhdxBuilder::kBat, .page = file_.bat_page(0, 6, place_[1])});
  put(0, {text});
  EXPECT_EQ(shown(), 0x11u);
}

TEST_F(VhdxLog, MayReplaceTheMetadata) {
  MutableBytes items = file_.at(VhdxBuilder::kMetadata + 0x10000, 4096);
  ByteVector page(items.begin(), items.end());
  testing::put(page, 8, 8, 6 * kMiB);
  put(0, {{.sequence = 1,
           .descriptors = {
               {.file_offset = VhdxBuilder::kMetadata + 0x10000, .page = page}}}});
  auto image = open_bytes(file_.bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ((*image)->size(), 6 * kMiB);
}

TEST_F(VhdxLog, EntriesOnTopOfEachOtherCostNoMoreThanTheyShould) {
  // Each page starts an entry that claims the rest of a lap.
  for (std::uint64_t page = 0; page < 256; ++page) {
    LogEntryText text{.sequence = page + 1, .tail = page * 4096, .padding_pages = 0};
    ByteVector start = log_entry(text);
    testing::put(start, 8, 4, kMiB);
    file_.put_log(page * 4096, start);
  }
  EXPECT_THAT(why_not(file_.bytes), HasSubstr("on top of each other"));
}

TEST_F(VhdxLog, OneTooLargeToBeReplayedIsRefusedByItsSize) {
  for (std::size_t slot : {0u, 1u}) {
    testing::put(file_.bytes, VhdxBuilder::kHeader[slot] + 68, 4, 65 * kMiB);
  }
  file_.set_log_guid(VhdxBuilder::kLogGuid);
  EXPECT_EQ(code_of(file_.bytes), Errc::unsupported);
}

}  // namespace
}  // namespace drydock::testing
