// What a registry hive holds, written as text.
//
//   # A comment.
//   [ControlSet001\Services\disk]
//   Start = dword 0
//   ImagePath = expand "System32\drivers\disk.sys"
//   "a name with blanks" = hex 00 ff ${disk_id}
//   UpperFilters = multi "partmgr"
//     "volsnap"
//   UpperFilters += multi "one more, at the end"
//   @ = sz "the key's default value"
//
// A boot store's keys all look alike, so they may be written shorter: `object`
// opens an object of a type (in hex), after which a number is an element:
//
//   object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002
//   12000002 = sz "\EFI\Microsoft\Boot\bootmgfw.efi"
//   25000004 = integer 30
//   16000060 = boolean 1
//
// Texts stand in double quotes, as they are but for "" which is one quote.  An
// indented line goes on with the one before it.  ${name} is replaced before a
// line is read.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

struct HiveTextValue {
  std::string name;        // UTF-8; empty for the default value
  std::uint32_t type = 0;  // REG_SZ is 1
  ByteVector data;
  bool appends = false;  // to the REG_MULTI_SZ that is there
};

struct HiveTextKey {
  std::string path;  // below the root, with back slashes
  std::vector<HiveTextValue> values;
};

// What ${name} stands for.
using Words = std::map<std::string, std::string>;

// In the text's order.  bad_argument, with the line, for what isn't of the
// form above and for a word that isn't in `words`.
Result<std::vector<HiveTextKey>> read_hive_text(std::string_view text,
                                                const Words& words);

// "00 ff 10": bytes as `hex` takes them.
std::string hex_text(Bytes bytes);

}  // namespace drydock::images
