// A backup program was removed by deleting its service, and its name stayed among the
// filters of a device class.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class DriverFilterDangling final : public Fault {
 public:
  std::string_view id() const override { return "driver.filter-dangling"; }
  std::string_view summary() const override {
    return "a class of devices has a filter whose service isn't there";
  }
  std::vector<Parameter> parameters() const override {
    return {{"class", "the class of devices; disks' if nothing is said",
             "{4d36e967-e325-11ce-bfc1-08002be10318}"},
            {"list", "UpperFilters or LowerFilters", "UpperFilters"},
            {"filter", "the service that isn't there", "ctsbackup"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    std::uint32_t current = TRY(patient.hive_dword("SYSTEM", "Select", "Current"));
    std::string set = fmt::format("ControlSet{:03}", current);
    TRY(patient.edit_hive("SYSTEM", R"(
[${set}\Control\Class\${class}]
${list} += multi "${filter}"
)",
                          {{"set", set},
                           {"class", parameters.at("class")},
                           {"list", parameters.at("list")},
                           {"filter", parameters.at("filter")}}));
    return fmt::format("{} of class {} in {} names {}, which isn't there",
                       parameters.at("list"), parameters.at("class"), set,
                       parameters.at("filter"));
  }
};

}  // namespace

const Fault& driver_filter_dangling() {
  static const DriverFilterDangling fault;
  return fault;
}

}  // namespace drydock::faults
