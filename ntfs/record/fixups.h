// The guard of NTFS's multi-sector structures against torn writes.
//
// On the disk every 512 bytes of such a block end in one check number; the
// bytes that belong there are in an array near the block's start.

#pragma once

#include "vhd/base/bytes.h"

namespace drydock::ntfs {

// The unit that a fixup guards, whatever the disk's sector is.
inline constexpr std::size_t kFixupStride = 512;

// Puts the true bytes back; false, and nothing changed, where a sector doesn't
// end in the check number, or the array isn't one: the block was torn, or never
// was such a block.
bool take_fixups(MutableBytes block);

// The reverse, with the next check number; false, and nothing changed, where
// the block's header has no room for it.
bool put_fixups(MutableBytes block);

}  // namespace drydock::ntfs
