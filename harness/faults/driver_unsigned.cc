// Something wrote over a driver: a program that patches it, a bad block, a copy that
// was cut short, an installer with a file for another machine.  WinSxS still has the
// driver as it was where the file was replaced, and not written in place.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/faults/component_copy.h"
#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

constexpr std::uint64_t kDriverSizeMax = 64 << 20;
// A byte of the first section, which every stand-in has.
constexpr std::size_t kPatchOffset = 0x400;
// [PE] e_lfanew, and Machine behind "PE\0\0".
constexpr std::size_t kHeaderOffsetOffset = 0x3c;
constexpr std::byte kArm64[2] = {std::byte{0x64}, std::byte{0xaa}};

Result<ByteVector> wounded(ByteVector driver, std::string_view wound) {
  if (wound == "empty") return ByteVector();
  if (driver.size() <= kPatchOffset + 1) {
    return Error(Errc::corrupt, "the driver is too small to be one");
  }
  if (wound == "patched") {
    driver[kPatchOffset] ^= std::byte{1};
  } else if (wound == "truncated") {
    driver.resize(driver.size() / 2);
  } else if (wound == "wrong-arch") {
    auto header = std::to_integer<std::size_t>(driver[kHeaderOffsetOffset]);
    std::copy(std::begin(kArm64), std::end(kArm64),
              driver.begin() + static_cast<std::ptrdiff_t>(header + 4));
  } else {
    return Error(Errc::bad_argument, fmt::format("no driver is ever {}", wound));
  }
  return driver;
}

class DriverUnsigned final : public Fault {
 public:
  std::string_view id() const override { return "driver.unsigned"; }
  std::string_view summary() const override {
    return "a driver was replaced by bytes that nobody signed";
  }
  std::vector<Parameter> parameters() const override {
    return {{"driver", "its file in System32\\drivers", "disk.sys"},
            {"wound", "patched (one byte), truncated, empty or wrong-arch", "patched"},
            {"in_place", "whether its other names show the wound too: yes or no", "no"},
            {"kept", "whether WinSxS has it still: yes or no", "yes"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& name = parameters.at("driver");
    std::string path = "\\Windows\\System32\\drivers\\" + name;
    FileSystemPtr windows = TRY(patient.open_windows());
    ByteVector driver = TRY(read_file(TRY(windows->find(path)), kDriverSizeMax));
    if (parameters.at("kept") == "yes") {
      TRY(keep_component_copy(*windows, path));
    } else {
      TRY(drop_twins(*windows, path));
    }
    ByteVector bytes = TRY(wounded(std::move(driver), parameters.at("wound")));
    if (parameters.at("in_place") != "yes") TRY(windows->remove(path));
    TRY(windows->put(path, bytes));
    TRY(windows->flush());
    return fmt::format("{} is {}", name, parameters.at("wound"));
  }
};

}  // namespace

const Fault& driver_unsigned() {
  static const DriverUnsigned fault;
  return fault;
}

}  // namespace drydock::faults
