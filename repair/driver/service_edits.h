// A service of an INF file as edits of a plan, in each control set that Windows may
// start from.

#pragma once

#include <string>

#include "repair/driver/install.h"
#include "repair/driver/registry_lines.h"
#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::driver {

// ImagePath.  The boot loader wants a driver's path below the Windows folder; the
// kernel has \SystemRoot, and a program in a session %SystemRoot%.  `folder` is the
// package's.
std::string image_path_of(const Service& service, const std::string& folder);

// `owner` is the INF file: "oem0.inf".  bad_argument where there is a service of that
// name already that starts another file and belongs to no INF file.
Done plan_service(const repair::Installation& windows, const hive::Hive& system,
                  const Service& service, const std::string& image_path,
                  const std::string& owner, RegistryWriter& writer, repair::Plan& plan);

}  // namespace drydock::driver
