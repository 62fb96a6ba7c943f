// The parts of an NTFS volume that don't need one: boot sectors, names, and
// the words of a device that fails.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/name.h"
#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/known_leak.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::uint64_t kSize = 100 << 20;

// A volume of 4 KiB clusters, as Windows writes it.
ntfs::BootSectorFormat sector() {
  ntfs::BootSectorFormat sector{};
  std::ranges::copy(std::string_view("NTFS    "), sector.oem_id.begin());
  sector.sector_size = 512;
  sector.cluster_sectors = 8;
  sector.sector_count = kSize / 512 - 1;
  sector.mft_cluster = 1000;
  sector.mirror_cluster = 2;
  sector.record_size_code = -10;
  sector.index_size_code = 1;
  sector.serial_number = 0x1122334455667788;
  sector.signature = 0xaa55;
  return sector;
}

Result<ntfs::BootSector> read(const ntfs::BootSectorFormat& sector) {
  return ntfs::read_boot_sector(bytes_of(sector), kSize);
}

TEST(NtfsBootSector, GivesItsSizesInBytes) {
  auto boot = read(sector());
  ASSERT_TRUE(boot) << boot.error().describe();
  EXPECT_EQ(boot->cluster_size, 4096u);
  EXPECT_EQ(boot->record_size, 1024u);
  EXPECT_EQ(boot->index_size, 4096u);
  EXPECT_EQ(boot->volume_size, kSize - 512);
  EXPECT_EQ(boot->mft_offset, 1000u * 4096);
  EXPECT_EQ(boot->mirror_size(), 4096u);
}

TEST(NtfsBootSector, KnowsClustersOf2MiB) {
  auto large = sector();
  large.cluster_sectors = 0xf4;
  large.mft_cluster = 1;
  large.index_size_code = -12;
  auto boot = read(large);
  ASSERT_TRUE(boot) << boot.error().describe();
  EXPECT_EQ(boot->cluster_size, 2u << 20);
}

TEST(NtfsBootSector, IsNotFoundWhereItIsNotMarked) {
  auto other = sector();
  other.oem_id[0] = 'X';
  EXPECT_EQ(read(other).error().code(), Errc::not_found);
  EXPECT_EQ(ntfs::read_boot_sector({}, 0).error().code(), Errc::not_found);
}

TEST(NtfsBootSector, IsCorruptWhereANumberCannotBe) {
  using Format = ntfs::BootSectorFormat;
  auto code_with = [](auto wound) {
    Format wounded = sector();
    wound(wounded);
    auto boot = read(wounded);
    return boot ? Errc{} : boot.error().code();
  };
  EXPECT_EQ(code_with([](Format& s) { s.sector_size = 500; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.sector_size = 0; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.cluster_sectors = 3; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.cluster_sectors = 0; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.cluster_sectors = 0xe0; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.record_size_code = -31; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.record_size_code = -128; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.index_size_code = 0; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.index_size_code = 127; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.sector_count = 0; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.sector_count = ~0ull; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.mft_cluster = 1 << 20; }), Errc::corrupt);
  EXPECT_EQ(code_with([](Format& s) { s.mirror_cluster = 1000; }), Errc::corrupt);
}

TEST(NtfsBootSector, SaysThatItsPartitionWasCut) {
  auto boot = ntfs::read_boot_sector(bytes_of(sector()), kSize - 4096);
  ASSERT_FALSE(boot);
  EXPECT_THAT(boot.error().words(), HasSubstr("cut"));
}

// dfir_ntfs has one of each cluster size that Windows formats with.
TEST(NtfsBootSector, IsReadAsWindowsWroteIt) {
  DRYDOCK_CORPUS_FILE(first, "ntfs/dfir_ntfs/512.boot");
  auto cluster_size = [&](const std::string& name) {
    std::ifstream in(first.parent_path() / name, std::ios::binary);
    std::string text(512, '\0');
    in.read(text.data(), 512);
    auto boot = ntfs::read_boot_sector(bytes_of(std::string_view(text)), 1ull << 50);
    return boot ? boot->cluster_size : 0;
  };
  EXPECT_EQ(cluster_size("512.boot"), 512u);
  EXPECT_EQ(cluster_size("4k.boot"), 4096u);
  EXPECT_EQ(cluster_size("64k.boot"), 65536u);
  EXPECT_EQ(cluster_size("128k.boot"), 131072u);
  EXPECT_EQ(cluster_size("4kn.boot"), 4096u);
}

TEST(NtfsName, IsShortWhereDosCouldSayIt) {
  for (const char16_t* name :
       {u"A", u"readme.txt", u"BOOTMGR", u"12345678.123", u"a$b"}) {
    EXPECT_TRUE(ntfs::is_short_name(name));
  }
  for (const char16_t* name : {u"", u".gitignore", u"123456789", u"a.html", u"a.b.c",
                               u"a b", u"\u00e4", u"a."}) {
    EXPECT_FALSE(ntfs::is_short_name(name));
  }
}

