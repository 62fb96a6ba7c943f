#include "ntfs/record/file_record.h"

#include <fmt/format.h>

#include <string_view>

#include "ntfs/record/layout.h"

namespace drydock::ntfs {

namespace {

// Calls `wants` with each attribute and with the end mark, until it says true.
template <class Wants>
Result<std::optional<AttributePlace>> walk(Bytes record, Wants wants) {
  auto header = load<FileRecordHeader>(record);
  if (!header || !check_file_record(record)) {
    return Error(Errc::corrupt, "this isn't a file record");
  }
  std::uint32_t used = header->used_size;
  for (std::uint32_t at = header->attributes_offset; at <= used - 4;) {
    std::uint32_t type = *load<le32>(record, at);
    if (type == kAttributesEnd) {
      AttributePlace end{.offset = at, .length = 0, .type = type};
      return wants(end) ? std::optional(end) : std::nullopt;
    }
    auto attribute = load<AttributeHeader>(record, at);
    std::uint32_t length = attribute ? std::uint32_t{attribute->length} : 0;
    if (length < sizeof(ResidentAttribute) || length % 8 != 0 || length > used - at) {
      return Error(
          Errc::corrupt,
          fmt::format("an attribute of {} bytes at {} can't be in a record of {}",
                      length, at, used));
    }
    AttributePlace place{.offset = at, .length = length, .type = type};
    if (wants(place)) return std::optional(place);
    at += length;
  }
  return Error(Errc::corrupt, "a record's attributes have no end");
}

}  // namespace

bool check_file_record(Bytes record) {
  auto header = load<FileRecordHeader>(record);
  return header && std::string_view(header->magic.data(), 4) == "FILE" &&
         header->used_size <= record.size() &&
         header->attributes_offset >= sizeof(FileRecordHeader) &&
         header->attributes_offset % 8 == 0 && header->used_size >= 8 &&
         header->attributes_offset <= header->used_size - 8;
}

Result<std::vector<AttributePlace>> attribute_places(Bytes record) {
  std::vector<AttributePlace> places;
  auto end = walk(record, [&](const AttributePlace& place) {
    if (place.type != kAttributesEnd) places.push_back(place);
    return false;
  });
  if (!end) return std::move(end).error();
  return places;
}

Result<std::optional<AttributePlace>> find_attribute(Bytes record, std::uint32_t type) {
  return walk(record, [&](const AttributePlace& place) {
    if (place.type != type || type == kAttributesEnd) return false;
    return load<AttributeHeader>(record, place.offset)->name_length == 0;
  });
}

Result<AttributePlace> attribute_at(Bytes record, std::uint32_t offset) {
  auto found =
      walk(record, [&](const AttributePlace& place) { return place.offset == offset; });
  if (!found) return std::move(found).error();
  if (!*found) {
    return Error(Errc::corrupt, fmt::format("no attribute begins at {}", offset));
  }
  return **found;
}

}  // namespace drydock::ntfs
