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

// What Start was before the edit that disabled the driver; nothing where `edit` isn't
// that one.
std::optional<driver::Start> start_before(const json& edit, std::string_view name) {
  if (!edit.is_object() || text_in(edit, "edit") != "registry.set") return std::nullopt;
  std::string where = ascii_lower(text_in(edit, "where"));
  if (!where.ends_with(fmt::format("\\services\\{} start", ascii_lower(name)))) {
    return std::nullopt;
  }
  if (text_in(edit, "after") != "REG_DWORD 4") return std::nullopt;
  for (driver::Start start : {driver::Start::boot, driver::Start::system,
                              driver::Start::automatic, driver::Start::demand}) {
    if (text_in(edit, "before") ==
        fmt::format("REG_DWORD {}", static_cast<std::uint32_t>(start))) {
      return start;
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
    for (const json& edit : description["edits"]) {
      if (auto start = start_before(edit, name)) {
        return KnownStart{*start, fmt::format("it did before {}", entry->journal)};
      }
    }
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
    return KnownStart{*start, "so it was asked for"};
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
    if (request.start.empty() &&
        std::ranges::none_of(sight.services, [](const driver::ServiceKey& service) {
          return service.start == 4;
        })) {
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
