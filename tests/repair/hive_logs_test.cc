#include "repair/hive_logs.h"

#include <gtest/gtest.h>

#include <map>

#include "vhd/base/endian.h"
#include "vhd/memory_device.h"

namespace drydock::repair {
namespace {

// A volume that is nothing but a few named runs of bytes.
class NamedBytes final : public FileSystem {
 public:
  std::map<std::string, ByteVector, std::less<>> files;

  Result<File> find(std::string_view path) const override {
    auto found = files.find(path);
    if (found == files.end()) return Error(Errc::not_found, "there is no such file");
    struct Body : File::Body {
      ByteVector bytes;
      Result<DevicePtr> data() const override {
        return std::make_shared<MemoryDevice>(bytes);
      }
      Result<Details> details() const override { return none(); }
    };
    auto body = std::make_shared<Body>();
    body->bytes = found->second;
    return File({.size = found->second.size()}, std::move(body));
  }
  Result<VolumeFacts> facts() const override { return none(); }
  Done list(const File&, const Visit&) const override { return none(); }
  Result<File> create(std::string_view) override { return none(); }
  Result<File> create_directory(std::string_view) override { return none(); }
  Done remove(std::string_view) override { return none(); }
  Done rename(std::string_view, std::string_view) override { return none(); }
  Result<File> put(std::string_view, Bytes) override { return none(); }
  Done set_stat(std::string_view, const Stat&) override { return none(); }
  Done settle() override { return none(); }
  Done check_settle() const override { return none(); }
  const std::vector<Settlement>& settlements() const override { return settlements_; }
  Done flush() override { return {}; }

 private:
  std::vector<Settlement> settlements_;
  static Error none() { return Error(Errc::unsupported, "not here"); }
};

void put_le32(ByteVector& bytes, std::size_t offset, std::uint32_t value) {
  ASSERT_TRUE(store(bytes, offset, le32(value)));
}

// A log of `size` bytes that starts with a copy of a hive's header.
ByteVector log_of(std::size_t size, std::uint32_t sequence) {
  ByteVector log(size);
  std::memcpy(log.data(), "regf", 4);
  put_le32(log, 4, sequence);
  put_le32(log, 8, sequence);
  return log;
}

void put_entry(ByteVector& log, std::size_t offset, std::uint32_t size,
               std::uint32_t sequence) {
  std::memcpy(log.data() + offset, "HvLE", 4);
  put_le32(log, offset + 4, size);
  put_le32(log, offset + 12, sequence);
}

TEST(HiveLogs, HiveWithoutLogsHasNoSequence) {
  NamedBytes volume;
  volume.files["\\config\\SYSTEM"] = ByteVector(512);
  EXPECT_EQ(*greatest_log_sequence(volume, "\\config\\SYSTEM"), 0u);
}

TEST(HiveLogs, EmptyLogsHaveNoSequence) {
  NamedBytes volume;
  volume.files["\\BCD.LOG"] = ByteVector(8192);
  volume.files["\\BCD.LOG1"] = {};
  EXPECT_EQ(*greatest_log_sequence(volume, "\\BCD"), 0u);
}

TEST(HiveLogs, GreatestOfAllThreeLogsCounts) {
  NamedBytes volume;
  volume.files["\\SYSTEM.LOG"] = log_of(1024, 3);
  volume.files["\\SYSTEM.LOG1"] = log_of(1024, 9);
  volume.files["\\SYSTEM.LOG2"] = log_of(1024, 7);
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 9u);
}

TEST(HiveLogs, EntryOutranksTheHeader) {
  NamedBytes volume;
  ByteVector log = log_of(4096, 5);
  put_entry(log, 512, 512, 6);
  put_entry(log, 1024, 1024, 7);
  volume.files["\\SYSTEM.LOG1"] = log;
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 7u);
}

TEST(HiveLogs, RemnantBehindAGapCounts) {
  NamedBytes volume;
  ByteVector log = log_of(std::size_t{3} << 20, 5);
  put_entry(log, 512, 512, 6);
  put_entry(log, (std::size_t{2} << 20) + 512, 512, 4711);
  volume.files["\\SYSTEM.LOG2"] = log;
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 4711u);
}

TEST(HiveLogs, PageWithinAnEntryIsNoEntry) {
  NamedBytes volume;
  ByteVector log = log_of(8192, 5);
  put_entry(log, 512, 4096, 6);
  put_entry(log, 1536, 512, 0xfffffff0);  // A page that looks like an entry.
  volume.files["\\SYSTEM.LOG1"] = log;
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 6u);
}

TEST(HiveLogs, LogThatIsShorterThanAHeaderHasNoSequence) {
  NamedBytes volume;
  volume.files["\\SYSTEM.LOG1"] = ByteVector(5, std::byte{'r'});
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 0u);
}

TEST(HiveLogs, EntryThatIsCutOffIsntReadBeyondTheLog) {
  NamedBytes volume;
  ByteVector log = log_of(512 + 8, 5);
  std::memcpy(log.data() + 512, "HvLE", 4);
  volume.files["\\SYSTEM.LOG1"] = log;
  EXPECT_EQ(*greatest_log_sequence(volume, "\\SYSTEM"), 5u);
}

}  // namespace
}  // namespace drydock::repair
