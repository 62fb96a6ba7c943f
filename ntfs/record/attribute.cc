#include "ntfs/record/attribute.h"

#include <fmt/format.h>

#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

Error outside(std::string_view what, std::uint64_t offset, std::uint64_t size,
              std::uint64_t length) {
  return Error(Errc::corrupt, fmt::format("{} of {} bytes at {} isn't in its {}", what,
                                          size, offset, length));
}

Done decode_value(Bytes bytes, RecordAttribute& attribute) {
  auto header = load<ResidentAttribute>(bytes);
  if (!header) return outside("a header", 0, sizeof(ResidentAttribute), bytes.size());
  // An empty value's offset says nothing.
  if (header->value_length == 0) return {};
  if (header->value_offset < sizeof(AttributeHeader) ||
      !checked::within(header->value_offset, header->value_length, bytes.size())) {
    return outside("a value", header->value_offset, header->value_length, bytes.size());
  }
  attribute.value = bytes.subspan(header->value_offset, header->value_length);
  return {};
}

Done decode_piece(Bytes bytes, RecordAttribute& attribute) {
  auto header = load<NonresidentAttribute>(bytes);
  if (!header || header->pairs_offset < sizeof(NonresidentAttribute) ||
      header->pairs_offset >= bytes.size()) {
    return outside("the mapping", header ? header->pairs_offset : le16(0), 1,
                   bytes.size());
  }
  attribute.lowest_vcn = header->lowest_vcn;
  attribute.next_vcn = header->highest_vcn + 1;  // -1 where it has no cluster
  if (attribute.lowest_vcn > attribute.next_vcn) {
    return Error(Errc::corrupt,
                 fmt::format("it ends with VCN {}, before {}",
                             std::uint64_t{header->highest_vcn}, attribute.lowest_vcn));
  }
  attribute.pairs = bytes.subspan(header->pairs_offset);
  attribute.allocated_size = header->allocated_size;
  attribute.data_size = header->data_size;
  attribute.valid_size = header->valid_size;
  return {};
}

}  // namespace

std::string describe(const RecordAttribute& attribute) {
  std::string name = to_utf8(attribute.name);
  return fmt::format("attribute 0x{:x}{}{}", attribute.type(), name.empty() ? "" : " ",
                     name);
}

Result<RecordAttribute> decode_attribute(Bytes record, const AttributePlace& place) {
  Bytes bytes = record.subspan(place.offset, place.length);
  auto header = load<AttributeHeader>(bytes);
  if (!header) return outside("a header", 0, sizeof(AttributeHeader), bytes.size());
  RecordAttribute attribute;
  attribute.place = place;
  attribute.flags = header->flags;
  attribute.id = header->id;
  attribute.resident = header->nonresident == 0;
  std::size_t name_size = 2 * std::size_t{header->name_length};
  if (name_size != 0) {
    if (!checked::within(header->name_offset, name_size, bytes.size())) {
      return outside("a name", header->name_offset, name_size, bytes.size());
    }
    attribute.name = utf16le(bytes.subspan(header->name_offset, name_size));
  }
  TRY(attribute.resident ? decode_value(bytes, attribute)
                         : decode_piece(bytes, attribute));
  return attribute;
}

Result<std::vector<RecordAttribute>> decode_attributes(Bytes record) {
  std::vector<RecordAttribute> attributes;
  for (const AttributePlace& place : TRY(attribute_places(record))) {
    attributes.push_back(TRY(decode_attribute(record, place)));
  }
  return attributes;
}

Result<std::vector<Run>> runs_of(const RecordAttribute& attribute,
                                 std::uint64_t cluster_count, Holes holes) {
  auto runs = TRY(decode_runs(attribute.pairs, cluster_count, holes));
  std::uint64_t expected = attribute.next_vcn - attribute.lowest_vcn;
  if (count_clusters(runs) != expected) {
    return Error(Errc::corrupt,
                 fmt::format("its mapping describes {} clusters, its VCNs "
                             "count {}",
                             count_clusters(runs), expected));
  }
  return runs;
}

}  // namespace drydock::ntfs
