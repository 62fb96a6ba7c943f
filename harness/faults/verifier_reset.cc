// Somebody asked Driver Verifier about some drivers, and never turned it off.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class VerifierReset final : public Fault {
 public:
  std::string_view id() const override { return "verifier.reset"; }
  std::string_view summary() const override {
    return "Driver Verifier was left on, and checks drivers at every start";
  }
  std::vector<Parameter> parameters() const override {
    return {{"drivers", "their names with blanks between, or *",
             "storahci.sys ctsvideo.sys"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& drivers = parameters.at("drivers");
    std::uint32_t current = TRY(patient.hive_dword("SYSTEM", "Select", "Current"));
    std::string set = fmt::format("ControlSet{:03}", current);
    // What `verifier /standard` sets, and low resources simulation.
    TRY(patient.edit_hive("SYSTEM", R"(
[${set}\Control\Session Manager\Memory Management]
VerifyDrivers = sz "${drivers}"
VerifyDriverLevel = dword 0x209bf
VerifierOptions = dword 1
)",
                          {{"set", set}, {"drivers", drivers}}));
    return fmt::format("Driver Verifier checks {} in {}", drivers, set);
  }
};

}  // namespace

const Fault& verifier_reset() {
  static const VerifierReset fault;
  return fault;
}

}  // namespace drydock::faults
