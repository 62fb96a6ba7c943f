// A third party's driver that would crash every start: a boot-start service,
// its file, and its name among the filters of the volume class, so that
// disabling the service alone wouldn't do.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "harness/images/authority.h"
#include "harness/images/indirect_data.h"
#include "harness/images/pe.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class DriverDisable final : public Fault {
 public:
  std::string_view id() const override { return "driver.disable"; }
  std::string_view summary() const override {
    return "a third party's filter driver starts at boot, and would crash there";
  }
  std::vector<Parameter> parameters() const override {
    return {{"driver", "the service, and its file without .sys", "cstguard"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& driver = parameters.at("driver");
    std::uint32_t current = TRY(patient.hive_dword("SYSTEM", "Select", "Current"));
    std::string set = fmt::format("ControlSet{:03}", current);
    ByteVector program = images::make_pe({.name = driver + ".sys",
                                          .description = "Contoso Guard volume filter",
                                          .company = "Contoso Ltd.",
                                          .product = "Contoso Guard",
                                          .version = {7, 11, 0, 291}});
    // What crashes was tested and signed, as a rule.
    auto authority = TRY(images::Authority::create());
    program = TRY(
        images::sign_program(std::move(program), authority, images::Signer::hardware));
    TRY(patient.put(fmt::format("\\Windows\\System32\\drivers\\{}.sys", driver),
                    program));
    TRY(patient.edit_hive("SYSTEM", R"(
[${set}\Services\${driver}]
DisplayName = sz "Contoso Guard"
ErrorControl = dword 1
Group = sz "Filter"
ImagePath = expand "System32\drivers\${driver}.sys"
Start = dword 0
Type = dword 1
[${set}\Control\Class\{71a27cdd-812a-11d0-bec7-08002be2092f}]
UpperFilters += multi "${driver}"
)",
                          {{"set", set}, {"driver", driver}}));
    return fmt::format("{} starts at boot in {}, and filters every volume", driver,
                       set);
  }
};

}  // namespace

const Fault& driver_disable() {
  static const DriverDisable fault;
  return fault;
}

}  // namespace drydock::faults
