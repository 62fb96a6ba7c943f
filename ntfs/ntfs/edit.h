// What changes a volume: names, and the bytes behind them.
//
// libntfs-3g stamps what it does with the host's clock; everything here is
// stamped again, with the volume's own, so that one edit gives one outcome.
// A failed change may be half made: whoever changes a volume does it on an
// overlay, and drops that.

#pragma once

#include <string_view>

#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/path.h"
#include "vhd/base/bytes.h"

namespace drydock::ntfs {

class Mount;

// As FileSystem, or volume.h, says of each.
Result<Reference> create(Mount& mount, std::string_view path, Kind kind);
Done remove(Mount& mount, std::string_view path);
Done rename(Mount& mount, std::string_view from, std::string_view to);
// Gives the file at `from`, which is no directory, the name `to` as well.
Done link(Mount& mount, std::string_view from, std::string_view to);
Result<StreamReference> put(Mount& mount, std::string_view path, Bytes content);
Done set_stat(Mount& mount, std::string_view path, const Stat& stat);

// Makes a file where nothing has the spot's name.
Result<Reference> make(Mount& mount, const Spot& spot, Kind kind);

// Gives a stream that is there, or isn't yet, these bytes: compressed by NTFS where
// the file is, and no more by WOF.  Nothing of the file may be open.
Done replace_data(Mount& mount, const StreamReference& stream, Bytes content);

// not_found where the file has no such stream.
Done remove_stream(Mount& mount, const StreamReference& stream);

// Whether NTFS compresses the stream, block by block.
bool is_compressed(const OpenData& file);

// Writes `from` into the data of an open file, which has grown where needed,
// and stamps it.
Done write_data(OpenData& file, std::uint64_t offset, Bytes from);

// Grows the data of an open file with zeros, or cuts it, and stamps it.
Done resize_data(OpenData& file, std::uint64_t size);

}  // namespace drydock::ntfs
