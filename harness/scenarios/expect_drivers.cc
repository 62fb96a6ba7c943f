// What `drydock drivers verify` says of the mended disk.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/scenarios/examine.h"
#include "harness/scenarios/expectation.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

class ExpectDrivers final : public Expectation {
 public:
  ExpectDrivers() : Expectation("drivers: each is signed") {}

  Result<std::string> check(const Stage& stage) const override {
    std::vector<std::string> names = TRY(unsigned_drivers(stage.image));
    if (names.empty()) return std::string();
    return Error(Errc::corrupt,
                 fmt::format("nobody signed {}", fmt::join(names, ", ")));
  }
};

}  // namespace

Result<ExpectationPtr> expect_drivers(std::string_view sentence) {
  if (sentence == "each is signed") return std::make_shared<const ExpectDrivers>();
  return Error(Errc::bad_argument,
               fmt::format("'{}' isn't known; 'each is signed' is", sentence));
}

}  // namespace drydock::scenarios
