// Entries of $ATTRIBUTE_LIST that say that their name begins elsewhere than at 1Ah.
// Readers don't mind; ntfs.sys of Windows 10 and later takes the list for corrupt, and
// stops with 0x24 where it is one of NTFS's own files'.  Some tools write 20h, and
// 1Ch was seen after servicing.

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/mend/patch_record.h"
#include "ntfs/mend/wounds.h"
#include "ntfs/record/file_table.h"
#include "ntfs/record/layout.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// NTFS's own files, and the reserve behind them.
constexpr std::uint64_t kFirstRecords = 32;
// Of the files that a finding names.
constexpr std::size_t kEvidenceMax = 20;

struct Found {
  VolumeWound wound;
  std::size_t record_count = 0;
};

// Whether the attribute that `entry` names is where it says.
bool is_true(const FileTable& table, const ListedAttribute& entry) {
  auto record = table.read(entry.record.record);
  if (!record) return false;
  auto attributes = decode_attributes(*record);
  if (!attributes) return false;
  return std::ranges::any_of(*attributes, [&](const RecordAttribute& one) {
    return one.is(entry.type, entry.name) && one.id == entry.id;
  });
}

// The list with each name where it belongs; unsupported where an entry leads nowhere,
// so that nothing shows that its name is one.
Result<ByteVector> mended(const FileTable& table, Bytes list,
                          const std::vector<ListedAttribute>& entries) {
  ByteVector mended(list.begin(), list.end());
  for (const ListedAttribute& entry : entries) {
    if (entry.name_offset == kListNameOffset) continue;
    std::size_t name_size = 2 * entry.name.size();
    // Further behind it might not fit into the entry.
    if (entry.name_offset < kListNameOffset && name_size != 0) {
      return Error(Errc::unsupported,
                   fmt::format("the entry at {} has its name at {:02X}h, among its own "
                               "fields",
                               entry.offset, entry.name_offset));
    }
    if (!is_true(table, entry)) {
      return Error(Errc::unsupported,
                   fmt::format("the entry at {} says that its name is at {:02X}h, and "
                               "leads to no attribute",
                               entry.offset, entry.name_offset));
    }
    auto at = mended.begin() + entry.offset;
    at[offsetof(AttributeListEntry, name_offset)] = std::byte{kListNameOffset};
    std::copy_n(list.begin() + entry.offset + entry.name_offset, name_size,
                at + kListNameOffset);
    if (name_size == 0) continue;
    // What the name leaves behind.
    std::fill_n(at + kListNameOffset + name_size, entry.name_offset - kListNameOffset,
                std::byte{0});
  }
  return mended;
}

// Patches for the bytes in which the lists differ.
Done add_list_patches(const FileTable& table, const RecordAttribute& list,
                      std::uint64_t number, ByteVector record, Bytes before,
                      Bytes after, std::vector<VolumePatch>& patches) {
  if (list.resident) {
    std::size_t offset = list.value.data() - record.data();
    std::ranges::copy(after, record.begin() + offset);
    return add_record_patches(table, number, std::move(record), patches);
  }
  auto data = TRY(AttributeData::create(table.volume(), table.boot(), list));
  for (std::size_t at = 0; at < after.size();) {
    if (before[at] == after[at]) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < after.size() && before[end] != after[end]) ++end;
    TRY(add_patches(data, at, after.subspan(at, end - at), table.boot().cluster_size,
                    patches));
    at = end;
  }
  return {};
}

std::string words_of(std::uint64_t number,
                     const std::vector<ListedAttribute>& entries) {
  auto wrong = std::ranges::find_if(entries, [](const ListedAttribute& entry) {
    return entry.name_offset != kListNameOffset;
  });
  auto count = std::ranges::count_if(entries, [](const ListedAttribute& entry) {
    return entry.name_offset != kListNameOffset;
  });
  return fmt::format(
      "record {}: {} of {} entries of its $ATTRIBUTE_LIST say that their name is at "
      "{:02X}h, not at 1Ah",
      number, count, entries.size(), wrong->name_offset);
}

Done examine_record(const FileTable& table, std::uint64_t number, Found& found) {
  auto record = table.read(number);
  // A record that was never used, or is torn, is another matter.
  if (!record) return {};
  auto header = *load<FileRecordHeader>(*record);
  if ((header.flags & kRecordInUse) == 0 || header.base != 0) return {};
  auto attributes = decode_attributes(*record);
  if (!attributes) return {};
  auto list = std::ranges::find_if(*attributes, [](const RecordAttribute& one) {
    return one.is(kAttributeListType, u"");
  });
  if (list == attributes->end()) return {};
  auto data = TRY(AttributeData::create(table.volume(), table.boot(), *list));
  ByteVector before = TRY(data.read_all(kAttributeListSizeMax));
  auto entries = TRY(decode_attribute_list(before));
  if (std::ranges::all_of(entries, [](const ListedAttribute& entry) {
        return entry.name_offset == kListNameOffset;
      })) {
    return {};
  }
  if (found.record_count++ < kEvidenceMax) {
    found.wound.evidence.push_back(words_of(number, entries));
  }
  found.wound.stops_mount |= number < kFirstUserRecord;
  ByteVector after = TRY(mended(table, before, entries));
  return add_list_patches(table, *list, number, std::move(*record), before, after,
                          found.wound.cure);
}

}  // namespace

Result<std::optional<VolumeWound>> find_list_wound(const BlockDevice& volume,
                                                   const BootSector& boot,
                                                   Records records) {
  FileTable table = TRY(FileTable::open(volume, boot));
  std::uint64_t count = table.record_count();
  if (records == Records::first) count = std::min(count, kFirstRecords);
  Found found;
  for (std::uint64_t number = 0; number < count; ++number) {
    TRY(examine_record(table, number, found).in(fmt::format("record {}", number)));
  }
  if (found.record_count == 0) return {std::nullopt};
  found.wound.what = fmt::format(
      "attribute lists of {} files are written as newer Windows refuses them",
      found.record_count);
  found.wound.cured = "their entries say 1Ah";
  return std::optional(std::move(found.wound));
}

}  // namespace drydock::ntfs
