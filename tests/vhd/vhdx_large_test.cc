// Tables of which only what is needed is read, and which are read beside each other
// by many.

#include <atomic>
#include <random>
#include <thread>

#include "tests/vhd/vhdx_support.h"
#include "vhd/vhdx/blocks.h"
#include "vhd/vhdx/table_cache.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

// A file of 64 TiB in blocks of 1 MiB, each of which is there, in no order: nowhere
// stored, computed when it is read.  Its table has 512 MiB.
class FullDisk final : public BlockDevice {
 public:
  static constexpr std::uint64_t kTableSize = 513 * kMiB;
  static constexpr std::uint64_t kBlocks = VhdxBuilder::kBat + kTableSize;

  FullDisk() {
    VhdxBuilder file({.virtual_size = 64 * kTiB});
    for (std::uint64_t table : VhdxBuilder::kRegionTable) {
      put(file.bytes, table + 16 + 24, 4, kTableSize);
    }
    file.seal_region_tables();
    begin_ = file.bytes;
    begin_.resize(VhdxBuilder::kBat);
  }

  static std::uint64_t place_of(std::uint64_t block) {
    return kBlocks + (block ^ 0x2AAAAAA) * kMiB;
  }
  static std::byte byte_at(std::uint64_t file_offset) {
    return static_cast<std::byte>(file_offset >> 20 ^ file_offset >> 33 ^ file_offset);
  }
  std::uint64_t table_bytes_read() const { return table_bytes_read_; }

  std::uint64_t size() const override { return kBlocks + 64 * kTiB; }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return false; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    bool is_table = offset >= VhdxBuilder::kBat && offset < kBlocks;
    if (is_table) table_bytes_read_ += into.size();
    for (std::size_t i = 0; i < into.size(); ++i) {
      std::uint64_t at = offset + i;
      if (at < VhdxBuilder::kBat) {
        into[i] = begin_[at];
      } else if (at < kBlocks) {
        std::uint64_t index = (at - VhdxBuilder::kBat) / 8;
        std::uint64_t block = index - index / 4097;
        std::uint64_t entry = index % 4097 == 4096 ? 0 : place_of(block) | 6;
        into[i] = static_cast<std::byte>(entry >> at % 8 * 8);
      } else {
        into[i] = byte_at(at);
      }
    }
    return {};
  }
  Done do_write(std::uint64_t, Bytes) override { return {}; }
  Done do_flush() override { return {}; }

  ByteVector begin_;
  mutable std::atomic<std::uint64_t> table_bytes_read_ = 0;
};

// Whether the four bytes at `offset` of the disk are the ones that they should be.
bool shows_its_own(const BlockDevice& disk, std::uint64_t offset) {
  std::array<std::byte, 4> bytes = {};
  if (!disk.read(offset, bytes)) return false;
  std::uint64_t place = FullDisk::place_of(offset / kMiB) + offset % kMiB;
  for (std::uint64_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != FullDisk::byte_at(place + i)) return false;
  }
  return true;
}

TEST(VhdxLarge, OfATableOf512MiBOnlyThePagesThatAreNeededAreRead) {
  auto file = std::make_shared<FullDisk>();
  auto image = vhdx::Image::open(file);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ((*image)->size(), 64 * kTiB);
  EXPECT_EQ(file->table_bytes_read(), 0u);
  for (int again = 0; again < 2; ++again) {
    for (std::uint64_t at : Numbers{0, 5 * kTiB, 64 * kTiB - 4, 33 * kTiB + 4096}) {
      EXPECT_TRUE(shows_its_own(**image, at)) << at;
    }
  }
  EXPECT_EQ(file->table_bytes_read(), 4 * 4096u);
}

// The block whose entry opens one of the pages that share a slot.
std::uint64_t twin(std::uint64_t number) {
  std::uint64_t index =
      number * vhdx::TableCache::kSlotCount * vhdx::kBatEntriesPerPage;
  return index - index / 4097;
}

