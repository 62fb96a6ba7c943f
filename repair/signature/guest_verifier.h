// The verifier of one Windows: it believes what the guest's own catalogs hold.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "repair/installation.h"
#include "repair/signature/verify.h"
#include "vhd/progress.h"

namespace drydock::signature {

// Reads every catalog of CatRoot, and the guest's list of vulnerable drivers, unless
// its owner turned that off.  Where there is no such folder the index is of no
// catalogs.  Fails as reading them and `progress` do.
//
// The folder of the catalogs is read as what `around` makes of it, where there is such:
// who verifies on several threads puts a lock around it.  What `cache` has of them
// isn't read now.
using AroundFolder = std::function<CatalogFolderPtr(CatalogFolderPtr)>;
Result<std::unique_ptr<Verifier>> guest_verifier(const repair::Installation& windows,
                                                 TrustStore trust,
                                                 const Progress& progress = {},
                                                 const AroundFolder& around = {},
                                                 IndexCache* cache = nullptr);

// CurrentBuildNumber, as VerifyOptions has it; 0 where it isn't known.
std::uint32_t build_of(const repair::Installation& windows);

}  // namespace drydock::signature
