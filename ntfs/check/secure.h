// $Secure: the descriptors that files name by their ids, and the two indexes that
// find them.

#pragma once

#include <optional>
#include <vector>

#include "ntfs/check/survey.h"

namespace drydock::ntfs {

// Checks it, and returns the ids that it has, ascending; nothing where they can't
// be told, or the volume has no $Secure.
std::optional<std::vector<std::uint32_t>> check_secure(Survey& survey);

}  // namespace drydock::ntfs
