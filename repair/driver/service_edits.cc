#include "repair/driver/service_edits.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/control_sets.h"
#include "repair/driver/add.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

using hive::Value;

constexpr std::uint32_t kBootStart = 0;
constexpr std::uint32_t kSystemStart = 1;
constexpr std::uint32_t kProcess = 0x30;  // SERVICE_WIN32_OWN_PROCESS, _SHARE_PROCESS

std::string_view name_in(std::string_view path) {
  return path.substr(path.find_last_of('\\') + 1);
}

std::optional<Value> value_at(const hive::Hive& system, const std::string& key,
                              std::string_view name) {
  auto found = system.find(key);
  if (!found) return std::nullopt;
  auto value = system.value(*found, name);
  if (!value) return std::nullopt;
  return std::move(*value);
}

// The place in the order of its group: a new one is the last.  Nothing where none is
// needed, or where it has one.
Result<std::optional<std::uint32_t>> free_tag(const hive::Hive& system,
                                              const std::string& services,
                                              const Service& service) {
  bool ordered = service.start <= kSystemStart && !service.group.empty();
  if (!ordered || value_at(system, services + "\\" + service.name, "Tag")) {
    return std::optional<std::uint32_t>();
  }
  std::uint32_t last = 0;
  hive::Key top = TRY(system.find(services));
  for (hive::Key key : TRY(system.subkeys(top))) {
    auto group = system.value(key, "Group");
    auto tag = system.value(key, "Tag");
    if (!group || !tag) continue;
    if (!equal_ignoring_case(group->text().value_or(""), service.group)) continue;
    constexpr std::uint64_t kTagMax = 0xffff;  // the kernel's lists are short
    std::uint64_t number = tag->number().value_or(0);
    if (number < kTagMax) last = std::max(last, static_cast<std::uint32_t>(number));
  }
  return std::optional<std::uint32_t>(last + 1);
}

Done check_free(const hive::Hive& system, const std::string& key,
                const Service& service, repair::Plan& plan) {
  if (!system.find(key) || value_at(system, key, "Owners")) return {};
  auto image = value_at(system, key, "ImagePath");
  std::string path = image ? image->text().value_or("") : "";
  if (!path.empty() &&
      !equal_ignoring_case(name_in(path), name_in(service.binary.path))) {
    return Error(Errc::bad_argument,
                 fmt::format("there is a service {} already, and it starts {}",
                             service.name, path))
        .in(key);
  }
  plan.notes.push_back(fmt::format("{} is there already, and is set anew", key));
  return {};
}

std::vector<Value> values_of(const Service& service, const std::string& image_path) {
  std::vector<Value> values = {Value::dword("Type", service.type),
                               Value::dword("Start", service.start),
                               Value::dword("ErrorControl", service.error_control),
                               Value::expand_sz("ImagePath", image_path)};
  auto add_text = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) values.push_back(Value::sz(name, text));
  };
  add_text("DisplayName", service.display_name);
  add_text("Description", service.description);
  add_text("Group", service.group);
  add_text("ObjectName", service.start_name);
  if (service.start_name.empty() && (service.type & kProcess) != 0) {
    add_text("ObjectName", "LocalSystem");
  }
  std::vector<std::string> services;
  std::vector<std::string> groups;
  for (const std::string& name : service.dependencies) {
    bool is_group = name.starts_with('+');
    (is_group ? groups : services).push_back(name.substr(is_group ? 1 : 0));
  }
  if (!services.empty()) values.push_back(Value::multi_sz("DependOnService", services));
  if (!groups.empty()) values.push_back(Value::multi_sz("DependOnGroup", groups));
  return values;
}

// The INF files that the service belongs to; Windows removes it with the last.
Value owners_of(const hive::Hive& system, const std::string& key,
                const std::string& owner) {
  auto held = value_at(system, key, "Owners");
  std::vector<std::string> owners =
      held ? held->texts().value_or(std::vector<std::string>{})
           : std::vector<std::string>{};
  bool known = std::any_of(owners.begin(), owners.end(), [&](const std::string& one) {
    return equal_ignoring_case(one, owner);
  });
  if (!known) owners.push_back(owner);
  return Value::multi_sz("Owners", owners);
}

}  // namespace

std::string image_path_of(const Service& service, const std::string& folder) {
  std::string path = service.binary.path;
  if (service.binary.root == Place::Root::volume) {
    bool process = (service.type & kProcess) != 0;
    return (process ? "C:\\" : "\\??\\C:\\") + path;
  }
  if (service.binary.root == Place::Root::package) {
    path = fmt::format("{}\\{}\\{}", kStoreFolder, folder, path);
  }
  if ((service.type & kProcess) != 0) return "%SystemRoot%\\" + path;
  return service.start == kBootStart ? path : "\\SystemRoot\\" + path;
}

Done plan_service(const repair::Installation& windows, const hive::Hive& system,
                  const Service& service, const std::string& image_path,
                  const std::string& owner, RegistryWriter& writer,
                  repair::Plan& plan) {
  repair::ControlSets sets = TRY(repair::read_control_sets(system));
  repair::CurrentKeys services = TRY(repair::keys_in_control_sets(sets, "Services"));
  plan.notes.insert(plan.notes.end(), services.notes.begin(), services.notes.end());
  std::string why = fmt::format("{} installs this service", owner);
  for (const std::string& top : services.keys) {
    std::string key = fmt::format("{}\\{}", top, service.name);
    TRY(check_free(system, key, service, plan));
    std::vector<Value> values = values_of(service, image_path);
    if (auto tag = TRY(free_tag(system, top, service))) {
      values.push_back(Value::dword("Tag", *tag));
    }
    values.push_back(owners_of(system, key, owner));
    for (Value& value : values) {
      plan.edits.push_back(
          {.action = repair::RegistrySet{.hive = windows.hive_path("SYSTEM"),
                                         .key = key,
                                         .value = std::move(value)},
           .why = why});
    }
    TRY(writer.write(service.registry, key, why));
    if (service.event_log.empty()) continue;
    TRY(writer.write(
        service.event_registry,
        fmt::format("{}\\EventLog\\{}\\{}", top, service.event_log, service.event_name),
        why));
  }
  return {};
}

}  // namespace drydock::driver
