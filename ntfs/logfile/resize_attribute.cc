#include "ntfs/logfile/resize_attribute.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/format.h"
#include "vhd/base/checked.h"

namespace drydock::ntfs {

Result<AttributePlace> resize_attribute(MutableBytes record,
                                        const AttributePlace& place,
                                        std::size_t length) {
  auto header = *load<FileRecordHeader>(record);
  std::size_t used = header.used_size;
  std::size_t wanted = *checked::align_up(length, 8);
  std::size_t rest = used - place.offset - place.length;
  if (wanted < sizeof(ResidentAttribute) ||
      wanted > record.size() - rest - place.offset) {
    return Error(Errc::corrupt,
                 fmt::format("an attribute of {} bytes doesn't fit into its record, of "
                             "which {} are used",
                             wanted, used));
  }
  ByteVector tail(record.begin() + place.offset + place.length, record.begin() + used);
  if (wanted > place.length) {
    std::fill(record.begin() + place.offset + place.length,
              record.begin() + place.offset + wanted, std::byte{0});
  }
  std::ranges::copy(tail, record.begin() + place.offset + wanted);
  auto attribute = *load<AttributeHeader>(record, place.offset);
  attribute.length = static_cast<std::uint32_t>(wanted);
  static_cast<void>(store(record, place.offset, attribute));
  header.used_size = static_cast<std::uint32_t>(used - place.length + wanted);
  static_cast<void>(store(record, 0, header));
  return AttributePlace{.offset = place.offset,
                        .length = static_cast<std::uint32_t>(wanted),
                        .type = place.type};
}

}  // namespace drydock::ntfs