// Half of the reads are of the blocks of eight such pages.
TEST(VhdxLarge, ThreadsThatPushOutEachOthersPagesReadTheirOwn) {
  auto image = *vhdx::Image::open(std::make_shared<FullDisk>());
  std::atomic<int> wrong_count = 0;
  auto read_here_and_there = [&](unsigned seed) {
    std::mt19937_64 dice(seed);
    for (int i = 0; i < 500; ++i) {
      std::uint64_t anywhere = dice() % (64 * kTiB - 4);
      std::uint64_t near = (twin(dice() % 8) + dice() % 99) * kMiB;
      if (!shows_its_own(*image, dice() % 2 == 0 ? anywhere : near)) ++wrong_count;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(read_here_and_there, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_count, 0);
}

TEST(VhdxLarge, APageTakesTheSlotOfTheOneBefore) {
  vhdx::TableCache cache;
  vhdx::BatPage page;
  page.fill(7);
  EXPECT_FALSE(cache.find(3 * vhdx::kBatEntriesPerPage));
  cache.keep(3, page);
  EXPECT_EQ(cache.find(3 * vhdx::kBatEntriesPerPage + 1), 7u);
  EXPECT_FALSE(cache.find(4 * vhdx::kBatEntriesPerPage));
  page.fill(8);
  cache.keep(3 + vhdx::TableCache::kSlotCount, page);
  EXPECT_FALSE(cache.find(3 * vhdx::kBatEntriesPerPage + 1));
  EXPECT_EQ(cache.find((3 + vhdx::TableCache::kSlotCount) * vhdx::kBatEntriesPerPage),
            8u);
}

// Each page says its own number in all of its entries.
TEST(VhdxLarge, AnEntryIsNeverThatOfThePageThatComesIn) {
  vhdx::TableCache cache;
  std::atomic<int> wrong_count = 0;
  std::atomic<int> found_count = 0;
  auto keep_and_find = [&](unsigned seed) {
    std::mt19937 dice(seed);
    vhdx::BatPage page;
    for (int i = 0; i < 100'000; ++i) {
      std::uint64_t number = dice() % 4 * vhdx::TableCache::kSlotCount;
      auto entry = cache.find(number * vhdx::kBatEntriesPerPage + dice() % 512);
      if (entry) ++found_count;
      if (entry && *entry != number) ++wrong_count;
      if (entry || dice() % 4 != 0) continue;
      page.fill(number);
      cache.keep(number, page);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(keep_and_find, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_count, 0);
  EXPECT_GT(found_count, 1000);
}

// As an image with a large table has them.
Result<vhdx::Blocks> open_on_demand(const ByteVector& bytes,
                                    std::shared_ptr<const Image> parent = nullptr) {
  auto container = vhdx::read_container(std::make_shared<MemoryDevice>(bytes));
  EXPECT_TRUE(container);
  return vhdx::read_blocks(*container, std::move(parent), {.whole_size_max = 0});
}

std::string words_of_reading(const vhdx::Blocks& blocks, std::uint64_t offset) {
  ByteVector bytes(512);
  auto done = blocks.read(offset, bytes);
  return done ? "" : done.error().describe();
}

TEST(VhdxLarge, AnEntryThatCannotBeIsMetWhereItIsRead) {
  struct Case {
    std::uint64_t state, place;
    std::string_view words;
  };
  const std::vector<Case> cases = {
      {4, 4 * kMiB, "block 5 has the state 4"},
      {7, 4 * kMiB, "block 5 has the state 7"},
      {6, 900 * kMiB, "block 5 is at 0x38400000"},
      {6, 0, "block 5 is at 0x0"},
      {6, VhdxBuilder::kLog, "where a region or the log is"},
      {6, VhdxBuilder::kBat, "where a region or the log is"},
  };
  for (const Case& wrong : cases) {
    VhdxBuilder file({.virtual_size = 1024 * kMiB});
    file.add_block(600, 0x66);  // on the table's second page
    file.set_block(5, wrong.state, wrong.place);
    auto blocks = open_on_demand(file.bytes);
    ASSERT_TRUE(blocks) << blocks.error().describe();
    EXPECT_THAT(words_of_reading(*blocks, 5 * kMiB), HasSubstr(wrong.words));
    EXPECT_EQ(words_of_reading(*blocks, 600 * kMiB), "");
    EXPECT_THAT(why_not(file.bytes), HasSubstr("block allocation table"));
  }
}

TEST(VhdxLarge, ABitmapThatNoneCanHaveIsMetWhereItIsRead) {
  VhdxBuilder file({.virtual_size = 5000 * kMiB});
  std::uint64_t place = file.add_block(0, 0x11);
  put(file.bytes, VhdxBuilder::kBat + 8 * 4096, 8, place | 6);
  auto blocks = open_on_demand(file.bytes);
  ASSERT_TRUE(blocks) << blocks.error().describe();
  EXPECT_EQ(words_of_reading(*blocks, 0), "");
  EXPECT_THAT(words_of_reading(*blocks, 4096 * kMiB), HasSubstr("only a differencing"));
}

TEST(VhdxLarge, ABlockInPartWithoutABitmapIsMetWhereItIsRead) {
  VhdxBuilder parent_file({.virtual_size = 1024 * kMiB});
  VhdxBuilder file({.virtual_size = 1024 * kMiB, .flags = 2});
  file.add_parent("{bbbbbbbb-0000-0000-0000-000000000001}");
  file.set_block(3, 7, file.add_block(3, 0x33));
  auto blocks = open_on_demand(file.bytes, *open_bytes(parent_file.bytes));
  ASSERT_TRUE(blocks) << blocks.error().describe();
  EXPECT_THAT(words_of_reading(*blocks, 3 * kMiB), HasSubstr("no sector bitmap says"));
  EXPECT_EQ(words_of_reading(*blocks, 2 * kMiB), "");
}

// A child of a thousand blocks in every state, and a log that is still to be replayed.
TEST(VhdxLarge, ShowsWhatATableThatIsReadWholeShows) {
  constexpr std::uint64_t kSize = 1024 * kMiB;
  VhdxBuilder parent_file({.virtual_size = kSize});
  for (unsigned block : {3u, 4u, 600u}) parent_file.add_block(block, 0xA0);
  auto parent = *open_bytes(parent_file.bytes);
  VhdxBuilder file({.virtual_size = kSize, .flags = 2});
  file.add_parent("{bbbbbbbb-0000-0000-0000-000000000001}");
  std::uint64_t bitmap = file.add_bitmap(0);
  std::mt19937_64 dice(1);
  for (unsigned block : {2u, 3u, 4u, 5u, 510u, 511u, 512u, 600u}) {
    std::uint64_t place = file.add_block(block, 0x40 + block % 64);
    if (block % 2 == 0) file.set_block(block, 7, place);
    put(file.bytes, bitmap + block * 256, 8, dice());
  }
  for (std::uint64_t state : Numbers{1, 2, 3, 5}) file.set_block(100 + state, state, 0);
  LogEntryText entry{.sequence = 9, .last_file_offset = file.bytes.size()};
  entry.descriptors = {{.file_offset = VhdxBuilder::kBat,
                        .page = file.bat_page(7, 6, file.bytes.size() - kMiB)},
                       {.file_offset = VhdxBuilder::kBat + 4096, .zero_length = 4096}};
  file.put_log(0, log_entry(entry));
  file.set_log_guid(VhdxBuilder::kLogGuid);

  auto container = vhdx::read_container(std::make_shared<MemoryDevice>(file.bytes));
  ASSERT_TRUE(container->replayed);
  auto whole = *vhdx::read_blocks(*container, parent);
  auto on_demand = *vhdx::read_blocks(*container, parent, {.whole_size_max = 0});
  ByteVector expected(kMiB);
  ByteVector shown(kMiB);
  for (std::uint64_t at = 0; at < kSize; at += kMiB) {
    ASSERT_TRUE(whole.read(at, expected));
    ASSERT_TRUE(on_demand.read(at, shown));
    ASSERT_TRUE(shown == expected) << at;
    Mapping ours = *on_demand.map(at, kSize - at);
    Mapping theirs = *whole.map(at, kSize - at);
    ASSERT_EQ(ours.length, theirs.length) << at;
    ASSERT_EQ(ours.file_offset, theirs.file_offset) << at;
  }
}

}  // namespace
}  // namespace drydock::testing
