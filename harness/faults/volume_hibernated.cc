// A Windows that was hibernated when its disk was copied: its memory is in
// hiberfil.sys, and knows of the volume what the volume may not.

#include <algorithm>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

constexpr std::string_view kMark = "HIBR";
constexpr std::size_t kSize = 64 << 10;

class VolumeHibernated final : public Fault {
 public:
  std::string_view id() const override { return "volume.hibernated"; }
  std::string_view summary() const override {
    return "Windows was hibernated, and will be resumed";
  }

  Result<std::string> inflict(Patient& patient, const Parameters&,
                              std::uint64_t) const override {
    ByteVector memory(kSize, std::byte{0x5a});
    std::ranges::copy(bytes_of(kMark), memory.begin());
    TRY(patient.put("\\hiberfil.sys", memory));
    return std::string("hiberfil.sys holds a Windows to be resumed");
  }
};

}  // namespace

const Fault& volume_hibernated() {
  static const VolumeHibernated fault;
  return fault;
}

}  // namespace drydock::faults
