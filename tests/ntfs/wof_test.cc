// Files that WOF compressed, as bytes: wimlib-imagex compresses, we expand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/wof/expanded_device.h"
#include "tests/ntfs/wof_files.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"
#include "vhd/memory_device.h"

namespace drydock {
namespace {

using ::testing::HasSubstr;
using wof::Compression;

class Wof : public ::testing::TestWithParam<Compression> {
 protected:
  void SetUp() override {
    if (!have_program("wimlib-imagex")) GTEST_SKIP() << "no wimlib-imagex here";
    content_ = mixed_bytes(5 * wof::chunk_size(GetParam()) + 1234);
    stream_ = compressed_by_wimlib(content_, GetParam());
    ASSERT_FALSE(stream_.empty());
  }

  Result<DevicePtr> expand(ByteVector stream) {
    return wof::expand(std::make_shared<MemoryDevice>(std::move(stream)),
                       content_.size(), GetParam());
  }

  ByteVector content_;
  ByteVector stream_;
};

TEST_P(Wof, ExpandsWhatWimlibCompressed) {
  auto device = expand(stream_);
  ASSERT_TRUE(device) << device.error().describe();
  EXPECT_EQ((*device)->size(), content_.size());
  EXPECT_FALSE((*device)->writable());
  auto whole = read_bytes(**device, 0, content_.size(), content_.size());
  ASSERT_TRUE(whole) << whole.error().describe();
  EXPECT_TRUE(*whole == content_);
}

TEST_P(Wof, ReadsAnyPartInAnyOrder) {
  auto device = expand(stream_);
  ASSERT_TRUE(device) << device.error().describe();
  for (std::uint64_t step = 0; step < 400; ++step) {
    std::uint64_t offset = step * 7'919 % content_.size();
    std::uint64_t length = std::min(step * 97 % 9'000, content_.size() - offset);
    auto part = read_bytes(**device, offset, length, length);
    ASSERT_TRUE(part) << part.error().describe();
    ASSERT_TRUE(std::ranges::equal(*part, Bytes(content_).subspan(offset, length)))
        << "at " << offset << ", " << length;
  }
}

TEST_P(Wof, SaysWhichChunkIsNotWhereItIsSaidToBe) {
  ASSERT_TRUE(store(stream_, 4, le32{0x7fff'ffff}));
  auto device = expand(stream_);
  ASSERT_TRUE(device);
  auto whole = read_bytes(**device, 0, content_.size(), content_.size());
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Errc::corrupt);
  EXPECT_THAT(whole.error().describe(), HasSubstr("chunk 1 of WofCompressedData"));
}

TEST_P(Wof, RefusesAStreamThatIsShorterThanItsTable) {
  stream_.resize(7);
  EXPECT_EQ(expand(stream_).error().code(), Errc::corrupt);
}

TEST_P(Wof, SurvivesEveryCutOfTheStream) {
  for (std::size_t size = 0; size < stream_.size(); size += 1 + size / 7) {
    Bytes cut = Bytes(stream_).first(size);
    auto device = expand({cut.begin(), cut.end()});
    if (!device) continue;
    ByteVector into(content_.size());
    EXPECT_FALSE((*device)->read(0, into)) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Wof,
                         ::testing::Values(Compression::xpress4k, Compression::xpress8k,
                                           Compression::xpress16k, Compression::lzx));

TEST(WofReparsePoint, NamesTheCompression) {
  EXPECT_EQ(*wof::read_reparse_data(wof_reparse_data(0)), Compression::xpress4k);
  EXPECT_EQ(*wof::read_reparse_data(wof_reparse_data(1)), Compression::lzx);
  EXPECT_EQ(*wof::read_reparse_data(wof_reparse_data(3)), Compression::xpress16k);
  EXPECT_EQ(to_string(Compression::xpress8k), "XPRESS 8K");
}

TEST(WofReparsePoint, OfWhatIsNotKnownIsRefusedByName) {
  auto wimboot = wof::read_reparse_data(wof_reparse_data(0, 1));
  ASSERT_FALSE(wimboot);
  EXPECT_EQ(wimboot.error().code(), Errc::unsupported);
  EXPECT_THAT(wimboot.error().words(), HasSubstr("WIMBoot"));
  EXPECT_EQ(wof::read_reparse_data(wof_reparse_data(4)).error().code(),
            Errc::unsupported);
  EXPECT_EQ(wof::read_reparse_data({}).error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace drydock
