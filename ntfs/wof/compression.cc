#include "ntfs/wof/compression.h"

#include <fmt/format.h>

#include "ntfs/wof/format.h"

namespace drydock::wof {

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::xpress4k:
      return "XPRESS 4K";
    case Compression::lzx:
      return "LZX";
    case Compression::xpress8k:
      return "XPRESS 8K";
    case Compression::xpress16k:
      return "XPRESS 16K";
  }
  return "unknown";
}

std::uint32_t chunk_size(Compression compression) {
  switch (compression) {
    case Compression::xpress4k:
      return 4 << 10;
    case Compression::lzx:
      return 32 << 10;
    case Compression::xpress8k:
      return 8 << 10;
    case Compression::xpress16k:
      return 16 << 10;
  }
  return 0;
}

Result<Compression> read_reparse_data(Bytes data) {
  auto found = load<format::ReparseData>(data);
  if (!found) {
    return Error(Errc::corrupt, fmt::format("the reparse point of a file compressed by "
                                            "WOF has {} bytes, and not {}",
                                            data.size(), sizeof(format::ReparseData)));
  }
  if (found->version == format::kVersion && found->provider == format::kWimProvider) {
    return Error(
        Errc::unsupported,
        "this file is one of WIMBoot's: its bytes are in a WIM file elsewhere");
  }
  if (found->version != format::kVersion || found->provider != format::kFileProvider ||
      found->provider_version != format::kVersion || found->algorithm > 3) {
    return Error(
        Errc::unsupported,
        fmt::format("WOF keeps this file in a way that isn't known: version {}, "
                    "provider {}, version {}, algorithm {}",
                    std::uint32_t{found->version}, std::uint32_t{found->provider},
                    std::uint32_t{found->provider_version},
                    std::uint32_t{found->algorithm}));
  }
  return static_cast<Compression>(std::uint32_t{found->algorithm});
}

}  // namespace drydock::wof
