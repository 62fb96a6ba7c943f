#include "repair/cli/host_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

Done check_name(std::string_view name) {
  bool control = std::ranges::any_of(name, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '/';
  });
  if (!control && !name.empty() && name != "." && name != "..") return {};
  return Error(Errc::bad_argument,
               "left out: a name like this one could mean something else on the host");
}

}  // namespace

Result<std::filesystem::path> host_path_of(std::string_view below) {
  std::filesystem::path path;
  while (true) {
    std::size_t end = below.find('\\');
    std::string_view name = below.substr(0, end);
    TRY(check_name(name));
    path /= std::filesystem::path(name);
    if (end == std::string_view::npos) return path;
    below.remove_prefix(end + 1);
  }
}

Done check_host_folder(const std::filesystem::path& folder) {
  std::error_code error;
  auto status = std::filesystem::symlink_status(folder, error);
  if (status.type() == std::filesystem::file_type::directory) return {};
  return Error(Errc::bad_argument, "this isn't a folder of the host")
      .in(folder.string());
}

Done make_host_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  return check_host_folder(folder);
}

}  // namespace drydock::cli
