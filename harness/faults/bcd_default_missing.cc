// The boot manager's default entry names an object that is gone.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "harness/images/layout.h"
#include "vhd/base/guid.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class BcdDefaultMissing final : public Fault {
 public:
  std::string_view id() const override { return "bcd.default-missing"; }
  std::string_view summary() const override {
    return "the boot manager's default names an object that is gone";
  }

  Result<std::string> inflict(Patient& patient, const Parameters&,
                              std::uint64_t seed) const override {
    // As after a feature update that took the entry with it.
    std::string absent = to_string(images::seeded_guid(seed, "absent"));
    TRY(patient.edit_boot_store(R"(
[Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements\23000003]
Element = sz "${absent}"
)",
                                {{"absent", absent}}));
    return fmt::format("{{bootmgr}} default is now {}, which is no object", absent);
  }
};

}  // namespace

const Fault& bcd_default_missing() {
  static const BcdDefaultMissing fault;
  return fault;
}

}  // namespace drydock::faults
