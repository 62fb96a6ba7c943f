#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/apply.h"
#include "ntfs/record/file_record.h"
#include "ntfs/logfile/format.h"
#include "ntfs/logfile/resize_attribute.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

Error does_not_fit(std::string_view what, std::uint64_t size, std::uint64_t offset) {
  return Error(Errc::corrupt,
               fmt::format("{} of {} bytes at {} doesn't fit what is there", what, size,
                           offset));
}

// How many clusters the mapping pairs describe; nothing where they have no end.
std::optional<std::uint64_t> mapped_count(Bytes pairs) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < pairs.size();) {
    auto sizes = std::to_integer<unsigned>(pairs[at]);
    if (sizes == 0) return count;
    std::size_t count_size = sizes & 15;
    std::size_t delta_size = sizes >> 4;
    if (count_size == 0 || count_size > 8 || delta_size > 8 ||
        count_size + delta_size > pairs.size() - at - 1) {
      return std::nullopt;
    }
    std::uint64_t run = 0;
    for (std::size_t i = count_size; i > 0; --i) {
      run = run << 8 | std::to_integer<std::uint64_t>(pairs[at + i]);
    }
    auto sum = checked::add(count, run);
    if (!sum) return std::nullopt;
    count = *sum;
    at += 1 + count_size + delta_size;
  }
  return std::nullopt;
}

}  // namespace

Done initialize_file_record(MutableBytes block, const Change& change) {
  if (!checked::within(change.record_offset, change.bytes.size(), block.size())) {
    return does_not_fit("a file record", change.bytes.size(), change.record_offset);
  }
  std::ranges::copy(change.bytes, block.begin() + change.record_offset);
  if (!check_file_record(block)) {
    return Error(Errc::corrupt, "what is logged as a file record isn't one");
  }
  return {};
}

Done deallocate_file_record(MutableBytes block, const Change&) {
  auto header = *load<FileRecordHeader>(block);
  header.flags = static_cast<std::uint16_t>(header.flags & ~kRecordInUse);
  // 0 would match any reference.
  header.sequence = header.sequence == 0xffff
                        ? std::uint16_t{1}
                        : static_cast<std::uint16_t>(header.sequence + 1);
  static_cast<void>(store(block, 0, header));
  return {};
}

Done create_attribute(MutableBytes block, const Change& change) {
  auto place = TRY(attribute_at(block, change.record_offset));
  auto attribute = load<ResidentAttribute>(change.bytes);
  auto header = *load<FileRecordHeader>(block);
  if (!attribute || attribute->header.length != change.bytes.size() ||
      change.bytes.size() % 8 != 0 ||
      change.bytes.size() > block.size() - header.used_size) {
    return does_not_fit("an attribute", change.bytes.size(), place.offset);
  }
  std::size_t size = change.bytes.size();
  std::copy_backward(block.begin() + place.offset, block.begin() + header.used_size,
                     block.begin() + header.used_size + size);
  std::ranges::copy(change.bytes, block.begin() + place.offset);
  header.used_size = static_cast<std::uint32_t>(header.used_size + size);
  if (header.next_attribute_id <= attribute->header.id) {
    header.next_attribute_id = static_cast<std::uint16_t>(attribute->header.id + 1);
  }
  if (!attribute->header.nonresident && attribute->indexed == 1) {
    header.link_count = static_cast<std::uint16_t>(header.link_count + 1);
  }
  static_cast<void>(store(block, 0, header));
  return {};
}

Done delete_attribute(MutableBytes block, const Change& change) {
  auto place = TRY(attribute_at(block, change.record_offset));
  if (place.type == kAttributesEnd) {
    return Error(Errc::corrupt, "the end of attributes can't be deleted");
  }
  auto attribute = *load<ResidentAttribute>(block, place.offset);
  auto header = *load<FileRecordHeader>(block);
  std::copy(block.begin() + place.offset + place.length,
            block.begin() + header.used_size, block.begin() + place.offset);
  header.used_size = header.used_size - place.length;
  if (!attribute.header.nonresident && attribute.indexed == 1 &&
      header.link_count > 0) {
    header.link_count = static_cast<std::uint16_t>(header.link_count - 1);
  }
  static_cast<void>(store(block, 0, header));
  return {};
}

