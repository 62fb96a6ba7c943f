// A volume that NTFS found something wrong with: marked, so that Windows runs
// chkdsk at its next start.

#include <array>

#include "harness/faults/faults.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

// Written out here once more, and for what mkntfs makes only: records of 1 KiB,
// of which the fourth is $Volume's.
constexpr std::uint64_t kRecordSize = 1024;
constexpr std::uint64_t kVolumeRecord = 3;
constexpr std::uint32_t kVolumeInformation = 0x70;  // an attribute's type
constexpr std::uint32_t kAttributesEnd = 0xffffffff;
constexpr std::size_t kFlagsOffset = 10;  // of the attribute's content

// Where the flags are in a record.
Result<std::size_t> find_flags(Bytes record) {
  auto first = load<le16>(record, 0x14);
  for (std::size_t at = first ? std::size_t{*first} : record.size();
       at + 0x18 < record.size();) {
    std::uint32_t type = *load<le32>(record, at);
    std::uint32_t length = *load<le32>(record, at + 4);
    if (type == kVolumeInformation) {
      std::size_t content = *load<le16>(record, at + 0x14);
      return at + content + kFlagsOffset;
    }
    if (type == kAttributesEnd || length == 0) break;
    at += length;
  }
  return Error(Errc::not_found, "$Volume has no $VOLUME_INFORMATION");
}

class VolumeDirty final : public Fault {
 public:
  std::string_view id() const override { return "volume.dirty"; }
  std::string_view summary() const override {
    return "the Windows volume is marked for chkdsk";
  }

  Result<std::string> inflict(Patient& patient, const Parameters&,
                              std::uint64_t) const override {
    DevicePtr volume = TRY(patient.windows_volume());
    std::array<std::byte, 512> boot{};
    TRY(volume->read(0, boot));
    std::uint64_t cluster_size =
        std::uint64_t{*load<le16>(boot, 0x0b)} * std::to_integer<unsigned>(boot[0x0d]);
    for (std::size_t table : {0x30, 0x38}) {  // $MFT and $MFTMirr
      std::uint64_t at =
          *load<le64>(boot, table) * cluster_size + kVolumeRecord * kRecordSize;
      ByteVector record(kRecordSize);
      TRY(volume->read(at, record));
      std::size_t flags = TRY(find_flags(record));
      std::uint16_t now = *load<le16>(record, flags);
      TRY(volume->write(at + flags,
                        bytes_of(le16{static_cast<std::uint16_t>(now | 1)})));
    }
    return std::string("the Windows volume is marked for chkdsk");
  }
};

}  // namespace

const Fault& volume_dirty() {
  static const VolumeDirty fault;
  return fault;
}

}  // namespace drydock::faults
