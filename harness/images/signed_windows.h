// Signs the programs and drivers of a built Windows as Windows' own are signed: most
// bear a signature, some are known by catalogs alone, and all are in one.
//
// The catalogs lie where boot reads them (CatRoot), and the same bytes once more in
// servicing\Packages and in WinSxS\Catalogs, there named by their own SHA-256.  The
// catalog of the one driver that isn't Microsoft's is in CatRoot alone.

#pragma once

#include <string_view>
#include <vector>

#include "harness/images/authority.h"
#include "harness/images/layout.h"
#include "harness/images/volumes.h"

namespace drydock::images {

inline constexpr std::string_view kCatalogStore =
    "\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\";
inline constexpr std::string_view kServicingPackages =
    "\\Windows\\servicing\\Packages\\";
inline constexpr std::string_view kComponentCatalogs = "\\Windows\\WinSxS\\Catalogs\\";

// Signs the programs in `contents`, and adds the catalogs of all that is there; their
// folders must be, too.
Done sign_windows(const Layout& layout, const Authority& authority,
                  std::vector<Content>& contents);

// Signs each program in `contents`, and adds nothing: those of a system partition.
Done sign_programs(const Authority& authority, std::vector<Content>& contents);

// Whether a file of the Windows volume is known by catalogs alone.
bool by_catalog_alone(std::string_view path);
// The name of the catalog that covers it: "Microsoft-Windows-...~10.0.20348.2031.cat".
std::string catalog_of(const Layout& layout, std::string_view path);

}  // namespace drydock::images
