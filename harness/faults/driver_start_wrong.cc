// Somebody set a driver to start on demand that Windows needs to reach its disk.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class DriverStartWrong final : public Fault {
 public:
  std::string_view id() const override { return "driver.start-wrong"; }
  std::string_view summary() const override {
    return "a driver of the boot disk doesn't start at boot";
  }
  std::vector<Parameter> parameters() const override {
    return {{"driver", "the service", "partmgr"},
            {"start", "its Start", "3"},
            {"override", "what StartOverride says instead; nothing if empty", ""}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& driver = parameters.at("driver");
    const std::string& start = parameters.at("start");
    const std::string& instead = parameters.at("override");
    std::uint32_t current = TRY(patient.hive_dword("SYSTEM", "Select", "Current"));
    std::string set = fmt::format("ControlSet{:03}", current);
    std::string text =
        fmt::format("[{}\\Services\\{}]\nStart = dword {}\n", set, driver, start);
    if (!instead.empty()) {
      text += fmt::format("[{}\\Services\\{}\\StartOverride]\n\"0\" = dword {}\n", set,
                          driver, instead);
    }
    TRY(patient.edit_hive("SYSTEM", text, {}));
    return fmt::format("{} has Start {}{} in {}", driver, start,
                       instead.empty() ? "" : ", StartOverride " + instead, set);
  }
};

}  // namespace

const Fault& driver_start_wrong() {
  static const DriverStartWrong fault;
  return fault;
}

}  // namespace drydock::faults
