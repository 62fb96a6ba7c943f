#include "harness/scenarios/memory_copy.h"

#include <gtest/gtest.h>

#include "vhd/memory_device.h"
#include "vhd/overlay.h"

namespace drydock::scenarios {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

ByteVector all_of(const BlockDevice& device) {
  ByteVector bytes(device.size());
  EXPECT_TRUE(device.read(0, bytes));
  return bytes;
}

// Zeros but for some bytes, which lie across and beside pieces; its end is in
// the middle of one.
DevicePtr sparse_device() {
  auto device = std::make_shared<MemoryDevice>(kMiB + 1000);
  ByteVector written(5000, std::byte{7});
  EXPECT_TRUE(device->write(0, Bytes(written).first(1)));
  EXPECT_TRUE(device->write(128 * 1024 - 100, written));
  EXPECT_TRUE(device->write(512 * 1024, Bytes(written).first(512)));
  EXPECT_TRUE(device->write(kMiB + 990, Bytes(written).first(10)));
  return device;
}

TEST(MemoryCopy, ReadsAsItsOriginal) {
  DevicePtr original = sparse_device();
  auto copy = MemoryCopy::of(*original);
  ASSERT_TRUE(copy) << copy.error().describe();
  EXPECT_EQ((*copy)->size(), original->size());
  EXPECT_EQ(all_of(**copy), all_of(*original));
}

TEST(MemoryCopy, KeepsWhatBelongsToNoWholePieceOfZeros) {
  // An overlay over zeros: its extents are of 4 KiB, and end within pieces.
  auto zeros = MemoryCopy::of(MemoryDevice(kMiB));
  ASSERT_TRUE(zeros) << zeros.error().describe();
  auto overlay = std::make_shared<Overlay>(*zeros);
  ByteVector one(1, std::byte{9});
  ASSERT_TRUE(overlay->write(60 * 1024, one));
  ASSERT_TRUE(overlay->write(68 * 1024, one));
  auto copy = MemoryCopy::of(*overlay);
  ASSERT_TRUE(copy) << copy.error().describe();
  EXPECT_EQ(all_of(**copy), all_of(*overlay));
}

TEST(MemoryCopy, SaysWhichPartsAreZerosAndIsRightAboutThem) {
  DevicePtr original = sparse_device();
  auto copy = MemoryCopy::of(*original);
  ASSERT_TRUE(copy) << copy.error().describe();
  std::uint64_t zero_size = 0;
  for (std::uint64_t at = 0; at < (*copy)->size();) {
    auto extent = (*copy)->extent(at);
    ASSERT_TRUE(extent) << extent.error().describe();
    ASSERT_GT(extent->length, 0u);
    if (extent->zero) {
      ByteVector bytes(extent->length);
      ASSERT_TRUE(original->read(at, bytes));
      EXPECT_TRUE(is_zero(bytes)) << "at " << at;
      zero_size += extent->length;
    }
    at += extent->length;
  }
  EXPECT_GT(zero_size, kMiB / 2);
}

TEST(MemoryCopy, TakesNoWrites) {
  auto copy = MemoryCopy::of(*sparse_device());
  ASSERT_TRUE(copy) << copy.error().describe();
  ByteVector one(1);
  EXPECT_EQ((*copy)->write(0, one).error().code(), Errc::read_only);
}

}  // namespace
}  // namespace drydock::scenarios
