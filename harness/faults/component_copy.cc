#include "harness/faults/component_copy.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::faults {

namespace {

constexpr std::uint64_t kFileSizeMax = 64 << 20;

}  // namespace

Done keep_component_copy(FileSystem& windows, std::string_view path) {
  ByteVector content = TRY(read_file(TRY(windows.find(path)), kFileSizeMax));
  std::string_view name = path.substr(path.rfind('\\') + 1);
  std::string component = fmt::format(
      "\\Windows\\WinSxS\\amd64_{}_31bf3856ad364e35_10.0.20348.2159_"
      "none_0123456789abcdef",
      name);
  TRY(windows.create_directory(component));
  TRY(windows.put(fmt::format("{}\\{}", component, name), content));
  return {};
}

Done drop_twins(FileSystem& windows, std::string_view path) {
  Details details = TRY(TRY(windows.find(path)).details());
  for (const std::string& name : details.names) {
    if (!equal_ignoring_case(name, path)) TRY(windows.remove(name));
  }
  return {};
}

}  // namespace drydock::faults
