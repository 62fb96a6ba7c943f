// What is copied from disk to disk, and what needn't be.

#include "vhd/convert.h"

#include "tests/vhd/vhdx_support.h"
#include "vhd/compare.h"
#include "vhd/create.h"

namespace drydock::testing {
namespace {

// Bytes in memory that keeps a list of what is asked of it, and knows that its
// second MiB is zeros.
class Witness final : public BlockDevice {
 public:
  explicit Witness(ByteVector bytes) : bytes_(std::move(bytes)) {}

  using Range = std::pair<std::uint64_t, std::uint64_t>;
  mutable std::vector<Range> reads;
  std::vector<Range> writes;
  std::optional<std::uint64_t> broken_at;

  Bytes bytes() const { return bytes_; }
  std::uint64_t size() const override { return bytes_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return true; }

 private:
  Done check(std::uint64_t offset, std::uint64_t length) const {
    if (!broken_at || !(offset <= *broken_at && *broken_at < offset + length)) {
      return {};
    }
    return Error(Errc::io, "a bad sector");
  }
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    if (Done done = check(offset, into.size()); !done) return done;
    reads.emplace_back(offset, into.size());
    std::memcpy(into.data(), bytes_.data() + offset, into.size());
    return {};
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    if (Done done = check(offset, from.size()); !done) return done;
    writes.emplace_back(offset, from.size());
    std::memcpy(bytes_.data() + offset, from.data(), from.size());
    return {};
  }
  Done do_flush() override { return {}; }
  Result<Extent> do_extent(std::uint64_t offset) const override {
    if (offset < kMiB) return Extent{.length = kMiB - offset, .zero = false};
    if (offset < 2 * kMiB) return Extent{.length = 2 * kMiB - offset, .zero = true};
    return Extent{.length = size() - offset, .zero = false};
  }

  ByteVector bytes_;
};

// Data at 0, at 100 KiB, and at the very end, which is no whole page.
ByteVector sparse_bytes() {
  ByteVector bytes(3 * kMiB + 512);
  bytes[0] = std::byte{1};
  std::memset(&bytes[100 * 1024], 2, 8192);
  bytes.back() = std::byte{3};
  return bytes;
}

TEST(Convert, ACopyHoldsTheSameBytes) {
  Witness from(sparse_bytes());
  Witness to{ByteVector(from.size())};
  ASSERT_TRUE(copy_disk(from, to));
  EXPECT_TRUE(std::ranges::equal(from.bytes(), to.bytes()));
}

TEST(Convert, WhatIsKnownToBeZerosIsNotRead) {
  Witness from(sparse_bytes());
  Witness to{ByteVector(from.size())};
  auto copied = copy_disk(from, to);
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->bytes_read, 2 * kMiB + 512);
  EXPECT_THAT(from.reads,
              ::testing::Not(::testing::Contains(::testing::Pair(
                  ::testing::AllOf(::testing::Ge(kMiB), ::testing::Lt(2 * kMiB)),
                  ::testing::_))));
}

TEST(Convert, ZerosThatAreStoredAreNotWritten) {
  Witness from(sparse_bytes());
  Witness to{ByteVector(from.size())};
  auto copied = copy_disk(from, to);
  ASSERT_TRUE(copied);
  using Range = Witness::Range;
  EXPECT_THAT(to.writes, ::testing::ElementsAre(Range(0, 4096), Range(100 * 1024, 8192),
                                                Range(3 * kMiB, 512)));
  EXPECT_EQ(copied->bytes_written, 4096u + 8192 + 512);
}

TEST(Convert, AllIsWrittenWhereThatIsAsked) {
  Witness from(sparse_bytes());
  Witness to{ByteVector(from.size())};
  auto copied = copy_disk(from, to, {.zero_run_min = 0});
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->bytes_written, 2 * kMiB + 512);
}

TEST(Convert, AReadThatFailsEndsTheCopyWithItsWords) {
  Witness from(sparse_bytes());
  from.broken_at = 2 * kMiB + 700;
  Witness to{ByteVector(from.size())};
  EXPECT_EQ(copy_disk(from, to).error().words(), "a bad sector");
}

