#include "harness/faults/faults.h"

namespace drydock::faults {

const std::vector<const Fault*>& all_faults() {
  static const std::vector<const Fault*> faults = {
      &bcd_default_missing(),
      &driver_disable(),
      &hive_dirty_new(),
      &hive_dirty_old(),
  };
  return faults;
}

}  // namespace drydock::faults
