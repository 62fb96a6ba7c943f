// A Windows that was hibernated when its disk was copied: its memory is in
// hiberfil.sys, and knows of the volume what the volume may not.

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/faults.h"
#include "harness/images/unfinished_log.h"
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

  std::vector<Parameter> parameters() const override {
    return {{"by", "hiberfil.sys, or fast-start", "hiberfil.sys"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& by = parameters.at("by");
    if (by == "fast-start") {
      TRY(images::lay_fast_start_log(*TRY(patient.windows_volume())));
      return std::string("the volume's log was closed for a fast start");
    }
    if (by != "hiberfil.sys") {
      return Error(Errc::bad_argument, fmt::format("nothing hibernates by {}", by));
    }
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
