// Whether a driver package's own catalog signs its files, and is believed.
//
// Windows takes no kernel driver, on 64-bit, whose hash neither a catalog nor a
// signature of its own vouches for.  A package brings its catalog along.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/signature/trust.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::driver {

// SIGNERSCORE_WHQL and SIGNERSCORE_UNSIGNED, of the driver database ("Driver matching
// criteria").
inline constexpr std::uint32_t kScoreSigned = 0x0d00'0005;
inline constexpr std::uint32_t kScoreUnsigned = 0x8000'0000;

struct NamedFile {
  std::string name;
  ByteVector bytes;
};

struct Signing {
  // Why the package isn't believed, a clause for each reason; none where it is.
  std::vector<std::string> doubts = {};
};

// `catalog` is the file that the INF file names; nullptr where there is none.  It is
// judged as the kernel of Windows' `build` would.  Files that are programs are looked
// up in it by their image hash, others by that of all bytes.
Result<Signing> judge_package(const std::vector<const NamedFile*>& files,
                              const NamedFile* catalog,
                              const signature::TrustStore& trust, std::uint32_t build);

}  // namespace drydock::driver
