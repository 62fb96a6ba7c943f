// The registry lines of an INF file as edits of a plan ("INF AddReg Directive").

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/install.h"
#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::driver {

// Writes the lines of one package for one Windows.
class RegistryWriter {
 public:
  // All are borrowed for its life.  `store` is the package's folder as Windows calls
  // it: "C:\Windows\System32\DriverStore\FileRepository\...".
  RegistryWriter(const repair::Installation& windows, const hive::Hive& system,
                 std::string store, repair::Plan& plan);

  // `hkr` is what HKR is to these lines, below the root of SYSTEM.  Lines of other
  // hives are noted and left out.  corrupt for a line that can't be believed.
  Done write(const std::vector<RegistryLine>& lines, const std::string& hkr,
             const std::string& why);

  // With every %12% in it as the path that it stands for.  unsupported for a directory
  // that has none here.
  Result<std::string> with_folders(std::string_view text) const;

 private:
  Result<std::vector<std::string>> keys_of(const RegistryLine& line,
                                           const std::string& hkr);
  Done write_line(const RegistryLine& line, const std::string& key,
                  const std::string& why);
  Result<hive::Value> value_of(const RegistryLine& line) const;
  void add(repair::Action action, const std::string& why);

  const repair::Installation& windows_;
  const hive::Hive& system_;
  std::string store_;
  repair::Plan& plan_;
};

}  // namespace drydock::driver
