// The builder of VHD files that the conformance set is made with, by the names that
// tests have for it.

#pragma once

#include "harness/conformance/vhd_builder.h"
#include "tests/support/vhdx_builder.h"
