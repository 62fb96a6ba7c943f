// The catalogs of packages that nothing else here is about: a Windows that was updated
// for years has thousands of them.
//
// Each is a whole catalog, signed as the others are, of one hash that no other has; and
// it lies in CatRoot and in servicing\Packages, with no manifest beside it.

#pragma once

#include <vector>

#include "harness/images/authority.h"
#include "harness/images/layout.h"
#include "harness/images/volumes.h"

namespace drydock::images {

// Adds as many as the spec asks for.
Done add_filler_catalogs(const Layout& layout, const Authority& authority,
                         std::vector<Content>& contents);

}  // namespace drydock::images
