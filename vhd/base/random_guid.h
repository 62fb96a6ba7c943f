// New GUIDs.  Whoever needs them takes a MakeGuid, so that a simulation can be
// run again with the same ones.

#pragma once

#include <functional>

#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock {

using MakeGuid = std::function<Result<Guid>()>;

// A GUID of random bits (RFC 4122, version 4) from the host's generator.  io
// where it has none to give.
Result<Guid> random_guid();

}  // namespace drydock
