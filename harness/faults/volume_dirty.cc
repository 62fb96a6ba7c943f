// A volume that NTFS found something wrong with: marked, so that Windows runs
// chkdsk at its next start.

#include "harness/faults/faults.h"
#include "harness/images/raw_ntfs.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

using namespace images::raw_ntfs;

constexpr std::uint64_t kVolumeRecord = 3;
constexpr std::uint32_t kVolumeInformation = 0x70;  // an attribute's type
constexpr std::size_t kFlagsOffset = 10;            // of the attribute's content

class VolumeDirty final : public Fault {
 public:
  std::string_view id() const override { return "volume.dirty"; }
  std::string_view summary() const override {
    return "the Windows volume is marked for chkdsk";
  }

  Result<std::string> inflict(Patient& patient, const Parameters&,
                              std::uint64_t) const override {
    DevicePtr volume = TRY(patient.windows_volume());
    Geometry geometry = TRY(read_geometry(*volume));
    ByteVector record = TRY(read_record(*volume, geometry, kVolumeRecord));
    auto attribute = find_attribute(record, kVolumeInformation);
    if (!attribute) return not_as_made("$Volume");
    std::size_t flags = *attribute + get(record, *attribute + 0x14, 2) + kFlagsOffset;
    put(record, flags, 2, get(record, flags, 2) | 1);
    guard(record, get(record, 4, 2));
    TRY(volume->write(geometry.record_offset(kVolumeRecord), record));
    TRY(volume->write(geometry.copy_offset(kVolumeRecord), record));
    return std::string("the Windows volume is marked for chkdsk");
  }
};

}  // namespace

const Fault& volume_dirty() {
  static const VolumeDirty fault;
  return fault;
}

}  // namespace drydock::faults
