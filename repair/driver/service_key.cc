#include "repair/driver/service_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// Services that load into the kernel: [MS-SCMR] 3.1.4.12, dwServiceType.
constexpr std::uint64_t kKernelDriver = 1;
constexpr std::uint64_t kFileSystemDriver = 2;
constexpr std::uint64_t kRecognizerDriver = 8;

constexpr auto kDisabled = static_cast<std::uint64_t>(Start::disabled);

}  // namespace

std::string_view start_words(std::optional<std::uint64_t> start) {
  constexpr std::array<std::string_view, 5> kWords = {
      "at boot", "at system start", "automatically", "on demand", "never"};
  if (!start || *start >= kWords.size()) return "in a way that Start doesn't tell";
  return kWords[*start];
}

std::optional<Start> parse_start(std::string_view word) {
  for (Start start :
       {Start::boot, Start::system, Start::automatic, Start::demand, Start::disabled}) {
    if (start_word(static_cast<std::uint32_t>(start)) == word) return start;
  }
  return std::nullopt;
}

bool ServiceKey::may_be_driver() const {
  return !type || *type == kKernelDriver || *type == kFileSystemDriver ||
         *type == kRecognizerDriver;
}

bool ServiceKey::may_start() const {
  return start != kDisabled ||
         std::any_of(overrides.begin(), overrides.end(),
                     [](const auto& one) { return one.second != kDisabled; });
}

ServiceKey read_service_key(const hive::Hive& system, hive::Key at, std::string key) {
  ServiceKey service;
  service.key = std::move(key);
  service.start = number_of(system, at, "Start");
  service.type = number_of(system, at, "Type");
  service.error_control = number_of(system, at, "ErrorControl");
  service.image_path = text_of(system, at, "ImagePath").value_or("");
  service.group = text_of(system, at, "Group").value_or("");
  auto override_key = system.find(at, "StartOverride");
  if (!override_key) return service;
  auto values = system.values(*override_key);
  if (!values) return service;
  for (const hive::Value& value : *values) {
    if (auto number = value.number()) {
      service.overrides.emplace_back(value.name, *number);
    }
  }
  return service;
}

std::string image_name(const ServiceKey& service, std::string_view name) {
  if (service.image_path.empty()) return fmt::format("{}.sys", name);
  return service.image_path.substr(service.image_path.find_last_of("\\/") + 1);
}

std::optional<std::string> text_of(const hive::Hive& hive, hive::Key key,
                                   std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->text() : std::nullopt;
}

std::optional<std::uint64_t> number_of(const hive::Hive& hive, hive::Key key,
                                       std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->number() : std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const hive::Hive& hive, hive::Key key,
                                                 std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->texts() : std::nullopt;
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) {
    return equal_ignoring_case(one, name);
  });
}

}  // namespace drydock::driver
