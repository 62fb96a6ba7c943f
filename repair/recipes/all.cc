#include "repair/recipes/recipes.h"

namespace drydock::repair {

const std::vector<const Recipe*>& all_recipes() {
  static const std::vector<const Recipe*> recipes{
      // What others read must be whole first.
      &image_log_pending(),
      &partition_gpt_torn(),
      &ntfs_boot_sector(),
      &ntfs_log_unfinished(),
      &ntfs_mft_mirror(),
      &ntfs_attribute_list_offset(),
      &volume_dirty(),
      &hive_replay_logs(),
      &bcd_rebuild(),
      &bcd_devices(),
      &bcd_default_missing(),
      &driver_start_wrong(),
      &driver_filter_dangling(),
      &signature_catalog_store(),
      &driver_unsigned(),
      &driver_missing(),
      &driver_disable(),
      &verifier_reset(),
  };
  return recipes;
}

const Recipe* find_recipe(std::string_view id) {
  for (const Recipe* recipe : all_recipes()) {
    if (recipe->id() == id) return recipe;
  }
  return nullptr;
}

}  // namespace drydock::repair
