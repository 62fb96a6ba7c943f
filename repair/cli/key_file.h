// The keys of volumes that BitLocker encrypts, from where a person keeps them: a
// file, or standard input.  Never from the command line, which others can see.

#pragma once

#include <string>

#include "vhd/base/result.h"
#include "vhd/bitlocker/key_ring.h"

namespace drydock::cli {

// The variable that may name the file, for who can't give --key-file.
inline constexpr const char* kKeyFileVariable = "DRYDOCK_BITLOCKER_KEY_FILE";

// Reads a key file, as vhd/bitlocker/key_ring.h has it; "-" is standard input.
// Startup keys that it names are looked up from its own folder on.
Result<bitlocker::KeyRingPtr> load_key_file(const std::string& path);

}  // namespace drydock::cli
