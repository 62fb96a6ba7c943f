// The builder of VHDX files that the conformance set is made with, by the names that
// tests have for it.

#pragma once

#include "harness/conformance/vhdx_builder.h"

namespace drydock::testing {

using conformance::get;
using conformance::kMiB;
using conformance::log_entry;
using conformance::LogEntryText;
using conformance::parent_locator;
using conformance::put;
using conformance::put_checksum;
using conformance::put_guid;
using conformance::put_text;
using conformance::slow_crc32c;
using conformance::VhdxBuilder;
using conformance::VhdxText;

}  // namespace drydock::testing
