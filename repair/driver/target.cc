#include "repair/driver/target.h"

#include <fmt/format.h>

#include <charconv>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// The first build of each version that has a driver store ("INF Manufacturer Section"
// has the versions).
struct Version {
  std::uint32_t build;
  std::uint32_t major;
  std::uint32_t minor;
};
constexpr Version kVersions[] = {
    {10'000, 10, 0}, {9'400, 6, 3}, {9'000, 6, 2}, {7'600, 6, 1}, {6'000, 6, 0}};

// ProductOptions, and the VER_NT_* and VER_SUITE_* that stand for its words.
struct Word {
  std::string_view text;
  std::uint32_t number;
};
constexpr Word kProducts[] = {{"WinNT", 1}, {"LanmanNT", 2}, {"ServerNT", 3}};
constexpr Word kSuites[] = {{"Small Business", 0x1}, {"Enterprise", 0x2},
                            {"BackOffice", 0x4},     {"Terminal Server", 0x10},
                            {"EmbeddedNT", 0x40},    {"DataCenter", 0x80},
                            {"Personal", 0x200}};

template <std::size_t N>
std::uint32_t number_of(const Word (&words)[N], std::string_view text) {
  for (const Word& word : words) {
    if (equal_ignoring_case(word.text, text)) return word.number;
  }
  return 0;
}

// What no decoration of today asks for, so that its lack is no error.
void read_product(const hive::Hive& system, const std::string& set, Target& target) {
  auto key = system.find(set + "\\Control\\ProductOptions");
  if (!key) return;
  if (auto type = system.value(*key, "ProductType")) {
    target.product_type = number_of(kProducts, type->text().value_or(""));
  }
  auto suites = system.value(*key, "ProductSuite");
  if (!suites) return;
  for (const std::string& suite :
       suites->texts().value_or(std::vector<std::string>{})) {
    target.suite |= number_of(kSuites, suite);
  }
}

}  // namespace

Result<Target> target_of(const repair::Installation& windows) {
  const repair::InstallationFacts& facts = windows.facts();
  Target target;
  std::string build = facts.build.value_or("");
  std::from_chars(build.data(), build.data() + build.size(), target.build);
  bool known = false;
  for (const Version& version : kVersions) {
    if (target.build < version.build) continue;
    target.major = version.major;
    target.minor = version.minor;
    known = true;
    break;
  }
  if (!known) {
    return Error(Errc::unsupported,
                 build.empty() ? "which build of Windows this is isn't known"
                               : fmt::format("Windows' build {} has no driver store, "
                                             "or isn't known",
                                             build))
        .in(windows.show());
  }
  auto architecture = parse_architecture(facts.architecture.value_or(""));
  if (!architecture) {
    return Error(Errc::unsupported,
                 fmt::format("Windows' architecture \"{}\" isn't known",
                             facts.architecture.value_or("")))
        .in(windows.show());
  }
  target.architecture = *architecture;
  const hive::Hive* system = TRY(windows.system());
  repair::ControlSets sets = TRY(repair::read_control_sets(*system));
  read_product(*system, repair::control_set_name(sets.current), target);
  return target;
}

std::string words_of(const Target& target) {
  return fmt::format("Windows {}.{} build {} on {}", target.major, target.minor,
                     target.build, to_string(target.architecture));
}

}  // namespace drydock::driver
