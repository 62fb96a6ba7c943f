#include <gtest/gtest.h>

#include "ntfs/fat/chain.h"
#include "ntfs/fat/sector_cache.h"
#include "vhd/memory_device.h"

namespace drydock::fat {
namespace {

std::string text_at(const SectorCache& cache, std::uint64_t offset,
                    std::size_t length) {
  ByteVector bytes(length);
  EXPECT_TRUE(cache.read(offset, bytes));
  return std::string(as_text(bytes));
}

std::string text_at(const BlockDevice& device, std::uint64_t offset,
                    std::size_t length) {
  ByteVector bytes(length);
  EXPECT_TRUE(device.read(offset, bytes));
  return std::string(as_text(bytes));
}

class FatSectorCache : public testing::Test {
 protected:
  std::shared_ptr<MemoryDevice> device_ =
      std::make_shared<MemoryDevice>(ByteVector(64 * 512, std::byte{'.'}));
  SectorCache cache_{device_, 512};
};

TEST_F(FatSectorCache, KeepsWritesFromTheDeviceUntilTheyAreCommitted) {
  ASSERT_TRUE(cache_.write(510, bytes_of("abcd")));
  EXPECT_EQ(text_at(cache_, 509, 6), ".abcd.");
  EXPECT_EQ(text_at(*device_, 509, 6), "......");
  ASSERT_TRUE(cache_.commit());
  EXPECT_EQ(text_at(*device_, 509, 6), ".abcd.");
}

TEST_F(FatSectorCache, ForgetsWritesThatAreRolledBack) {
  ASSERT_TRUE(cache_.write(510, bytes_of("abcd")));
  cache_.rollback();
  EXPECT_EQ(text_at(cache_, 509, 6), "......");
  ASSERT_TRUE(cache_.commit());
  EXPECT_EQ(text_at(*device_, 509, 6), "......");
}

TEST_F(FatSectorCache, ShowsWritesInLongReadsToo) {
  ASSERT_TRUE(cache_.write(510, bytes_of("abcd")));
  std::string all = text_at(cache_, 1, 20 * 512);
  EXPECT_EQ(all.substr(508, 6), ".abcd.");
}

TEST_F(FatSectorCache, SeesWhatWasWrittenPastIt) {
  EXPECT_EQ(text_at(cache_, 0, 4), "....");
  EXPECT_EQ(text_at(cache_, 4096, 4), "....");
  ASSERT_TRUE(cache_.write_through(0, bytes_of("abcd")));
  ASSERT_TRUE(cache_.write_through(600, bytes_of(std::string(20'000, 'x'))));
  EXPECT_EQ(text_at(cache_, 0, 6), "abcd..");
  EXPECT_EQ(text_at(cache_, 4096, 4), "xxxx");
}

TEST_F(FatSectorCache, WorksAtTheEndOfADeviceThatIsNotWholePages) {
  auto odd = std::make_shared<MemoryDevice>(ByteVector(9 * 512 + 100, std::byte{'.'}));
  SectorCache cache(odd, 512);
  ASSERT_TRUE(cache.write(8 * 512, bytes_of("ab")));
  ASSERT_TRUE(cache.commit());
  EXPECT_EQ(text_at(*odd, 8 * 512, 3), "ab.");
  EXPECT_FALSE(cache.write(9 * 512, bytes_of("ab")));
}

TEST(FatChain, HoldsNeighboursInOneRun) {
  Chain chain;
  for (std::uint32_t cluster : {5, 6, 7, 3, 4, 9}) chain.append(cluster);
  EXPECT_EQ(chain.runs().size(), 3u);
  EXPECT_EQ(chain.count(), 6u);
  EXPECT_EQ(chain.first(), 5u);
  EXPECT_EQ(chain.last(), 9u);
  EXPECT_EQ(chain.at(2), 7u);
  EXPECT_EQ(chain.at(3), 3u);
  EXPECT_EQ(chain.at(5), 9u);
}

TEST(FatChain, IsCutWithinARunAndBetweenTwo) {
  Chain chain;
  for (std::uint32_t cluster : {5, 6, 7, 3, 4, 9}) chain.append(cluster);
  chain.cut(4);
  EXPECT_EQ(chain.last(), 3u);
  chain.cut(3);
  EXPECT_EQ(chain.last(), 7u);
  EXPECT_EQ(chain.runs().size(), 1u);
  chain.cut(0);
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(chain.first(), 0u);
}

}  // namespace
}  // namespace drydock::fat
