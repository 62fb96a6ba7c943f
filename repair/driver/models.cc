#include "repair/driver/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// By Architecture's numbers.
constexpr std::array<std::string_view, 5> kArchitectures = {"x86", "amd64", "arm",
                                                            "arm64", "ia64"};

// What stands before the next dot, which goes with it.
std::string_view take_part(std::string_view& text) {
  std::string_view part = text.substr(0, text.find('.'));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

// A line of [Manufacturer] and the section of models that it comes to.
struct Models {
  std::string manufacturer;
  std::string manufacturer_field;
  const InfSection* section = nullptr;
};

// The closest of a line's decorations, as it stands there.  "" is no decoration, which
// serves x86 where no other does; nothing where none fits.
Result<std::optional<std::string>> choose_decoration(const Inf& inf,
                                                     const InfLine& line,
                                                     const Target& target) {
  std::optional<std::string> chosen;
  Decoration best;
  if (target.architecture == Architecture::x86) chosen = "";
  for (const std::string& text : TRY(inf.fields_from(line, 1))) {
    auto decoration = parse_decoration(text);
    // A decoration of a Windows to come is none for those of today.
    if (!decoration || !fits(*decoration, target)) continue;
    bool none_yet = !chosen || chosen->empty();
    if (!none_yet && !is_closer(*decoration, best)) continue;
    chosen = text;
    best = *decoration;
  }
  return chosen;
}

Result<std::optional<Models>> models_of(const Inf& inf, const InfLine& line,
                                        const Target& target) {
  Models models;
  std::string section = TRY(inf.field(line, 0));
  models.manufacturer = line.key ? TRY(inf.key(line)) : section;
  models.manufacturer_field = line.key ? *line.key : line.fields.front();
  auto decoration = TRY(choose_decoration(inf, line, target));
  if (!decoration) return std::optional<Models>();
  std::string name = decoration->empty() ? section : section + "." + *decoration;
  models.section = inf.find(name);
  if (models.section == nullptr) {
    // Where no decoration fitted, an undecorated section needn't be there.
    if (decoration->empty() && line.fields.size() > 1) return std::optional<Models>();
    return Error(Errc::corrupt, fmt::format("[{}] isn't there, and line {} names it",
                                            name, line.number));
  }
  return std::optional<Models>(std::move(models));
}

Result<Device> read_device(const Inf& inf, const InfLine& line, const Models& models) {
  Device device;
  device.description = TRY(inf.key(line));
  device.description_field = line.key.value_or("");
  device.manufacturer = models.manufacturer;
  device.manufacturer_field = models.manufacturer_field;
  device.install = TRY(inf.field(line, 0));
  device.hardware_id = TRY(inf.field(line, 1));
  device.compatible_ids = TRY(inf.fields_from(line, 2));
  return device;
}

}  // namespace

std::string_view to_string(Architecture architecture) {
  return kArchitectures[static_cast<std::size_t>(architecture)];
}

std::optional<Architecture> parse_architecture(std::string_view text) {
  for (std::size_t i = 0; i < kArchitectures.size(); ++i) {
    if (equal_ignoring_case(text, kArchitectures[i])) {
      return static_cast<Architecture>(i);
    }
  }
  return std::nullopt;
}

