// What each NAME_seeds.cc gives: first inputs for its target, made by code.

#pragma once

#include <vector>

#include "vhd/base/bytes.h"

namespace drydock::fuzz {

std::vector<ByteVector> make_seeds();

}  // namespace drydock::fuzz
