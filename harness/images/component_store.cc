#include "harness/images/component_store.h"

#include <fmt/format.h>

#include "vhd/base/bytes.h"
#include "vhd/base/sha256.h"

namespace drydock::images {

namespace {

// Named as in Microsoft's lists of the files in updates, and as WinSxS of Windows 10
// has the drivers that INF files bring.
constexpr ComponentFile kComponentFiles[] = {
    {"System32\\drivers\\afd.sys", "microsoft-windows-winsock-core"},
    {"System32\\drivers\\cdrom.sys", "dual_cdrom.inf"},
    {"System32\\drivers\\ntfs.sys", "microsoft-windows-ntfs"},
    {"System32\\drivers\\partmgr.sys", "microsoft-windows-partitionmanager"},
    {"System32\\drivers\\tcpip.sys", "microsoft-windows-tcpip-binaries"},
};

// Architecture, name, the token of Microsoft's key, version, language, and 64 bits of
// a hash of all these, which here is SHA-256.
std::string folder_of(const Layout& layout, std::string_view component) {
  std::string name =
      fmt::format("amd64_{}_31bf3856ad364e35_10.0.{}.{}_none", component,
                  layout.spec.windows->build, layout.spec.windows->revision);
  Sha256 hash;
  hash.add(bytes_of(std::string_view(name)));
  return fmt::format("\\Windows\\WinSxS\\{}_{}\\", name, hash.hex().substr(0, 16));
}

}  // namespace

std::span<const ComponentFile> component_files() { return kComponentFiles; }

std::string twin_of(const Layout& layout, const ComponentFile& file) {
  return folder_of(layout, file.component) +
         std::string(file.path.substr(file.path.rfind('\\') + 1));
}

void add_component_store(const Layout& layout, std::vector<Content>& contents) {
  for (const ComponentFile& file : kComponentFiles) {
    contents.push_back({folder_of(layout, file.component), {}});
    contents.push_back({.path = twin_of(layout, file),
                        .bytes = {},
                        .link_to = fmt::format("\\Windows\\{}", file.path)});
  }
}

}  // namespace drydock::images
