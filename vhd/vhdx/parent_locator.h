// What a differencing file records of its parent, as bytes.

#pragma once

#include "vhd/image.h"

namespace drydock::vhdx {

// The item "parent locator" that says what `link` does.  bad_argument where a path
// isn't UTF-8 or is longer than an entry can say, or where there is none.
Result<ByteVector> make_parent_locator(const ParentLink& link);

}  // namespace drydock::vhdx
