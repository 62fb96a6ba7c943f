#include "harness/faults/faults.h"

namespace drydock::faults {

const std::vector<const Fault*>& all_faults() {
  static const std::vector<const Fault*> faults = {
      &image_log_pending(),
      &partition_gpt_torn(),
      &volume_dirty(),
      &volume_hibernated(),
      &bcd_rebuild(),
      &bcd_devices(),
      &bcd_default_missing(),
      &driver_disable(),
      &ntfs_log_unfinished(),
      &hive_replay_logs(),
      &ntfs_boot_sector(),
      &ntfs_mft_mirror(),
      &ntfs_attribute_list_offset(),
      &driver_filter_dangling(),
      &driver_start_wrong(),
      &signature_catalog_store(),
      &driver_unsigned(),
      &driver_missing(),
      &verifier_reset(),
  };
  return faults;
}

}  // namespace drydock::faults
