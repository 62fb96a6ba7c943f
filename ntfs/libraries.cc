#include "ntfs/libraries.h"

#include <fmt/format.h>

#include "ntfs/wof/decompressor.h"

namespace drydock {

std::string ntfs_library_versions() {
  return fmt::format("libntfs-3g {}, libwim {}", DRYDOCK_NTFS3G_VERSION,
                     wof::library_version());
}

}  // namespace drydock
