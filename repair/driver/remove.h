// Takes a driver package out of a Windows that isn't running: what plan_add(), or
// Windows itself, put there under the name oemN.inf.
//
// Drivers that came with Windows stay, and so does what the way to its disk needs.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::driver {

struct RemoveOptions {
  bool force = false;  // also what the disk may hang on
};

// Adds to `plan` what removes the package that `name` is of: "oem0.inf", the INF file's
// own name ("viostor.inf"), or the name of a service.  not_found where there is none;
// bad_argument for a driver of Windows' own, for a name that several packages have, and
// for one that the way to the disk needs.  Files that differ from the package's stay,
// with a note.
Done plan_remove(const repair::Installation& windows, std::string_view name,
                 const RemoveOptions& options, repair::Plan& plan);

}  // namespace drydock::driver
