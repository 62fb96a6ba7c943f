// How the file's structures are changed so that a power cut can't break them:
// first in the log, then in their place.

#pragma once

#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/headers.h"
#include "vhd/vhdx/log_entry.h"

namespace drydock::vhdx {

// Carries `pages` into the file.  Whatever was written to the file before is safe
// before the first page changes, so a page may point at it; when this returns,
// everything is, and the log is empty again.  `log_guid` is a new one, for the
// entries; `structures_end` is where the last structure ends once the pages are
// in place.
//
// The log isn't in use before or after: `headers` say so.  After an Error the file
// may only be opened anew, which replays what there is.
Done write_through_log(BlockDevice& file, Headers& headers, const Guid& log_guid,
                       const std::vector<PageWrite>& pages,
                       std::uint64_t structures_end);

}  // namespace drydock::vhdx
