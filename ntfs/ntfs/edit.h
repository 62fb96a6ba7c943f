// What changes a volume: names, and the bytes behind them.
//
// libntfs-3g stamps what it does with the host's clock; everything here is
// stamped again, with the volume's own, so that one edit gives one outcome.
// A failed change may be half made: whoever changes a volume does it on an
// overlay, and drops that.

#pragma once

#include <string_view>

#include "ntfs/ntfs/directory.h"
#include "vhd/base/bytes.h"

namespace drydock::ntfs {

class Mount;

// As FileSystem says of each.
Result<Reference> create(Mount& mount, std::string_view path, Kind kind);
Done remove(Mount& mount, std::string_view path);
Done rename(Mount& mount, std::string_view from, std::string_view to);
Result<Reference> put(Mount& mount, std::string_view path, Bytes content);

// Writes `from` into the data of an open file, which has grown where needed,
// and stamps it.  unsupported where it's compressed.
Done write_data(OpenData& file, std::uint64_t offset, Bytes from);

// Grows the data of an open file with zeros, or cuts it, and stamps it.
Done resize_data(OpenData& file, std::uint64_t size);

}  // namespace drydock::ntfs
