#include "repair/script/attributes.h"

#include <fmt/format.h>

#include "ntfs/file.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

std::uint32_t attribute_of(char letter) {
  switch (ascii_lower(letter)) {
    case 'r':
      return attribute::read_only;
    case 'h':
      return attribute::hidden;
    case 's':
      return attribute::system;
    case 'a':
      return attribute::archive;
    case 'i':
      return attribute::not_content_indexed;
    case 'd':
      return attribute::directory;
    default:
      return 0;
  }
}

Result<AttributeTest> parse_attribute_test(std::string_view letters) {
  AttributeTest test;
  bool negated = false;
  for (char letter : letters) {
    if (letter == '-') {
      negated = true;
      continue;
    }
    std::uint32_t bit = attribute_of(letter);
    if (bit == 0) {
      return Error(Errc::bad_argument,
                   fmt::format("\"{}\" in /a:{} means no attribute", letter, letters));
    }
    (negated ? test.refused : test.required) |= bit;
    negated = false;
  }
  return test;
}

std::string attribute_columns(std::uint32_t attributes) {
  // The columns of Windows 10's attrib.
  std::string shown;
  for (char letter : std::string_view("A  SHR  I")) {
    bool has = (attributes & attribute_of(letter)) != 0;
    shown += has ? letter : ' ';
  }
  return shown;
}

}  // namespace drydock::script
