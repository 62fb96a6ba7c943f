#include <gtest/gtest.h>

#include "vhd/memory_device.h"
#include "vhd/overlay.h"
#include "vhd/slice.h"

namespace drydock {
namespace {

ByteVector pattern(std::size_t size, unsigned seed) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * 7 + seed) & 0xff);
  }
  return bytes;
}

ByteVector all_of(const BlockDevice& device) {
  ByteVector bytes(device.size());
  EXPECT_TRUE(device.read(0, bytes));
  return bytes;
}

TEST(BlockDevice, RefusesAReadPastTheEndAndLeavesTheBuffer) {
  MemoryDevice device(100);
  ByteVector into(2, std::byte{9});
  EXPECT_EQ(device.read(99, into).error().code(), Errc::bad_argument);
  EXPECT_EQ(into, ByteVector(2, std::byte{9}));
}

TEST(BlockDevice, RefusesAnOffsetThatWouldOverflow) {
  MemoryDevice device(100);
  ByteVector into(2);
  EXPECT_EQ(device.read(~0ull, into).error().code(), Errc::bad_argument);
}

TEST(Slice, ShowsItsPartAndNothingBeyond) {
  auto whole = std::make_shared<MemoryDevice>(pattern(1000, 1));
  auto slice = Slice::create(whole, 100, 50);
  ASSERT_TRUE(slice);
  EXPECT_EQ(all_of(**slice),
            ByteVector(whole->bytes().begin() + 100, whole->bytes().begin() + 150));
  ByteVector one(1);
  EXPECT_FALSE((*slice)->read(50, one));
  EXPECT_FALSE(Slice::create(whole, 990, 11));
}

TEST(Overlay, ShowsItsWritesAndNeverTouchesTheDeviceBeneath) {
  auto below = std::make_shared<MemoryDevice>(pattern(20'000, 1));
  ByteVector before(below->bytes().begin(), below->bytes().end());
  Overlay overlay(below);
  ASSERT_TRUE(overlay.write(4000, pattern(5000, 3)));
  ByteVector expected = before;
  ByteVector written = pattern(5000, 3);
  std::copy(written.begin(), written.end(), expected.begin() + 4000);
  EXPECT_EQ(all_of(overlay), expected);
  EXPECT_TRUE(std::ranges::equal(below->bytes(), before));
}

TEST(Overlay, ListsOnlySectorsThatDiffer) {
  auto below = std::make_shared<MemoryDevice>(pattern(16'384, 1));
  Overlay overlay(below);
  ByteVector same(below->bytes().begin() + 512, below->bytes().begin() + 1536);
  ASSERT_TRUE(overlay.write(512, same));
  ASSERT_TRUE(overlay.write(4095, ByteVector(2, std::byte{0xEE})));
  auto changes = overlay.changes();
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].offset, 3584u);
  EXPECT_EQ((*changes)[0].after.size(), 1024u);
  EXPECT_EQ((*changes)[0].after[511], std::byte{0xEE});
}

TEST(Overlay, HandlesALastPageThatIsNotWhole) {
  auto below = std::make_shared<MemoryDevice>(pattern(5000, 1));
  Overlay overlay(below);
  ASSERT_TRUE(overlay.write(4990, ByteVector(10, std::byte{0xEE})));
  auto changes = overlay.changes();
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].offset + (*changes)[0].after.size(), 5000u);
}

}  // namespace
}  // namespace drydock
