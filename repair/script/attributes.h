// The letters that commands have for files' attributes: "rhsa".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vhd/base/result.h"

namespace drydock::script {

// "r", "h", "s", "a", "i" and, where it is asked for, "d": folders.  0 for others.
std::uint32_t attribute_of(char letter);

// What /a:LETTERS asks for; a - before a letter turns it round.
struct AttributeTest {
  std::uint32_t required = 0;
  std::uint32_t refused = 0;

  bool accepts(std::uint32_t attributes) const {
    return (attributes & required) == required && (attributes & refused) == 0;
  }
};

// bad_argument for letters that mean no attribute.
Result<AttributeTest> parse_attribute_test(std::string_view letters);

// As attrib shows them, in columns: "A  SHR  I".
std::string attribute_columns(std::uint32_t attributes);

}  // namespace drydock::script
