// The names of keys as reg.exe has them: "HKLM\SYSTEM\Select".
//
// Parsing looks at words alone; where the hive lies on a disk is reg_hives.h's
// question.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "repair/hive_files.h"
#include "vhd/base/result.h"

namespace drydock::reg {

// A key, and the hive that it lies in.
struct KeyName {
  std::string hive;       // "SYSTEM", as Installation::open_hive() takes it, or
                          // "BCD00000000"; "" for a user's, and for one in a file of
                          // its own
  std::string path;       // below the hive's root; CurrentControlSet as it stood
  std::string root;       // how reg.exe prints the hive: "HKEY_LOCAL_MACHINE\SYSTEM"
  std::string user = {};  // whose hive it is: a profile's folder or a SID
  repair::UserHive user_hive = repair::UserHive::settings;
  bool seen_by_32_bits = false;  // /reg:32

  // Whole, as reg.exe prints it.
  std::string name() const;
};

// Whether a key's name starts with the hive's: always, but for a hive in a file
// of its own, whose keys may be named from its root on.  `loaded` is named, and HKLM
// has besides what `reg load` put there.
enum class Root : std::uint8_t { named, optional, loaded };

// Long names of roots and short ones.  HKU\NAME is the user with that profile's
// folder or that SID, and NAME_Classes the same user's classes.  bad_argument
// where it is no key's name; unsupported for HKCU, and, unless others may be loaded,
// for hives that no file of Windows' own holds.
Result<KeyName> parse_key(std::string_view text, Root root = Root::named);

// `path` in SOFTWARE as a program of 32 bits means it on a Windows of 64:
// "Microsoft\x" to "WOW6432Node\Microsoft\x", but for the keys that both share.
std::string path_of_32_bits(std::string_view path);

}  // namespace drydock::reg
