// An error in the words of C, for the edges where C calls us.

#pragma once

#include "vhd/base/result.h"

namespace drydock {

// EINVAL, ENOENT, ...: the errno that says nearest to the same.
int errno_of(Errc code);

}  // namespace drydock
