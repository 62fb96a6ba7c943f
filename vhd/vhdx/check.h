// Every structural rule of a VHDX file, each breach with its place.

#pragma once

#include "vhd/check.h"

namespace drydock::vhdx {

// Whether the file begins with "vhdxfile".
Result<bool> is_marked(const BlockDevice& file);

// As check_image() and mend_image() say, of a file that is marked.
Result<std::vector<Problem>> check(const DevicePtr& file);
Done mend(const DevicePtr& file, const MakeGuid& make_guid);

}  // namespace drydock::vhdx
