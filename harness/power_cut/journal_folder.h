// The journals of an image on a simulated host.

#pragma once

#include <memory>
#include <string>

#include "harness/power_cut/host.h"
#include "repair/journal_folder.h"

namespace drydock::power_cut {

// Beside `image`, named as journals_beside() names them.
std::unique_ptr<repair::JournalFolder> journals_on(std::shared_ptr<Host> host,
                                                   std::string image);

}  // namespace drydock::power_cut
