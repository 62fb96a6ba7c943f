#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "repair/cli/host_flush.h"

namespace drydock::cli {

namespace {

Error host_error(std::string_view call, const std::filesystem::path& folder) {
  return Error(Errc::io,
               fmt::format("the host's {} says: {}", call, std::strerror(errno)))
      .in(folder.string());
}

}  // namespace

Done flush_file_system(const std::filesystem::path& folder) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return host_error("open", folder);
  Done done;
  if (::syncfs(descriptor) != 0) done = host_error("syncfs", folder);
  ::close(descriptor);
  return done;
}

}  // namespace drydock::cli
