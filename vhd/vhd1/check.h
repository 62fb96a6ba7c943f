// Every structural rule of a VHD file, each breach with its place.

#pragma once

#include "vhd/check.h"

namespace drydock::vhd1 {

// As check_image() and mend_image() say, of a file that bears the mark of a VHD.
Result<std::vector<Problem>> check(const BlockDevice& file);
Done mend(const DevicePtr& file);

}  // namespace drydock::vhd1
