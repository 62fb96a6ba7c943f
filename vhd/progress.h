// How long work tells how far it is, and is told to stop.

#pragma once

#include <cstdint>
#include <functional>

#include "vhd/base/result.h"

namespace drydock {

// Called every so often with how many of how many bytes are done; `done` never
// goes down.  An Error stops the work, which then returns it.  May be empty.
using Progress = std::function<Done(std::uint64_t done, std::uint64_t total)>;

}  // namespace drydock