std::optional<Decoration> parse_decoration(std::string_view text) {
  Decoration decoration;
  std::string_view rest = text;
  std::string_view platform = take_part(rest);
  if (!equal_ignoring_case(platform.substr(0, 2), "nt")) return std::nullopt;
  platform.remove_prefix(2);
  if (!platform.empty()) {
    decoration.architecture = parse_architecture(platform);
    if (!decoration.architecture) return std::nullopt;
  }
  for (auto* number : {&decoration.major, &decoration.minor, &decoration.product_type,
                       &decoration.suite, &decoration.build}) {
    std::string_view part = take_part(rest);
    if (part.empty()) continue;
    *number = parse_inf_number(part);
    if (!*number) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return decoration;
}

bool fits(const Decoration& decoration, const Target& target) {
  if (decoration.architecture.value_or(Architecture::x86) != target.architecture) {
    return false;
  }
  auto wanted = std::pair(decoration.major.value_or(0), decoration.minor.value_or(0));
  auto present = std::pair(target.major, target.minor);
  if (wanted > present) return false;
  // A build counts within its own version only.
  if (decoration.build && wanted == present && *decoration.build > target.build) {
    return false;
  }
  if (decoration.product_type && *decoration.product_type != target.product_type) {
    return false;
  }
  std::uint32_t suite = decoration.suite.value_or(0);
  return (suite & target.suite) == suite;
}

bool is_closer(const Decoration& a, const Decoration& b) {
  auto rank = [](const Decoration& of) {
    return std::tuple(of.major.value_or(0), of.minor.value_or(0), of.build.value_or(0),
                      of.product_type.has_value(), of.suite.value_or(0) != 0,
                      of.architecture.has_value());
  };
  return rank(a) > rank(b);
}

Result<PackageFacts> read_package_facts(const Inf& inf, Architecture architecture) {
  constexpr std::string_view kSection = "Version";
  PackageFacts facts;
  std::string signature = TRY(inf.value(kSection, "Signature"));
  if (!equal_ignoring_case(signature, "$Windows NT$") &&
      !equal_ignoring_case(signature, "$Chicago$")) {
    return Error(Errc::corrupt,
                 "[Version] has no Signature of $Windows NT$: it isn't a driver's INF");
  }
  facts.class_name = TRY(inf.value(kSection, "Class"));
  std::string guid = TRY(inf.value(kSection, "ClassGuid"));
  auto parsed = parse_guid(guid);
  if (!parsed) {
    return Error(Errc::corrupt, fmt::format("[Version] has a ClassGuid of \"{}\", and "
                                            "no class of devices without it",
                                            guid));
  }
  facts.class_guid = *parsed;
  facts.provider = TRY(inf.value(kSection, "Provider"));
  if (const InfLine* line = inf.find(kSection, "DriverVer")) {
    facts.date = TRY(inf.field(*line, 0));
    facts.version = TRY(inf.field(*line, 1));
  }
  // The closer decoration first ("INF Version Section").
  for (const std::string& key :
       {fmt::format("CatalogFile.nt{}", to_string(architecture)),
        std::string("CatalogFile.nt"), std::string("CatalogFile")}) {
    facts.catalog = TRY(inf.value(kSection, key));
    if (!facts.catalog.empty()) break;
  }
  return facts;
}

Result<std::vector<Device>> read_devices(const Inf& inf, const Target& target) {
  const InfSection* manufacturers = inf.find("Manufacturer");
  if (manufacturers == nullptr) {
    return Error(Errc::corrupt, "there is no [Manufacturer]: it installs no device");
  }
  std::vector<Device> devices;
  std::size_t line_count = 0;
  for (const InfLine& line : manufacturers->lines) {
    auto models = TRY(models_of(inf, line, target));
    if (!models) continue;
    line_count += models->section->lines.size();
    if (line_count > kDeviceCountMax) {
      return Error(Errc::corrupt,
                   fmt::format("it lists more than {} devices", kDeviceCountMax));
    }
    for (const InfLine& model : models->section->lines) {
      Device device = TRY(read_device(inf, model, *models));
      if (device.install.empty()) continue;
      if (device.hardware_id.empty() && device.compatible_ids.empty()) continue;
      devices.push_back(std::move(device));
    }
  }
  if (!devices.empty()) return devices;
  return Error(
      Errc::bad_argument,
      fmt::format("it has no device for Windows {}.{} build {} on {}: it is for "
                  "{}",
                  target.major, target.minor, target.build,
                  to_string(target.architecture), TRY(list_decorations(inf))));
}

Result<std::string> list_decorations(const Inf& inf) {
  constexpr std::size_t kShownMax = 16;  // enough to tell
  std::vector<std::string> all;
  const InfSection* manufacturers = inf.find("Manufacturer");
  if (manufacturers == nullptr) return std::string("no device");
  for (const InfLine& line : manufacturers->lines) {
    std::vector<std::string> decorations = TRY(inf.fields_from(line, 1));
    if (decorations.empty()) decorations.push_back("x86 (undecorated)");
    for (std::string& decoration : decorations) {
      bool is_new = std::find(all.begin(), all.end(), decoration) == all.end();
      if (is_new && all.size() < kShownMax) all.push_back(std::move(decoration));
    }
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace drydock::driver
