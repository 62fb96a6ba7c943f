// An INF file: whatever is read keeps to its bounds, and what it installs stays in the
// folders that it may write to.

#include <cstdlib>

#include "repair/driver/install.h"

namespace drydock::driver {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void try_install(const Install& install) {
  for (const PackageFile& file : install.files) {
    require(is_below(file.source) && is_below(file.target.path));
  }
  for (const Service& service : install.services) {
    require(is_below(service.name));
    require(is_below(service.binary.path));
  }
}

void try_target(const Inf& inf, const Target& target) {
  auto package = read_package(inf, target);
  if (!package) return;
  for (const Device& device : package->devices) {
    require(device.install_index < package->installs.size());
    require(!device.hardware_id.empty() || !device.compatible_ids.empty());
  }
  for (const Install& install : package->installs) try_install(install);
}

}  // namespace
}  // namespace drydock::driver

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::driver;
  auto inf = Inf::read(std::as_bytes(std::span(data, size)));
  if (!inf) return 0;
  for (const InfSection& section : inf->sections()) {
    require(inf->find(section.name) == &section);
    for (const InfLine& line : section.lines) {
      auto field = inf->field(line, 0);
      require(!field || field->size() <= kInfFieldLengthMax);
    }
  }
  try_target(*inf, {.build = 20348, .product_type = 3});
  try_target(*inf, {.architecture = Architecture::x86, .major = 6, .minor = 1});
  return 0;
}
