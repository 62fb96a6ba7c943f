// Each recipe there is, one function a recipe.  all.cc lists them in the order
// in which they are tried.

#pragma once

#include "repair/recipe.h"

namespace drydock::repair {

// bcd.default-missing: the boot manager's default starts no Windows.
const Recipe& bcd_default_missing();

// driver.disable: a driver that a person names is to be kept from loading.
const Recipe& driver_disable();

}  // namespace drydock::repair
