// --trust FILE: whom a person believes beside the roots that are known.

#pragma once

#include <string>
#include <vector>

#include "repair/signature/trust.h"

namespace drydock::cli {

// The known roots, and the certificates in `files` of the host.  Fails as reading them
// does, and as TrustStore::add().
Result<signature::TrustStore> trust_store(const std::vector<std::string>& files);

}  // namespace drydock::cli
