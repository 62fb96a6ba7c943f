// Each fault of this folder, for all.cc.

#pragma once

#include "harness/faults/fault.h"

namespace drydock::faults {

const Fault& bcd_default_missing();
const Fault& driver_disable();

}  // namespace drydock::faults
