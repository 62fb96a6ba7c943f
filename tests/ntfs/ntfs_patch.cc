#include "tests/ntfs/ntfs_patch.h"

#include <gtest/gtest.h>

#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"

namespace drydock {

namespace {

constexpr std::uint64_t kMirroredCount = 4;
constexpr std::size_t kBlockSize = 4096;  // mkntfs'

}  // namespace

NtfsPatch::NtfsPatch(BlockDevice& device) : device_(device) {
  ByteVector sector(512);
  EXPECT_TRUE(device.read(0, sector));
  auto boot = ntfs::read_boot_sector(sector, device.size());
  EXPECT_TRUE(boot) << boot.error().describe();
  if (boot) boot_ = *boot;
}

ntfs::FileTable NtfsPatch::table() const {
  auto table = ntfs::FileTable::open(device_, boot_);
  EXPECT_TRUE(table) << table.error().describe();
  return *std::move(table);
}

ByteVector NtfsPatch::record(std::uint64_t number) const {
  auto record = table().read(number);
  EXPECT_TRUE(record) << record.error().describe();
  return *record;
}

std::uint64_t NtfsPatch::place_of(std::uint64_t number) const {
  return table().data().locate(number * boot_.record_size).value_or(0);
}

ntfs::AttributeData NtfsPatch::data(std::uint64_t number, std::uint32_t type,
                                    std::u16string_view name) const {
  auto found = table().find(record(number), type, name);
  EXPECT_TRUE(found && *found) << "record " << number << " has no such attribute";
  return **found;
}

std::uint64_t NtfsPatch::cluster_of(std::uint64_t number, std::uint32_t type,
                                    std::u16string_view name) const {
  return data(number, type, name).locate(0).value_or(0) / boot_.cluster_size;
}

void NtfsPatch::change_record(std::uint64_t number, const Change& change) {
  ByteVector bytes = record(number);
  change(bytes);
  EXPECT_TRUE(ntfs::put_fixups(bytes));
  EXPECT_TRUE(device_.write(place_of(number), bytes));
  if (number >= kMirroredCount) return;
  EXPECT_TRUE(device_.write(boot_.mirror_offset + number * boot_.record_size, bytes));
}

void NtfsPatch::change_attribute(std::uint64_t number, std::uint32_t type,
                                 const Change& change, std::u16string_view name) {
  change_record(number, [&](MutableBytes bytes) {
    auto attributes = ntfs::decode_attributes(bytes);
    ASSERT_TRUE(attributes) << attributes.error().describe();
    for (const ntfs::RecordAttribute& attribute : *attributes) {
      if (!attribute.is(type, name)) continue;
      return change(bytes.subspan(attribute.place.offset, attribute.place.length));
    }
    FAIL() << "record " << number << " has no attribute of that kind";
  });
}

void NtfsPatch::change_value(std::uint64_t number, std::uint32_t type,
                             const Change& change) {
  change_attribute(number, type, [&](MutableBytes bytes) {
    auto header = *load<ntfs::ResidentAttribute>(bytes);
    change(bytes.subspan(header.value_offset, header.value_length));
  });
}

void NtfsPatch::change_data(std::uint64_t number, std::uint32_t type,
                            std::u16string_view name, std::uint64_t offset,
                            std::size_t size, const Change& change) {
  auto place = data(number, type, name).locate(offset);
  ASSERT_TRUE(place);
  ByteVector bytes(size);
  EXPECT_TRUE(device_.read(*place, bytes));
  change(bytes);
  EXPECT_TRUE(device_.write(*place, bytes));
}

void NtfsPatch::change_block(std::uint64_t number, std::uint64_t block,
                             const Change& change) {
  change_data(number, ntfs::kIndexAllocationType, u"$I30", block * kBlockSize,
              kBlockSize, [&](MutableBytes bytes) {
                EXPECT_TRUE(ntfs::take_fixups(bytes));
                change(bytes);
                EXPECT_TRUE(ntfs::put_fixups(bytes));
              });
}

}  // namespace drydock
