// The host's own generator of random bits: OpenSSL's, and on a Windows host that
// of Windows itself.

#pragma once

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock {

// io where the host has none to give.
Done fill_with_random(MutableBytes into);

}  // namespace drydock
