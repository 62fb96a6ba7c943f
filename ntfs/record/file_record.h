// A file record, its fixups taken off: a header, and attributes one after the
// other up to an end mark.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// An attribute's place in its record.
struct AttributePlace {
  std::uint32_t offset = 0;  // in bytes
  std::uint32_t length = 0;  // in bytes, all of it
  std::uint32_t type = 0;
};

// Whether `record` is marked as one and its sizes can be.
bool check_file_record(Bytes record);

// Where its attributes are, the end mark left out; corrupt where the walk leaves
// the record.
Result<std::vector<AttributePlace>> attribute_places(Bytes record);

// The first unnamed attribute of `type`, or nothing; corrupt where the walk to
// it leaves the record.
Result<std::optional<AttributePlace>> find_attribute(Bytes record, std::uint32_t type);

// The attribute that begins at `offset`, or the end mark (kAttributesEnd, of no
// length); corrupt where nothing begins there.
Result<AttributePlace> attribute_at(Bytes record, std::uint32_t offset);

}  // namespace drydock::ntfs
