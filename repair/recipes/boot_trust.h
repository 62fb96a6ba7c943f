// Why drivers and boot files are signed by nothing: because the catalogs that held
// their hashes are lost, or by themselves; and what else this disk has of a file.  What
// signature.catalog-store, driver.unsigned and driver.missing share.

#pragma once

#include <cstddef>
#include <vector>

#include "repair/driver/copies.h"
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
  std::vector<std::string> untold;  // as Resolution has it

  // The wound whose copy has the driver's hash; nullptr where none has.
  const signature::CatalogWound* find_cure(const driver::Unresolved& driver) const;
};

// Why a Windows in which nothing was found isn't healthy all the same: something that
// it doesn't start without couldn't be looked at.
Done check_told(const BootTrust& trust);

// Fails as reading the drivers and the catalogs does.
Result<BootTrust> examine_boot_trust(const Installation& windows);

// Says in `finding` that the driver stops Windows, where it does: with 0x5A and the
// status that code integrity gives.
void add_stop(const driver::Unresolved& driver, Finding& finding);

// The other copies of a file that this disk has, in WinSxS and in the driver store.
Result<std::vector<driver::FileCopy>> copies_on_disk(const Installation& windows,
                                                     const GuestPath& file);

// Adds to `plan` what puts one of them that is believed in the place of the file that
// `finding` is about.  unsupported, with the reason, where none will do.
Done mend_from_disk(const Subject& subject, const Finding& finding, Plan& plan);

}  // namespace drydock::repair
