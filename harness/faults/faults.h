// Each fault of this folder, for all.cc.

#pragma once

#include "harness/faults/fault.h"

namespace drydock::faults {

const Fault& image_log_pending();
const Fault& partition_gpt_torn();
const Fault& volume_dirty();
const Fault& volume_hibernated();
const Fault& bcd_default_missing();
const Fault& bcd_rebuild();
const Fault& bcd_devices();
const Fault& driver_disable();
const Fault& driver_filter_dangling();
const Fault& driver_start_wrong();
const Fault& verifier_reset();
const Fault& signature_catalog_store();
const Fault& driver_unsigned();
const Fault& driver_missing();
const Fault& ntfs_log_unfinished();
const Fault& ntfs_boot_sector();
const Fault& ntfs_mft_mirror();
const Fault& ntfs_attribute_list_offset();
const Fault& hive_replay_logs();

}  // namespace drydock::faults
