// Which names Windows lets a file have, and the 8.3 alias that goes with a name
// that DOS could not have said.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// bad_argument for what Windows' own programs couldn't open: a letter among
// "*/:<>?\| and those below space, a space or full stop at the end, and the
// names of DOS's devices (NUL, COM1, nul.txt).
Done check_name(std::u16string_view name);

// Whether DOS could have said `name`: at most eight letters, and three after a
// full stop, of ASCII.
bool is_short_name(std::u16string_view name);

// The `attempt`-th alias to try for `name`, from 0 on: LONGNA~1.TXT to ~4, then
// LO1A2B~1.TXT with digits that differ from attempt to attempt.
std::string short_name(std::u16string_view name, unsigned attempt);

// Gives `file`, which `directory` has as `name`, its alias; or marks `name` as
// its own alias where it is one.  A file of several names gets none.  Neither
// may be open.
Done give_short_name(Mount& mount, Reference directory, Reference file,
                     std::u16string_view name);

}  // namespace drydock::ntfs
