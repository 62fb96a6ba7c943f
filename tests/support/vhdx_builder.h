// The builder of VHDX files that the conformance set is made with, by the names that
// tests have for it.

#pragma once

#include "harness/conformance/vhdx_builder.h"

namespace drydock::testing {

using namespace conformance;

}  // namespace drydock::testing
