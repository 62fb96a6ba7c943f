// The first sector of the Windows volume was written over, or its copy in the last.

#include <fmt/format.h>

#include <random>

#include "harness/faults/faults.h"
#include "harness/images/raw_ntfs.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

using namespace images::raw_ntfs;

class NtfsBootSector final : public Fault {
 public:
  std::string_view id() const override { return "ntfs.boot-sector"; }
  std::string_view summary() const override {
    return "the boot sector of the Windows volume is written over, or its copy is";
  }
  std::vector<Parameter> parameters() const override {
    return {
        {.name = "sector", .meaning = "which one: first, or last", .usual = "first"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t seed) const override {
    const std::string& which = parameters.at("sector");
    if (which != "first" && which != "last") {
      return Error(Errc::bad_argument, fmt::format("there is no {} sector", which));
    }
    DevicePtr volume = TRY(patient.windows_volume());
    TRY(read_geometry(*volume));
    std::mt19937_64 random(seed);
    ByteVector garbage(kSector);
    for (std::byte& byte : garbage) byte = static_cast<std::byte>(random());
    TRY(volume->write(which == "first" ? 0 : volume->size() - kSector, garbage));
    return fmt::format("the {} sector of the Windows volume is written over", which);
  }
};

}  // namespace

const Fault& ntfs_boot_sector() {
  static const NtfsBootSector fault;
  return fault;
}

}  // namespace drydock::faults
