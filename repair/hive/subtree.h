// A key with all below it as a hive of its own, laid out from nothing: what
// `reg save` makes.
//
// Names, classes, values, times and security are as they were; cells lie close
// together, a key's own before those of its subkeys.

#pragma once

#include "repair/hive/hive.h"

namespace drydock::hive {

// A whole hive of version 1.5, whose root is `key`, as it is in memory; it has
// passed believe().  no_space where it would be larger than any.
Result<ByteVector> save_key(const Hive& hive, Key key, const Clock& clock = now);

}  // namespace drydock::hive
