// The Elephant diffuser, which Windows Vista and 7 put before AES-CBC: a change of
// one bit changes the whole sector.  It has no key; the sector key is XORed outside.
//
// Niels Ferguson, "AES-CBC + Elephant diffuser", Microsoft 2006, section 4.

#pragma once

#include "vhd/base/bytes.h"

namespace drydock::bitlocker {

// In place; of 512 or 4096 bytes.
void diffuse(MutableBytes sector);
void undo_diffuse(MutableBytes sector);

}  // namespace drydock::bitlocker
