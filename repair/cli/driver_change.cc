// drydock drivers IMAGE disable, enable.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/cli/change.h"
#include "repair/cli/driver_verbs.h"
#include "repair/driver/disable.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

using driver::KnownStart;
using nlohmann::json;

std::string text_in(const json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// A value that an edit disabled the driver by: its key and name in lower case, from the
// control set on, and what it was before.
struct Before {
  std::string value;
  driver::Start start = driver::Start::demand;
};

// Nothing where `edit` isn't such a one.
std::optional<Before> start_before(const json& edit, std::string_view name) {
  if (!edit.is_object() || text_in(edit, "edit") != "registry.set") return std::nullopt;
  std::string where = ascii_lower(text_in(edit, "where"));
  std::string service = fmt::format("\\services\\{}", ascii_lower(name));
  std::size_t set = where.find("controlset");
  std::size_t at = where.find(service);
  if (set == std::string::npos || at == std::string::npos) return std::nullopt;
  std::string rest = where.substr(at + service.size());
  if (rest != " start" && !rest.starts_with("\\startoverride ")) return std::nullopt;
  if (text_in(edit, "after") != "REG_DWORD 4") return std::nullopt;
  for (driver::Start start : {driver::Start::boot, driver::Start::system,
                              driver::Start::automatic, driver::Start::demand}) {
    if (text_in(edit, "before") ==
        fmt::format("REG_DWORD {}", static_cast<std::uint32_t>(start))) {
      return Before{.value = where.substr(set), .start = start};
    }
  }
  return std::nullopt;
}

// What the journals beside the image know of it, the newest first.
std::optional<KnownStart> journaled_start(const std::string& image,
                                          std::string_view name) {
  auto entries = repair::history(image);
  if (!entries) return std::nullopt;
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    json description = json::parse(entry->head.description, nullptr, false);
    if (!description.is_object() || !description.contains("edits")) continue;
    std::optional<KnownStart> known;
    for (const json& edit : description["edits"]) {
      auto before = start_before(edit, name);
      if (!before) continue;
      if (!known) {
        known = KnownStart{.start = before->start,
                           .source = fmt::format("it did before {}", entry->journal)};
      }
      known->before[before->value] = static_cast<std::uint32_t>(before->start);
    }
    if (known) return known;
  }
  return std::nullopt;
}

// not_found where there is no Windows.
Result<const repair::Installation*> meant(const repair::Disk& disk,
                                          std::size_t installation) {
  std::size_t index = TRY(repair::choose_installation(disk, installation));
  return disk.installations()[index].get();
}

Result<KnownStart> start_for(const DriverEnableRequest& request,
                             const driver::Sight& sight) {
  if (auto start = driver::parse_start(request.start)) {
    return KnownStart{.start = *start, .source = "so it was asked for", .asked = true};
  }
  if (auto known = journaled_start(request.image, sight.name)) return *known;
  if (auto known = driver::known_start(sight)) return *known;
  return Error(Errc::bad_argument,
               fmt::format("how {} started before isn't known: no journal beside the "
                           "image tells, and no other control set; say --start boot, "
                           "system, auto or demand",
                           sight.name));
}

}  // namespace

Exit disable_driver(const DriverDisableRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    const repair::Installation& windows = *TRY(meant(disk, installation));
    driver::Sight sight = TRY(driver::look_at(windows, request.name));
    repair::Plan plan;
    if (auto why = driver::why_needed(sight)) {
      if (!request.force) {
        return Error(Errc::bad_argument,
                     fmt::format("{}; --force disables it all the same", *why));
      }
      plan.notes.push_back(*std::move(why));
    }
    driver::plan_disable(windows, sight, plan);
    return plan;
  };
  return change_image(request.image, request.change,
                      fmt::format("drivers disable {}", request.name), make_plan,
                      report);
}

Exit enable_driver(const DriverEnableRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    const repair::Installation& windows = *TRY(meant(disk, installation));
    driver::Sight sight = TRY(driver::look_at(windows, request.name));
    repair::Plan plan;
    if (request.start.empty() && !driver::is_disabled(sight)) {
      plan.notes.push_back(fmt::format("{} isn't disabled", request.name));
      return plan;
    }
    driver::plan_enable(windows, sight, TRY(start_for(request, sight)), plan);
    return plan;
  };
  return change_image(request.image, request.change,
                      fmt::format("drivers enable {}", request.name), make_plan,
                      report);
}

}  // namespace drydock::cli
