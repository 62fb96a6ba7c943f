// The builder of VHD files that the conformance set is made with, by the names that
// tests have for it.

#pragma once

#include "harness/conformance/vhd_builder.h"
#include "tests/support/vhdx_builder.h"

namespace drydock::testing {

using conformance::get_big;
using conformance::put_big;
using conformance::vhd_checksum;
using conformance::VhdBuilder;
using conformance::VhdText;

}  // namespace drydock::testing
