// drydock drivers: what a Windows loads into its kernel, from which files, in which
// order.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "repair/cli/driver_verbs.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/driver/inventory.h"
#include "repair/repair.h"
#include "repair/signature/version_resource.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using driver::Driver;
using nlohmann::json;

// What a driver's file says of itself.
struct FileFacts {
  std::optional<signature::Pe> pe = std::nullopt;
  std::optional<signature::VersionResource> version = std::nullopt;
  std::string problem;  // why one of them can't be told
};

Result<FileFacts> read_facts(const repair::Disk& disk, const repair::GuestPath& path) {
  FileSystemPtr volume = TRY(disk.volume(path.partition));
  File file = TRY(volume->find(path.path));
  DevicePtr data = TRY(file.data());
  FileFacts facts;
  facts.pe = TRY(signature::read_pe(*data));
  auto version = signature::read_version_resource(*data, *facts.pe);
  if (version) {
    facts.version = *std::move(version);
  } else if (version.error().code() != Errc::not_found) {
    facts.problem = version.error().describe();
  }
  return facts;
}

FileFacts facts_of(const repair::Disk& disk, const Driver& driver) {
  FileFacts facts;
  facts.problem = driver.problem;
  if (!driver.file || !driver.path) return facts;
  auto read = read_facts(disk, *driver.path);
  if (read) return *std::move(read);
  facts.problem = read.error().describe();
  return facts;
}

// ---- As text: a table, each column as wide as its widest word.

constexpr std::size_t kColumnCount = 9;
using Row = std::array<std::string, kColumnCount>;

// The version's numbers, which are what Windows compares; texts may say anything.
std::string version_text(const FileFacts& facts) {
  if (!facts.version || !facts.version->file_number) return "";
  return signature::to_string(*facts.version->file_number);
}

std::string place_text(const repair::Disk& disk, const Driver& driver,
                       const FileFacts& facts, std::size_t installation) {
  std::string text =
      driver.path ? disk.show(*driver.path, installation) : driver.image_path;
  if (!facts.problem.empty()) return fmt::format("{} ({})", text, facts.problem);
  return driver.file ? text : text + " (missing)";
}

Row row_of(const repair::Disk& disk, const Driver& driver, const FileFacts& facts,
           std::size_t installation) {
  bool service = driver.type.has_value();
  std::string start(driver::start_word(driver.start));
  if (driver.start_override) start += "*";
  return {driver.order ? fmt::format("{}", *driver.order) : "",
          driver.name,
          service ? start : std::string(to_string(driver.kind)),
          driver.error_control
              ? std::string(driver::error_control_word(*driver.error_control))
              : "",
          driver.group,
          version_text(facts),
          facts.version ? facts.version->company_name : "",
          driver.file ? to_string_utc(driver.file->modified).substr(0, 10) : "",
          place_text(disk, driver, facts, installation)};
}

std::string table_text(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumnCount> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumnCount; ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < kColumnCount; ++i) {
      fmt::format_to(std::back_inserter(text), "{:<{}}  ", row[i], widths[i]);
    }
    text += row.back() + "\n";
  }
  return text;
}

// ---- As JSON.

json or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json version_json(const FileFacts& facts) {
  if (!facts.version) return nullptr;
  const signature::VersionResource& version = *facts.version;
  auto number = [](const std::optional<signature::VersionNumber>& numbers) {
    return numbers ? json(signature::to_string(*numbers)) : json(nullptr);
  };
  return {{"company_name", version.company_name},
          {"file_description", version.file_description},
          {"file_version", version.file_version},
          {"file_number", number(version.file_number)},
          {"internal_name", version.internal_name},
          {"legal_copyright", version.legal_copyright},
          {"original_filename", version.original_filename},
          {"product_name", version.product_name},
          {"product_version", version.product_version},
          {"product_number", number(version.product_number)}};
}

json driver_json(const repair::Disk& disk, const Driver& driver, const FileFacts& facts,
                 std::size_t installation) {
  return {{"name", driver.name},
          {"kind", to_string(driver.kind)},
          {"display_name", or_null(driver.display_name)},
          {"type", or_null(driver.type)},
          {"start", driver::start_word(driver.start)},
          {"start_written", or_null(driver.start_written)},
          {"start_override", or_null(driver.start_override)},
          {"error_control", or_null(driver.error_control)},
          {"group", or_null(driver.group)},
          {"tag", or_null(driver.tag)},
          {"order", or_null(driver.order)},
          {"stops_boot", driver.stops_boot},
          {"image_path", or_null(driver.image_path)},
          {"path",
           driver.path ? json(disk.show(*driver.path, installation)) : json(nullptr)},
          {"file", driver.file ? to_json(*driver.file) : json(nullptr)},
          {"machine",
           facts.pe ? json(signature::machine_word(facts.pe->machine)) : json(nullptr)},
          {"timestamp", facts.pe ? json(facts.pe->timestamp) : json(nullptr)},
          {"version", version_json(facts)},
          {"problem", or_null(facts.problem)}};
}

Result<bool> list_in(const DriversRequest& request, Report& report) {
  OpenImage image = TRY(open_image_file(request.image, request.disk, report));
  const repair::Disk& disk = *image.disk;
  std::size_t installation =
      TRY(repair::choose_installation(disk, request.installation));
  const repair::Installation& windows = *disk.installations()[installation];
  note_volume(disk, windows.partition(), report);
  driver::Inventory inventory = TRY(driver::read_inventory(windows));
  // It was opened for the inventory, and is kept.
  const hive::Hive* system = TRY(windows.system());
  bool whole = inventory.problems.empty() && !system->dirty();
  std::vector<Row> rows = {Row{"order", "service", "start", "error", "group", "version",
                               "company", "date", "file"}};
  json drivers = json::array();
  for (const Driver& driver : inventory.drivers) {
    FileFacts facts = facts_of(disk, driver);
    if (!driver.problem.empty()) whole = false;
    rows.push_back(row_of(disk, driver, facts, installation));
    if (report.json()) {
      drivers.push_back(driver_json(disk, driver, facts, installation));
    }
  }
  report.print(table_text(rows));
  if (system->dirty()) {
    report.note("drydock: SYSTEM is shown as it lies, without what its logs hold\n");
  }
  for (const std::string& problem : inventory.problems) {
    report.note(fmt::format("drydock: {}\n", problem));
  }
  report.document({{"installation", windows.show()},
                   {"control_set", inventory.control_set},
                   {"drivers", std::move(drivers)},
                   {"problems", inventory.problems},
                   {"recovery", to_json(system->recovery())},
                   {"whole", whole}});
  return whole;
}

}  // namespace

Exit list_drivers(const DriversRequest& request, Report& report) {
  auto whole = list_in(request, report);
  if (!whole) return report.fail(whole.error());
  return *whole ? Exit::done : Exit::could_not_tell;
}

}  // namespace drydock::cli
