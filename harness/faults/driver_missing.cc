// A driver's file is gone: deleted by a program that cleans up, or by a person who
// meant another one.  What Windows keeps in WinSxS is there still, since it is another
// name, or another file.

#include <fmt/format.h>

#include "harness/faults/component_copy.h"
#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

class DriverMissing final : public Fault {
 public:
  std::string_view id() const override { return "driver.missing"; }
  std::string_view summary() const override { return "a driver's file is gone"; }
  std::vector<Parameter> parameters() const override {
    return {{"driver", "its file in System32\\drivers", "disk.sys"},
            {"kept", "whether WinSxS has a copy: yes or no", "yes"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& name = parameters.at("driver");
    std::string path = "\\Windows\\System32\\drivers\\" + name;
    FileSystemPtr windows = TRY(patient.open_windows());
    if (parameters.at("kept") == "yes") {
      TRY(keep_component_copy(*windows, path));
    } else {
      TRY(drop_twins(*windows, path));
    }
    TRY(windows->remove(path));
    TRY(windows->flush());
    return fmt::format("{} is gone", name);
  }
};

}  // namespace

const Fault& driver_missing() {
  static const DriverMissing fault;
  return fault;
}

}  // namespace drydock::faults
