// The drivers and boot files that Windows can't start without believing, and that
// nothing signs as they are: neither do they bear a signature of these bytes, nor has
// a catalog of the store their hash.
//
// Who signed isn't asked here: a root that isn't known to us may be known to the
// machine.  What nobody signed is refused everywhere.

#pragma once

#include <cstddef>
#include <vector>

#include "repair/driver/inventory.h"
#include "repair/signature/verify.h"

namespace drydock::driver {

// Before a person sees anything: a boot file, or a driver of Start 0 or 1.
bool is_loaded_at_boot(const Driver& driver);

struct Unresolved {
  Driver driver;
  signature::Verification verification;
};

struct Resolution {
  std::size_t examined_count = 0;
  std::vector<Unresolved> unresolved;  // in the order in which they are loaded
  // "beep: it is a directory": Windows doesn't start without them, and what signs them,
  // or which file it is, can't be told.
  std::vector<std::string> untold;
};

// Of what is loaded at boot and whose files are there.  A file that can't be read
// stands in nobody's way.  Fails as reading the inventory does, and where the host
// refuses a read.
Result<Resolution> resolve_boot_drivers(const repair::Installation& windows,
                                        const signature::Verifier& verifier);

}  // namespace drydock::driver