TEST(Convert, AWriteThatFailsEndsTheCopyWithItsWords) {
  Witness from(filled(40 * kMiB, 7));
  Witness to{ByteVector(from.size())};
  to.broken_at = 0;
  EXPECT_EQ(copy_disk(from, to).error().words(), "a bad sector");
  EXPECT_LT(from.reads.size(), 39u) << "the reader went on to the end";
}

TEST(Convert, WhoStopsItGetsItsOwnWordsBack) {
  Witness from(filled(40 * kMiB, 7));
  Witness to{ByteVector(from.size())};
  std::uint64_t last = 0;
  auto stop = [&](std::uint64_t done, std::uint64_t total) -> Done {
    EXPECT_EQ(total, 40 * kMiB);
    EXPECT_GT(done, last);
    last = done;
    if (done < 5 * kMiB) return {};
    return Error(Errc::busy, "enough");
  };
  EXPECT_EQ(copy_disk(from, to, {.progress = stop}).error().words(), "enough");
  EXPECT_EQ(last, 5 * kMiB);
}

TEST(Convert, ADiskThatIsTooSmallIsRefused) {
  Witness from(sparse_bytes());
  Witness to{ByteVector(kMiB)};
  EXPECT_EQ(copy_disk(from, to).error().code(), Errc::bad_argument);
  EXPECT_EQ(copy_disk(from, from, {.zero_run_min = 3000}).error().code(),
            Errc::bad_argument);
}

TEST(Convert, AStreamHasEveryByteInOrder) {
  Witness from(sparse_bytes());
  ByteVector got;
  auto take = [&](Bytes bytes) -> Done {
    got.insert(got.end(), bytes.begin(), bytes.end());
    return {};
  };
  ASSERT_TRUE(copy_to_stream(from, take));
  EXPECT_TRUE(std::ranges::equal(from.bytes(), got));
}

TEST(Convert, AnImageIsCopiedIntoANewOneThatQemuReads) {
  DRYDOCK_NEEDS("qemu-img");
  TempFolder folder;
  ByteVector bytes(70 * kMiB);
  for (std::uint64_t at : {0u, 33u, 69u}) std::memset(&bytes[at * kMiB], 9, 5000);
  write_file(folder / "from.raw", bytes);
  {
    auto file =
        FileDevice::open(folder / "to.vhdx", {.writable = true, .create = true});
    ASSERT_TRUE(file);
    ASSERT_TRUE(create_image(**file, {.virtual_size = bytes.size()}));
    auto image = open_image(*file, {.writable = true});
    ASSERT_TRUE(image);
    ASSERT_TRUE(copy_disk(MemoryDevice(bytes), **image));
    ASSERT_TRUE((*image)->flush());
  }
  std::string from = (folder / "from.raw").string();
  std::string to = (folder / "to.vhdx").string();
  shell("qemu-img check " + to);
  shell("qemu-img compare -f raw -F vhdx " + from + " " + to);
}

TEST(Compare, TheFirstByteThatDiffersIsNamed) {
  ByteVector bytes = sparse_bytes();
  Witness a(bytes);
  EXPECT_EQ(*find_difference(a, Witness(bytes)), std::nullopt);
  bytes[2 * kMiB + 777] = std::byte{5};
  bytes[2 * kMiB + 778] = std::byte{5};
  EXPECT_EQ(*find_difference(a, Witness(bytes)), 2 * kMiB + 777);
}

TEST(Compare, WhatOneHasMoreHasToBeZeros) {
  MemoryDevice small(filled(kMiB, 1));
  ByteVector bytes = filled(kMiB, 1);
  bytes.resize(3 * kMiB);
  EXPECT_EQ(*find_difference(small, MemoryDevice(bytes)), std::nullopt);
  bytes[3 * kMiB - 1] = std::byte{1};
  EXPECT_EQ(*find_difference(small, MemoryDevice(bytes)), 3 * kMiB - 1);
  EXPECT_EQ(*find_difference(MemoryDevice(bytes), small), 3 * kMiB - 1);
}

}  // namespace
}  // namespace drydock::testing
