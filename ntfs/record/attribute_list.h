// $ATTRIBUTE_LIST: where the attributes of a file are that don't fit in one record.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ntfs/record/reference.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// Windows' own limit.
inline constexpr std::uint64_t kAttributeListSizeMax = 256 << 10;

// Where an entry's name begins, whether or not it has one.
inline constexpr std::uint8_t kListNameOffset = 0x1a;

struct ListedAttribute {
  std::uint32_t offset = 0;  // in bytes, of the entry in the list
  std::uint32_t type = 0;
  std::u16string name;
  std::uint64_t lowest_vcn = 0;
  Reference record;
  std::uint16_t id = 0;
  std::uint8_t name_offset = kListNameOffset;
};

// The entries of `list`, in its order; corrupt where an entry can't be.  An entry
// without a name may say that its name is elsewhere: that is told, not refused.
Result<std::vector<ListedAttribute>> decode_attribute_list(Bytes list);

}  // namespace drydock::ntfs
