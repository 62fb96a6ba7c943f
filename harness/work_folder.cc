#include "harness/work_folder.h"

#include <fmt/format.h>

#include <fstream>
#include <random>
#include <system_error>

namespace drydock::harness {

namespace {

// Enough that all being taken means something else is wrong.
constexpr int kNameTriesMax = 64;

}  // namespace

Result<WorkFolder> WorkFolder::create() {
  std::error_code failed;
  std::filesystem::path base = std::filesystem::temp_directory_path(failed);
  if (failed) return Error(Errc::io, "a temporary folder: " + failed.message());
  std::random_device random;
  for (int i = 0; i < kNameTriesMax; ++i) {
    std::filesystem::path path = base / fmt::format("drydock-{:08x}", random());
    if (std::filesystem::create_directory(path, failed)) return WorkFolder(path);
    if (failed) break;
  }
  return Error(Errc::io, fmt::format("a folder in {}: {}", base.string(),
                                     failed ? failed.message() : "all names taken"));
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<ByteVector> read_host_file(const std::filesystem::path& path) {
  std::error_code failed;
  std::uintmax_t size = std::filesystem::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) {
    return Error(Errc::io, fmt::format("{} can't be read", path.string()));
  }
  ByteVector content(size);
  file.read(reinterpret_cast<char*>(content.data()),
            static_cast<std::streamsize>(content.size()));
  if (!file) return Error(Errc::io, fmt::format("{} can't be read", path.string()));
  return content;
}

Done write_host_file(const std::filesystem::path& path, Bytes content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(content.data()),
             static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) return Error(Errc::io, fmt::format("{} can't be written", path.string()));
  return {};
}

}  // namespace drydock::harness
