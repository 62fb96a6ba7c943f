// One of $MFT's first records is torn, or its copy in $MFTMirr is: a sector of it was
// never written.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/faults/faults.h"
#include "harness/images/raw_ntfs.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

using namespace images::raw_ntfs;

constexpr std::uint64_t kMirrored = 4;

class NtfsMftMirror final : public Fault {
 public:
  std::string_view id() const override { return "ntfs.mft-mirror"; }
  std::string_view summary() const override {
    return "one of $MFT's first records is torn, or its copy is";
  }
  std::vector<Parameter> parameters() const override {
    return {
        {.name = "torn", .meaning = "which one: record, or copy", .usual = "record"},
        {.name = "number", .meaning = "the record's: 0 to 3", .usual = "0"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& torn = parameters.at("torn");
    std::uint64_t number = std::strtoull(parameters.at("number").c_str(), nullptr, 10);
    if ((torn != "record" && torn != "copy") || number >= kMirrored) {
      return Error(Errc::bad_argument,
                   fmt::format("there is no {} {} to tear", torn, number));
    }
    DevicePtr volume = TRY(patient.windows_volume());
    Geometry geometry = TRY(read_geometry(*volume));
    std::uint64_t offset = torn == "record" ? geometry.record_offset(number)
                                            : geometry.copy_offset(number);
    TRY(volume->write(offset + kSector, ByteVector(kSector)));
    return fmt::format("half of the {} of record {} is gone", torn, number);
  }
};

}  // namespace

const Fault& ntfs_mft_mirror() {
  static const NtfsMftMirror fault;
  return fault;
}

}  // namespace drydock::faults
