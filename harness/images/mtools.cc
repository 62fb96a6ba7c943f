#include "harness/images/mtools.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/images/layout.h"
#include "harness/program.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

std::string mtools_path(std::string_view path) {
  std::string out = "::" + std::string(path);
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

}  // namespace

Mtools::Mtools(const std::filesystem::path& raw, std::uint64_t offset)
    : image_(fmt::format("{}@@{}", raw.string(), offset)) {}

Done Mtools::run(std::vector<std::string> argv) const {
  argv.insert(argv.begin() + 1, {"-i", image_});
  // The time that mtools stamps, and the zone that it writes it in; no check
  // of the disk's geometry, which an EFI system partition has none of.
  harness::ProgramOptions options;
  options.environment = {fmt::format("SOURCE_DATE_EPOCH={}", kBuildTimeUnix), "TZ=UTC",
                         "MTOOLS_SKIP_CHECK=1", "LC_ALL=C.UTF-8"};
  TRY(harness::run_program(argv, options));
  return {};
}

Done Mtools::make_folder(std::string_view path) const {
  return run({"mmd", mtools_path(path)});
}

Done Mtools::put(const std::filesystem::path& host_file, std::string_view path) const {
  return run({"mcopy", "-o", host_file.string(), mtools_path(path)});
}

Done Mtools::remove(std::string_view path) const {
  return run({"mdel", mtools_path(path)});
}

Done Mtools::get(std::string_view path, const std::filesystem::path& host_file) const {
  return run({"mcopy", "-n", mtools_path(path), host_file.string()});
}

}  // namespace drydock::images
