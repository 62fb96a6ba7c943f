// Each recipe there is, one function a recipe.  all.cc lists them in the order
// in which they are tried.

#pragma once

#include "repair/recipe.h"

namespace drydock::repair {

// image.log-pending: the container's log was not replayed.
const Recipe& image_log_pending();

// partition.gpt-torn: the copies of the partition table aren't twins.
const Recipe& partition_gpt_torn();

// ntfs.log-unfinished: a volume's log holds work that the volume lacks.
const Recipe& ntfs_log_unfinished();

// ntfs.boot-sector, ntfs.mft-mirror, ntfs.attribute-list-offset: what a volume has
// two copies of, or can't mean otherwise.
const Recipe& ntfs_boot_sector();
const Recipe& ntfs_mft_mirror();
const Recipe& ntfs_attribute_list_offset();

// volume.dirty: a volume waits for chkdsk.
const Recipe& volume_dirty();

// hive.replay-logs: a hive's transaction logs hold what the hive lacks.
const Recipe& hive_replay_logs();

// bcd.default-missing: the boot manager's default starts no Windows.
const Recipe& bcd_default_missing();

// bcd.rebuild: there is no boot store, or no boot manager.
const Recipe& bcd_rebuild();

// bcd.devices: devices of the boot store name partitions that aren't on the disk.
const Recipe& bcd_devices();

// signature.catalog-store: catalogs that drivers are believed by are lost.
const Recipe& signature_catalog_store();

// driver.unsigned: what is loaded at boot is signed by nothing, as it is.
const Recipe& driver_unsigned();

// driver.missing: the file of what is loaded at boot isn't there.
const Recipe& driver_missing();

// driver.disable: a driver that a person names is to be kept from loading.
const Recipe& driver_disable();

// driver.filter-dangling: a filter list names a service that isn't there.
const Recipe& driver_filter_dangling();

// driver.start-wrong: a driver that every Windows starts at boot doesn't.
const Recipe& driver_start_wrong();

// verifier.reset: Driver Verifier was left on.
const Recipe& verifier_reset();

}  // namespace drydock::repair
