// Other copies of a file of Windows: on the same disk, on another, or on the host.
//
//   \Windows\WinSxS\COMPONENT\NAME                             each version that is
//   kept \Windows\System32\DriverStore\FileRepository\PACKAGE\NAME  of each driver's
//   package
//
// A file of System32 and its twin in WinSxS are, as a rule, one file with two names,
// and so wounded together: what is the file itself is no copy of it.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/disk.h"
#include "repair/guest_path.h"
#include "repair/installation.h"

namespace drydock::driver {

// In bytes, of one that is read whole.
inline constexpr std::uint64_t kCopySizeMax = std::uint64_t{256} << 20;

struct FileCopy {
  std::string place;  // as a person calls it
  std::function<Result<ByteVector>()> read;
};

// Where on the disk of `windows` itself.
enum class Shelf : std::uint8_t { component_store, driver_store };

// The copies of `file` there, by path.  None where the folder isn't there; fails as
// reading it does.
Result<std::vector<FileCopy>> copies_on(const repair::Installation& windows,
                                        Shelf shelf, const repair::GuestPath& file);

// The file at the same place of another Windows, or of its system partition.
// not_found where it has none.
Result<FileCopy> copy_of(const repair::Installation& donor,
                         const repair::Installation& windows,
                         const repair::GuestPath& file);

}  // namespace drydock::driver
