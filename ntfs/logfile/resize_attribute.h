// Makes room in a file record.

#pragma once

#include "ntfs/record/file_record.h"

namespace drydock::ntfs {

// Gives the attribute at `place` a length of `length` bytes, rounded up to 8,
// and moves what follows it; what it gains are zeros.  corrupt where the record
// has no room.
Result<AttributePlace> resize_attribute(MutableBytes record,
                                        const AttributePlace& place,
                                        std::size_t length);

}  // namespace drydock::ntfs
