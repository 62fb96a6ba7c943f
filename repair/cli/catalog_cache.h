// --catalog-cache FILE: what catalogs hold, kept on the host from one image to the
// next.

#pragma once

#include <optional>
#include <string>

#include "repair/cli/report.h"
#include "repair/signature/index_cache.h"

namespace drydock::cli {

// What `path` keeps; of nothing for a file that isn't there yet.  Nothing for "", and
// for a file that keeps no catalogs or not all of them, with a note: it stays as it is.
std::optional<signature::IndexCache> read_catalog_cache(const std::string& path,
                                                        Report& report);

// Writes it where it has grown; a note says why it couldn't be.
void keep_catalog_cache(const signature::IndexCache& cache, const std::string& path,
                        Report& report);

}  // namespace drydock::cli
