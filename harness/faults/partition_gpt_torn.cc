// A GPT of which one copy was torn: the header is there, half of its sector and its
// entries are not what they were.
//
// The disk is changed by numbers from UEFI 2.10, 5.3, alone, and shares nothing with
// the code that reads it.

#include <fmt/format.h>

#include <random>

#include "harness/faults/faults.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

constexpr std::uint64_t kSectorSize = 512;  // of the disks that harness/images makes
constexpr std::size_t kMyLba = 24;          // of a header
constexpr std::size_t kEntriesLba = 72;

class PartitionGptTorn final : public Fault {
 public:
  std::string_view id() const override { return "partition.gpt-torn"; }
  std::string_view summary() const override {
    return "one of the two copies of the partition table is torn";
  }
  std::vector<Parameter> parameters() const override {
    return {{.name = "copy",
             .meaning = "which one: primary or backup",
             .usual = "primary"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t seed) const override {
    const std::string& copy = parameters.at("copy");
    if (copy != "primary" && copy != "backup") {
      return Error(Errc::bad_argument, fmt::format("there is no {} copy", copy));
    }
    DevicePtr disk = TRY(patient.disk());
    std::uint64_t lba = copy == "primary" ? 1 : disk->size() / kSectorSize - 1;
    ByteVector header =
        TRY(read_bytes(*disk, lba * kSectorSize, kSectorSize, kSectorSize));
    if (*load<le64>(header, kMyLba) != lba) {
      return Error(Errc::not_found, fmt::format("no GPT header in sector {}", lba));
    }
    std::mt19937_64 random(seed);
    ByteVector torn(kSectorSize);
    for (std::byte& byte : torn) byte = static_cast<std::byte>(random());
    std::uint64_t entries = *load<le64>(header, kEntriesLba);
    TRY(disk->write(entries * kSectorSize, torn));
    // What was written is the header's first half.
    TRY(disk->write(lba * kSectorSize + 48, Bytes(torn).first(44)));
    return fmt::format("the {} copy of the partition table is torn", copy);
  }
};

}  // namespace

const Fault& partition_gpt_torn() {
  static const PartitionGptTorn fault;
  return fault;
}

}  // namespace drydock::faults
