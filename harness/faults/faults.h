// Each fault of this folder, for all.cc.

#pragma once

#include "harness/faults/fault.h"

namespace drydock::faults {

const Fault& bcd_default_missing();
const Fault& driver_disable();
const Fault& hive_dirty_new();
const Fault& hive_dirty_old();

}  // namespace drydock::faults
