// Writes to volumes that BitLocker encrypts: what is read back, and what lies below.

#include <algorithm>

#include "tests/vhd/bitlocker_support.h"

namespace drydock::testing {
namespace {

using bitlocker::Volume;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A device that notes what is written to it.
class Noting final : public BlockDevice {
 public:
  explicit Noting(DevicePtr below) : below_(std::move(below)) {}

  std::vector<std::pair<std::uint64_t, std::uint64_t>> writes;
  int flush_count = 0;

  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return below_->sector_size(); }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    return below_->read(offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    writes.emplace_back(offset, from.size());
    return below_->write(offset, from);
  }
  Done do_flush() override {
    ++flush_count;
    return {};
  }

  DevicePtr below_;
};

std::shared_ptr<Volume> opened(const DevicePtr& below) {
  auto volume = open_volume_of(below);
  EXPECT_TRUE(volume) << volume.error().describe();
  return volume ? *volume : nullptr;
}

// Bytes that are nowhere else.
ByteVector some(std::size_t size, unsigned seed) {
  ByteVector bytes(size);
  for (std::byte& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<std::byte>(seed >> 24);
  }
  return bytes;
}

class BitlockerWrites : public ::testing::TestWithParam<std::uint16_t> {};

// Over sectors and parts of them, over the head's end, over one piece's end.
constexpr std::pair<std::uint64_t, std::size_t> kPlaces[] = {{0, 512},
                                                             {100, 7},
                                                             {8000, 1000},
                                                             {20'000, 1},
                                                             {30'208, 512},
                                                             {40'000, 300'000},
                                                             {kVolumeSize - 600, 600}};

TEST_P(BitlockerWrites, AreReadBackAndNothingElseChanges) {
  Built built = build_volume({.method = GetParam()});
  auto volume = opened(built.below);
  unsigned seed = 1;
  for (auto [at, size] : kPlaces) {
    ByteVector bytes = some(size, ++seed);
    ASSERT_TRUE(volume->write(at, bytes));
    std::ranges::copy(bytes, built.plain.begin() + static_cast<std::ptrdiff_t>(at));
  }
  EXPECT_TRUE(all_of(*volume) == built.plain);
  EXPECT_TRUE(all_of(*opened(built.below)) == built.plain);
}

TEST_P(BitlockerWrites, AreWhatTheBuilderWouldHaveMade) {
  BitlockerBuild build{.method = GetParam()};
  Built built = build_volume(build);
  auto volume = opened(built.below);
  ByteVector bytes = some(5000, 3);
  ASSERT_TRUE(volume->write(50'000, bytes));
  std::ranges::copy(bytes, built.plain.begin() + 50'000);
  EXPECT_TRUE(
      std::ranges::equal(built.below->bytes().subspan(512),
                         Bytes(build_bitlocker(built.plain, build)).subspan(512)));
}

INSTANTIATE_TEST_SUITE_P(All, BitlockerWrites, all_methods(), method_name);

TEST(BitlockerWrite, IsOneWriteOfTheWholeSectorsBelow) {
  auto noting = std::make_shared<Noting>(build_volume({.sector_size = 4096}).below);
  auto volume = opened(noting);
  ASSERT_TRUE(volume->write(20'481, some(5000, 1)));
  EXPECT_THAT(noting->writes, ElementsAre(std::pair(20'480u, 8192u)));
}

TEST(BitlockerWrite, OfTheVolumesFirstBytesGoesToTheirPlace) {
  BitlockerBuild build;
  auto noting = std::make_shared<Noting>(build_volume(build).below);
  auto volume = opened(noting);
  ASSERT_TRUE(volume->write(7680, some(1024, 1)));
  std::uint64_t head = built_head(kVolumeSize, build);
  EXPECT_THAT(noting->writes, ElementsAre(std::pair(head + 7680, std::uint64_t{512}),
                                          std::pair(8192u, 512u)));
}

TEST(BitlockerWrite, OfZerosWritesWhatDecryptsToZeros) {
  Built built = build_volume({});
  auto volume = opened(built.below);
  ASSERT_TRUE(volume->zero(100'000, 50'000));
  std::fill_n(built.plain.begin() + 100'000, 50'000, std::byte{0});
  EXPECT_TRUE(all_of(*volume) == built.plain);
  EXPECT_FALSE(is_zero(built.below->bytes().subspan(102'400, 4096)));
}

TEST(BitlockerWrite, ATrimReachesNothing) {
  Built built = build_volume({});
  auto volume = opened(built.below);
  ByteVector before = all_of(*built.below);
  ASSERT_TRUE(volume->trim(100'000, 50'000));
  EXPECT_TRUE(all_of(*built.below) == before);
}

TEST(BitlockerWrite, AFlushGoesDown) {
  auto noting = std::make_shared<Noting>(build_volume({}).below);
  ASSERT_TRUE(opened(noting)->flush());
  EXPECT_EQ(noting->flush_count, 1);
}

TEST(BitlockerWrite, IntoWhatIsBitlockersOwnIsRefusedBeforeAnythingIsWritten) {
  BitlockerBuild build;
  auto noting = std::make_shared<Noting>(build_volume(build).below);
  auto volume = opened(noting);
  std::uint64_t copy = built_copies(kVolumeSize, build)[1];
  for (std::uint64_t at : {copy - 4096, copy + 65535, built_head(kVolumeSize, build)}) {
    Done done = volume->write(at, some(8192, 1));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Errc::read_only);
    EXPECT_THAT(done.error().words(), HasSubstr("BitLocker's own"));
  }
  EXPECT_THAT(noting->writes, IsEmpty());
}

TEST(BitlockerWrite, OfAVolumeOnItsWayIsRefused) {
  for (std::uint16_t state : std::initializer_list<std::uint16_t>{1, 3, 5}) {
    auto noting = std::make_shared<Noting>(
        build_volume({.state = state, .encrypted_size = state == 1 ? 0u : 65536u})
            .below);
    Done done = opened(noting)->write(0, some(512, 1));
    ASSERT_FALSE(done) << state;
    EXPECT_EQ(done.error().code(), Errc::read_only);
    EXPECT_THAT(done.error().words(), HasSubstr("conversion"));
    EXPECT_THAT(noting->writes, IsEmpty());
  }
}

TEST(BitlockerWrite, OfAVolumeThatIsEncryptedAsItIsWrittenIsRefused) {
  Built built = build_volume({.encrypts_on_write = true});
  auto volume = opened(built.below);
  EXPECT_TRUE(all_of(*volume) == built.plain);
  Done done = volume->write(0, some(512, 1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::read_only);
}

}  // namespace
}  // namespace drydock::testing
