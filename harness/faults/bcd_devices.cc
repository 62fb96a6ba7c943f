// The boot store names partitions of another disk: as on a copy that was signed anew,
// or whose table was made anew.

#include <fmt/format.h>

#include <array>

#include "harness/faults/faults.h"
#include "harness/images/layout.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

// What each partition in a boot store begins with: type 6, flags 0, 48h bytes, 0.  Then
// 16 bytes of the partition, its kind and scheme, 16 bytes of the disk.
constexpr std::array<std::uint32_t, 4> kPartitionHead = {6, 0, 0x48, 0};
constexpr std::size_t kPartitionAt = 0x10;
constexpr std::size_t kSchemeAt = 0x24;
constexpr std::size_t kDiskAt = 0x28;
constexpr std::size_t kDescriptorSize = 0x48;

// Where partitions began before they were aligned to a MiB: sector 63.
constexpr std::uint64_t kOldStart = 63 * 512;

bool is_partition(Bytes bytes, std::size_t at) {
  for (std::size_t i = 0; i < kPartitionHead.size(); ++i) {
    if (*load<le32>(bytes, at + 4 * i) != kPartitionHead[i]) return false;
  }
  return true;
}

void mix(MutableBytes bytes, std::size_t at, const Guid& with) {
  for (std::size_t i = 0; i < with.bytes.size(); ++i) bytes[at + i] ^= with.bytes[i];
}

class BcdDevices final : public Fault {
 public:
  std::string_view id() const override { return "bcd.devices"; }
  std::string_view summary() const override {
    return "the boot store names partitions of another disk";
  }
  std::vector<Parameter> parameters() const override {
    return {{"ids", "which are wrong: all, or the disk's alone", "all"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t seed) const override {
    const std::string& ids = parameters.at("ids");
    if (ids != "all" && ids != "disk") {
      return Error(Errc::bad_argument, fmt::format("ids={} isn't all or disk", ids));
    }
    Guid other = images::seeded_guid(seed, "another disk");
    ByteVector store = TRY(patient.read_boot_store());
    std::size_t count = 0;
    for (std::size_t at = 0; at + kDescriptorSize <= store.size(); at += 4) {
      if (!is_partition(store, at)) continue;
      ++count;
      if (*load<le32>(store, at + kSchemeAt) == 0U) {
        if (ids == "all") mix(store, at + kPartitionAt, other);
        mix(store, at + kDiskAt, other);
        continue;
      }
      std::uint64_t offset = *load<le64>(store, at + kPartitionAt);
      if (ids == "all") offset = offset - images::kMiB + kOldStart;
      static_cast<void>(drydock::store(store, at + kPartitionAt, le64(offset)));
      std::uint32_t signature = *load<le32>(store, at + kDiskAt);
      signature ^= *load<le32>(other.bytes);
      static_cast<void>(drydock::store(store, at + kDiskAt, le32(signature)));
    }
    if (count == 0) return Error(Errc::not_found, "the store names no partition");
    TRY(patient.put_boot_store("", store));
    return fmt::format("{} devices of the boot store name partitions of another disk",
                       count);
  }
};

}  // namespace

const Fault& bcd_devices() {
  static const BcdDevices fault;
  return fault;
}

}  // namespace drydock::faults
