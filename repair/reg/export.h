// A key as a .reg file.

#pragma once

#include <string>

#include "repair/hive/hive.h"

namespace drydock::reg {

// The key and all below it; `name` is the key's, whole, as the file names it.
Result<ByteVector> export_key(const hive::Hive& hive, hive::Key from, std::string name);

}  // namespace drydock::reg
