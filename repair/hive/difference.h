// What two states of one hive differ in: for telling a person what a recovery
// or a rollback is about.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "repair/hive/hive.h"

namespace drydock::hive {

// So many keys are named; the others are counted.
inline constexpr std::size_t kNamedKeysMax = 8;

struct Difference {
  std::uint64_t added_count = 0;    // keys, with all below them
  std::uint64_t removed_count = 0;  // likewise
  std::uint64_t changed_count = 0;  // keys of both whose values differ
  std::vector<std::string> named;   // paths of the first of them, in tree order
};

// Compares names, values' types and data; times, classes and security aren't
// looked at.  Fails where either hive can't be read to its end.
Result<Difference> difference(const Hive& before, const Hive& after);

// "3 keys changed, 1 added: \Select, \ControlSet001\Services\x"
std::string describe(const Difference& difference);

}  // namespace drydock::hive
