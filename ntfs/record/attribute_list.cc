#include "ntfs/record/attribute_list.h"

#include <fmt/format.h>

#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

Result<std::vector<ListedAttribute>> decode_attribute_list(Bytes list) {
  std::vector<ListedAttribute> entries;
  for (std::size_t at = 0; at < list.size();) {
    auto entry = load<AttributeListEntry>(list, at);
    std::size_t length = entry ? std::size_t{entry->length} : 0;
    if (length < sizeof(AttributeListEntry) || length % 8 != 0 ||
        length > list.size() - at) {
      return Error(Errc::corrupt,
                   fmt::format("an entry of {} bytes at {} can't be in a list of {}",
                               length, at, list.size()));
    }
    std::size_t name_size = 2 * std::size_t{entry->name_length};
    if (name_size != 0 && !checked::within(entry->name_offset, name_size, length)) {
      return Error(Errc::corrupt,
                   fmt::format("a name of {} bytes at {} isn't in the entry at {}",
                               name_size, entry->name_offset, at));
    }
    Bytes name = list.subspan(at + (name_size ? entry->name_offset : 0), name_size);
    entries.push_back({.offset = static_cast<std::uint32_t>(at),
                       .type = entry->type,
                       .name = utf16le(name),
                       .lowest_vcn = entry->lowest_vcn,
                       .record = Reference::unpack(entry->record),
                       .id = entry->id,
                       .name_offset = entry->name_offset});
    at += length;
  }
  return entries;
}

}  // namespace drydock::ntfs
