#include "ntfs/record/file_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

Result<std::optional<ByteVector>> first_record(const BlockDevice& volume,
                                               const BootSector& boot,
                                               std::uint64_t offset) {
  ByteVector record(boot.record_size);
  if (!checked::within(offset, record.size(), boot.volume_size)) return {std::nullopt};
  TRY(volume.read(offset, record));
  if (!take_fixups(record) || !check_file_record(record)) return {std::nullopt};
  if (!decode_attributes(record)) return {std::nullopt};
  return std::optional(std::move(record));
}

const RecordAttribute* find_in(const std::vector<RecordAttribute>& attributes,
                               std::uint32_t type, std::u16string_view name) {
  auto found = std::ranges::find_if(
      attributes, [&](const RecordAttribute& one) { return one.is(type, name); });
  return found == attributes.end() ? nullptr : &*found;
}

bool is_piece_of(const ListedAttribute& entry, std::uint32_t type,
                 std::u16string_view name) {
  return entry.type == type && entry.name == name;
}

}  // namespace

Result<FileTable> FileTable::open(const BlockDevice& volume, const BootSector& boot) {
  auto record = TRY(first_record(volume, boot, boot.mft_offset));
  bool from_mirror = !record;
  if (!record) record = TRY(first_record(volume, boot, boot.mirror_offset));
  if (!record) {
    return Error(Errc::corrupt, "can be believed neither in $MFT nor in its mirror")
        .in("record 0");
  }
  auto attributes = TRY(decode_attributes(*record));
  const RecordAttribute* first = find_in(attributes, kDataType, u"");
  if (first == nullptr || first->resident || first->lowest_vcn != 0) {
    return Error(Errc::corrupt, "$MFT has no data that can be where it says")
        .in("record 0");
  }
  AttributeData data = TRY(AttributeData::create(volume, boot, *first).in("record 0"));
  if (data.has_holes()) {
    return Error(Errc::corrupt, "$MFT's data has a hole").in("record 0");
  }
  FileTable table(volume, boot, std::move(data));
  table.from_mirror_ = from_mirror;
  // Later pieces are in records that the earlier ones lead to.
  for (const ListedAttribute& entry : TRY(table.list_of(*record).in("record 0"))) {
    if (!is_piece_of(entry, kDataType, u"") || entry.lowest_vcn == 0) continue;
    ByteVector held;
    RecordAttribute piece = TRY(table.listed(entry, held).in("record 0"));
    TRY(table.data_.append(piece).in("record 0"));
    table.count_records();
  }
  return table;
}

void FileTable::count_records() {
  std::uint64_t size =
      std::min({data_.valid_size(), data_.mapped_size(), boot_.volume_size});
  record_count_ = size / boot_.record_size;
}

Done FileTable::read_raw(std::uint64_t number, MutableBytes into) const {
  if (number >= record_count_) {
    return Error(Errc::corrupt, fmt::format("there is no record {} in an $MFT of {}",
                                            number, record_count_));
  }
  return data_.read(number * boot_.record_size, into.first(boot_.record_size));
}

Result<ByteVector> FileTable::read(std::uint64_t number) const {
  ByteVector record(boot_.record_size);
  TRY(read_raw(number, record));
  if (!take_fixups(record) || !check_file_record(record)) {
    return Error(Errc::corrupt, "it is torn, or no file record")
        .in(fmt::format("record {}", number));
  }
  return record;
}

Result<std::vector<ListedAttribute>> FileTable::list_of(Bytes base) const {
  auto attributes = TRY(decode_attributes(base));
  const RecordAttribute* list = find_in(attributes, kAttributeListType, u"");
  if (list == nullptr) return std::vector<ListedAttribute>();
  AttributeData data = TRY(AttributeData::create(*volume_, boot_, *list));
  if (data.size() > kAttributeListSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("an attribute list of {} bytes can't be", data.size()));
  }
  return decode_attribute_list(TRY(data.read_all(kAttributeListSizeMax)));
}

Result<RecordAttribute> FileTable::listed(const ListedAttribute& entry,
                                          ByteVector& record) const {
  record = TRY(read(entry.record.record));
  for (const AttributePlace& place : TRY(attribute_places(record))) {
    RecordAttribute attribute = TRY(decode_attribute(record, place));
    if (attribute.is(entry.type, entry.name) && attribute.id == entry.id) {
      return attribute;
    }
  }
  return Error(Errc::corrupt, fmt::format("attribute 0x{:x} isn't in record {}, where "
                                          "the list says",
                                          entry.type, entry.record.record));
}

Result<std::optional<AttributeData>> FileTable::find(Bytes base, std::uint32_t type,
                                                     std::u16string_view name) const {
  std::optional<AttributeData> data;
  auto entries = TRY(list_of(base));
  // The list doesn't tell of itself.
  if (entries.empty() || type == kAttributeListType) {
    auto attributes = TRY(decode_attributes(base));
    const RecordAttribute* found = find_in(attributes, type, name);
    if (found != nullptr) data = TRY(AttributeData::create(*volume_, boot_, *found));
    return data;
  }
  ByteVector held;
  for (const ListedAttribute& entry : entries) {
    if (!is_piece_of(entry, type, name)) continue;
    RecordAttribute piece = TRY(listed(entry, held));
    if (data) {
      TRY(data->append(piece));
    } else {
      data = TRY(AttributeData::create(*volume_, boot_, piece));
    }
  }
  return data;
}

}  // namespace drydock::ntfs
