// Where a file is on a guest's disk: which partition, and the path in it.
//
// People write it as the guest does: "C:\Windows\System32" (letters as the
// guest knows them; C: is the Windows volume), "esp:\EFI" (the system
// partition), "3:\Windows" (a partition by number), "0:\" (a bare volume
// without a table).  Either slash, any case.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vhd/base/result.h"

namespace drydock::repair {

struct GuestPath {
  std::uint32_t partition = 0;  // its number; 0 is a bare volume
  std::string path;             // in the volume, "\Windows\System32"

  friend bool operator==(const GuestPath&, const GuestPath&) = default;
};

// What stands before the colon and after it: {"esp", "\EFI"}.  bad_argument
// where there is no colon.  The words alone; Disk::resolve() knows the disk.
struct GuestPathText {
  std::string volume;  // lower case: "c", "esp", "3"
  std::string path;    // back slashes only, starts with one
};
Result<GuestPathText> parse_guest_path(std::string_view text);

}  // namespace drydock::repair