Done update_resident_value(MutableBytes block, const Change& change) {
  auto place = TRY(attribute_at(block, change.record_offset));
  std::size_t end = change.attribute_offset + change.bytes.size();
  auto attribute = load<ResidentAttribute>(block, place.offset);
  if (place.type == kAttributesEnd || !attribute) {
    return does_not_fit("a value", change.bytes.size(), change.attribute_offset);
  }
  // Both halves of one length: bytes in the middle, of the attribute's header even.
  // Else the value ends with these, and the attribute grows or shrinks.
  if (!change.same_length) {
    if (attribute->header.nonresident ||
        attribute->value_offset < sizeof(ResidentAttribute) ||
        change.attribute_offset < attribute->value_offset) {
      return does_not_fit("a value", change.bytes.size(), change.attribute_offset);
    }
    place = TRY(resize_attribute(block, place, end));
    attribute = load<ResidentAttribute>(block, place.offset);
    attribute->value_length = static_cast<std::uint32_t>(end - attribute->value_offset);
    static_cast<void>(store(block, place.offset, *attribute));
  } else if (end > place.length) {
    return does_not_fit("a value", change.bytes.size(), change.attribute_offset);
  }
  std::ranges::copy(change.bytes,
                    block.begin() + place.offset + change.attribute_offset);
  auto after = TRY(attribute_at(block, place.offset));
  if (after.length != place.length || after.type != place.type) {
    return does_not_fit("a header", change.bytes.size(), change.attribute_offset);
  }
  return {};
}

Done update_mapping_pairs(MutableBytes block, const Change& change) {
  auto place = TRY(attribute_at(block, change.record_offset));
  auto attribute = load<NonresidentAttribute>(block, place.offset);
  if (place.type == kAttributesEnd || place.length < sizeof(NonresidentAttribute) ||
      !attribute || !attribute->header.nonresident ||
      attribute->pairs_offset < sizeof(NonresidentAttribute) ||
      change.attribute_offset < attribute->pairs_offset ||
      change.attribute_offset > place.length) {
    return does_not_fit("mapping pairs", change.bytes.size(), change.attribute_offset);
  }
  place = TRY(
      resize_attribute(block, place, change.attribute_offset + change.bytes.size()));
  std::ranges::copy(change.bytes,
                    block.begin() + place.offset + change.attribute_offset);
  auto count = mapped_count(block.subspan(place.offset + attribute->pairs_offset,
                                          place.length - attribute->pairs_offset));
  if (!count) return does_not_fit("mapping pairs", change.bytes.size(), place.offset);
  attribute = load<NonresidentAttribute>(block, place.offset);
  attribute->highest_vcn = attribute->lowest_vcn + *count - 1;
  static_cast<void>(store(block, place.offset, *attribute));
  return {};
}

Done set_new_attribute_sizes(MutableBytes block, const Change& change) {
  struct Sizes {
    le64 allocated;
    le64 valid;
    le64 data;
  };
  auto place = TRY(attribute_at(block, change.record_offset));
  auto sizes = load<Sizes>(change.bytes);
  auto attribute = load<NonresidentAttribute>(block, place.offset);
  if (place.type == kAttributesEnd || place.length < sizeof(NonresidentAttribute) ||
      !attribute || !attribute->header.nonresident || !sizes) {
    return does_not_fit("sizes", change.bytes.size(), place.offset);
  }
  attribute->allocated_size = sizes->allocated;
  attribute->valid_size = sizes->valid;
  attribute->data_size = sizes->data;
  static_cast<void>(store(block, place.offset, *attribute));
  // Of compressed and sparse attributes alone.
  auto total = load<le64>(change.bytes, sizeof(Sizes));
  if (total) {
    if (attribute->pairs_offset < kTotalSizeOffset + sizeof(le64) ||
        place.length < kTotalSizeOffset + sizeof(le64)) {
      return does_not_fit("a total size", change.bytes.size(), place.offset);
    }
    static_cast<void>(store(block, place.offset + kTotalSizeOffset, *total));
  }
  return {};
}

Done zero_end_of_file_record(MutableBytes block, const Change& change) {
  auto header = *load<FileRecordHeader>(block);
  if (change.record_offset < header.used_size ||
      !checked::within(change.record_offset, change.bytes.size(), block.size())) {
    return does_not_fit("an end", change.bytes.size(), change.record_offset);
  }
  std::ranges::fill(block.subspan(change.record_offset, change.bytes.size()),
                    std::byte{0});
  return {};
}

}  // namespace drydock::ntfs
