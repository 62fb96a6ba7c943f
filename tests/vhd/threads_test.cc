// "const members may run at the same time as each other", says block_device.h:
// a stack of devices is read by many threads at once.  The tsan preset is for
// this.

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/file_device.h"
#include "vhd/image.h"
#include "vhd/overlay.h"
#include "vhd/slice.h"

namespace drydock {
namespace {

constexpr int kThreadCount = 4;
constexpr int kReadCount = 2000;

// A slice of an overlay over a VHDX in a file, its log still to be replayed.
DevicePtr make_stack(const TempFolder& folder) {
  testing::VhdxBuilder text;
  text.add_block(1, 0x11);
  text.add_block(3, 0x33);
  testing::LogEntryText entry{.sequence = 9, .last_file_offset = text.bytes.size()};
  entry.descriptors = {
      {.file_offset = testing::VhdxBuilder::kBat + 8192, .zero_length = 4096}};
  text.put_log(0, testing::log_entry(entry));
  text.set_log_guid(testing::VhdxBuilder::kLogGuid);
  std::ofstream(folder / "disk.vhdx", std::ios::binary) << as_text(text.bytes);
  auto file = FileDevice::open(folder / "disk.vhdx");
  auto image = open_image(*file);
  EXPECT_TRUE(image);
  EXPECT_EQ((*image)->facts().log, ImageLog::pending);
  auto overlay = std::make_shared<Overlay>(*image);
  EXPECT_TRUE(overlay->write(testing::kMiB - 100, ByteVector(5000, std::byte{0x77})));
  return *Slice::create(overlay, 1000, 6 * testing::kMiB);
}

TEST(Devices, AreReadByManyThreadsAtOnce) {
  TempFolder folder;
  DevicePtr device = make_stack(folder);
  ByteVector whole(device->size());
  ASSERT_TRUE(device->read(0, whole));
  std::atomic<int> wrong_count = 0;
  auto read_here_and_there = [&](unsigned seed) {
    std::mt19937_64 dice(seed);
    for (int i = 0; i < kReadCount; ++i) {
      ByteVector bytes(1 + dice() % 8192);
      std::uint64_t at = dice() % (whole.size() - bytes.size());
      bool same = device->read(at, bytes) &&
                  std::ranges::equal(bytes, Bytes(whole).subspan(at, bytes.size()));
      auto extent = device->extent(at);
      if (!same || !extent || extent->length == 0) ++wrong_count;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreadCount; ++i) {
    threads.emplace_back(read_here_and_there, i);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_count, 0);
}

}  // namespace
}  // namespace drydock
