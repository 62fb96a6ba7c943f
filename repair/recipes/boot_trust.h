// Why drivers and boot files are signed by nothing: because the catalogs that held
// their hashes are lost, or by themselves.  What signature.catalog-store and
// driver.unsigned share.

#pragma once

#include <cstddef>
#include <vector>

#include "repair/driver/unresolved.h"
#include "repair/recipe.h"
#include "repair/signature/catalog_store.h"

namespace drydock::repair {

struct BootTrust {
  // Its wounds are those that have a good copy.
  signature::CatalogSurvey survey;
  std::size_t wounds_without_copy = 0;
  // What those copies hold: its catalogs stand for the wounds at the same places.
  signature::CatalogIndex copies;
  std::size_t examined_count = 0;
  // That a copy would help; and all, where the store holds nothing and there is no
  // copy.
  std::vector<driver::Unresolved> for_want_of_catalogs;
  std::vector<driver::Unresolved> by_themselves;

  // The wound whose copy has the driver's hash; nullptr where none has.
  const signature::CatalogWound* find_cure(const driver::Unresolved& driver) const;
};

// Fails as reading the drivers and the catalogs does.
Result<BootTrust> examine_boot_trust(const Installation& windows);

// Says in `finding` that the driver stops Windows, where it does: with 0x5A and the
// status that code integrity gives.
void add_stop(const driver::Unresolved& driver, Finding& finding);

}  // namespace drydock::repair