TEST(NtfsName, GetsAnAliasLikeWindows) {
  EXPECT_EQ(ntfs::short_name(u"Program Files", 0), "PROGRA~1");
  EXPECT_EQ(ntfs::short_name(u"Program Files", 3), "PROGRA~4");
  EXPECT_EQ(ntfs::short_name(u"some.long.name.html", 0), "SOMELO~1.HTM");
  EXPECT_EQ(ntfs::short_name(u".gitignore", 0), "GITIGN~1");
  EXPECT_EQ(ntfs::short_name(u"\u6f22\u5b57.x", 1), "__~2.X");
  EXPECT_EQ(ntfs::short_name(u"...", 0), "_~1");
}

TEST(NtfsName, HasAliasesThatDifferAndFit) {
  std::set<std::string> seen;
  for (unsigned attempt = 0; attempt < 64; ++attempt) {
    std::string alias = ntfs::short_name(u"a long name.extension", attempt);
    EXPECT_TRUE(ntfs::is_short_name(*to_utf16(alias))) << alias;
    EXPECT_TRUE(seen.insert(alias).second) << alias;
  }
}

// Fails each read from the `first`-th on.
class FailingDevice final : public BlockDevice {
 public:
  FailingDevice(DevicePtr below, int first) : below_(std::move(below)), left_(first) {}
  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    if (left_-- > 0) return below_->read(offset, into);
    return Error(Errc::io, "the disk makes a grinding noise").in("platter 2");
  }
  Done do_write(std::uint64_t, Bytes) override {
    return Error(Errc::io, "the disk is too warm to write").in("platter 1");
  }
  Done do_flush() override { return {}; }
  DevicePtr below_;
  mutable int left_;
};

class NtfsDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    place_.file = folder_ / "volume.raw";
    ASSERT_TRUE(make_ntfs(place_.file, 16 << 20));
    auto volume =
        ntfs::open(open_place(place_, {.writable = true}), {.writable = true});
    ASSERT_TRUE((*volume)->create_directory("a"));
    ASSERT_TRUE((*volume)->put("a/file", ByteVector(50'000)));
    ASSERT_TRUE((*volume)->flush());
  }

  TempFolder folder_;
  Place place_;
};

// Where $AttrDef can't be read, ntfs_device_mount() of libntfs-3g 2022.10.3
// leaves without closing that file's inode and attribute: after the lines
// "Loading $AttrDef", each `goto error_exit` passes by ntfs_attr_close(na).
Result<FileSystemPtr> open_leaking(const DevicePtr& device) {
  KnownLeak of_attr_def;
  return ntfs::open(device);
}

TEST_F(NtfsDevice, FailsInItsOwnWordsWhereverItFails) {
  auto whole = [&](int reads) -> Done {
    auto device = std::make_shared<FailingDevice>(open_place(place_), reads);
    auto volume = TRY(open_leaking(device));
    auto file = TRY(volume->find("a/file"));
    TRY(read_file(file, 100'000));
    TRY(volume->list(TRY(volume->find("a")), [](const Entry&) { return true; }));
    return volume->facts() ? Done() : std::move(volume->facts()).error();
  };
  int reads = 0;
  for (; reads < 1000; ++reads) {
    Done done = whole(reads);
    if (done) break;
    EXPECT_EQ(done.error().code(), Errc::io) << reads << done.error().describe();
    EXPECT_EQ(done.error().words(), "the disk makes a grinding noise") << reads;
    EXPECT_THAT(done.error().places(), Contains("platter 2"));
  }
  EXPECT_GT(reads, 10);
  EXPECT_LT(reads, 200);  // Opening and reading a little is cheap.
}

TEST_F(NtfsDevice, FailsToWriteInItsOwnWords) {
  auto device = std::make_shared<FailingDevice>(open_place(place_), 1 << 20);
  auto volume = ntfs::open(device, {.writable = true});
  ASSERT_TRUE(volume);
  auto made = (*volume)->put("new", ByteVector(5'000));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::io);
  EXPECT_THAT(made.error().describe(), HasSubstr("too warm"));
  EXPECT_THAT(made.error().describe(), HasSubstr("platter 1"));
}

TEST_F(NtfsDevice, OpensWithFewReads) {
  auto file = FileDevice::open(place_.file);
  ASSERT_TRUE(file);
  auto volume = ntfs::open(*file);
  ASSERT_TRUE(volume);
  EXPECT_LT((*file)->traffic().bytes_read, 300u << 10);
}

}  // namespace
}  // namespace drydock
