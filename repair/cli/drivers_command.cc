// drydock drivers: what a Windows loads into its kernel, from which files, in which
// order; and whether it believes them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "repair/cli/catalog_cache.h"
#include "repair/cli/driver_verbs.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/cli/progress_bar.h"
#include "repair/cli/trust.h"
#include "repair/driver/audit.h"
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

// Who signed it: the first certificate's name.
std::string signer_of(const driver::Audited& audited) {
  const auto& verification = audited.verification;
  if (!verification || !verification->judgement) return "";
  const auto& chain = verification->judgement->chain;
  return chain.empty() ? "" : chain.front().name;
}

// ---- As text: a table, each column as wide as its widest word.

constexpr std::size_t kColumnCount = 10;
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
           std::string signer, std::size_t installation) {
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
          std::move(signer),
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
      if (widths[i] == 0) continue;
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
  json error_control = nullptr;
  if (driver.error_control) {
    error_control = driver::error_control_word(*driver.error_control);
  }
  return {{"service", driver.name},
          {"kind", to_string(driver.kind)},
          {"display_name", or_null(driver.display_name)},
          {"type", or_null(driver.type)},
          {"start", driver::start_word(driver.start)},
          {"start_written", or_null(driver.start_written)},
          {"start_override", or_null(driver.start_override)},
          {"error_control", std::move(error_control)},
          {"group", or_null(driver.group)},
          {"tag", or_null(driver.tag)},
          {"load_order", or_null(driver.order)},
          {"stops_boot", driver.stops_boot},
          {"image_path", or_null(driver.image_path)},
          {"path",
           driver.path ? json(disk.show(*driver.path, installation)) : json(nullptr)},
          {"file", driver.file ? to_json(*driver.file) : json(nullptr)},
          {"machine",
           facts.pe ? json(signature::machine_word(facts.pe->machine)) : json(nullptr)},
          {"timestamp", facts.pe ? json(facts.pe->timestamp) : json(nullptr)},
          {"version", or_null(version_text(facts))},
          {"company", or_null(facts.version ? facts.version->company_name : "")},
          {"date",
           driver.file ? json(to_string_utc(driver.file->modified)) : json(nullptr)},
          {"version_resource", version_json(facts)},
          {"problem", or_null(facts.problem)}};
}

// The Windows that is meant, on its disk.
struct Meant {
  OpenImage image;
  std::size_t installation = 0;

  const repair::Disk& disk() const { return *image.disk; }
  const repair::Installation& windows() const {
    return *disk().installations()[installation];
  }
};

Result<Meant> open_meant(const DriversRequest& request, Report& report) {
  Meant meant{.image = TRY(open_image_file(request.image, request.disk, report))};
  meant.installation =
      TRY(repair::choose_installation(meant.disk(), request.installation));
  note_volume(meant.disk(), meant.windows().partition(), report);
  return meant;
}

// What both documents begin with; false where not all could be looked into.
Result<bool> report_inventory(const Meant& meant, const driver::Inventory& inventory,
                              Report& report, json& document) {
  // It was opened for the inventory, and is kept.
  const hive::Hive* system = TRY(meant.windows().system());
  if (system->dirty()) {
    report.note("drydock: SYSTEM is shown as it lies, without what its logs hold\n");
  }
  for (const std::string& problem : inventory.problems) {
    report.note(fmt::format("drydock: {}\n", problem));
  }
  document = {{"installation", meant.windows().show()},
              {"control_set", inventory.control_set},
              {"problems", inventory.problems},
              {"recovery", to_json(system->recovery())}};
  return inventory.problems.empty() && !system->dirty();
}

Result<driver::Audit> audit_of(const Meant& meant, const DriversRequest& request,
                               Report& report) {
  signature::TrustStore trust = TRY(trust_store(request.trust));
  // One at a time, so that each takes its line away.
  auto catalogs = std::make_unique<ProgressBar>("catalogs");
  auto files = std::unique_ptr<ProgressBar>();
  Progress of_files;
  driver::AuditOptions options;
  options.catalogs = catalogs->progress();
  options.files = [&](std::uint64_t done, std::uint64_t total) -> Done {
    if (!files) {
      catalogs.reset();
      files = std::make_unique<ProgressBar>("drivers");
      of_files = files->progress();
    }
    return of_files(done, total);
  };
  auto cache = read_catalog_cache(request.catalog_cache, report);
  if (cache) options.cache = &*cache;
  driver::Audit audit = TRY(driver::audit(meant.windows(), std::move(trust), options));
  if (cache) keep_catalog_cache(*cache, request.catalog_cache, report);
  return audit;
}

Result<bool> list_in(const DriversRequest& request, Report& report) {
  Meant meant = TRY(open_meant(request, report));
  driver::Audit audit;
  if (request.signers) {
    audit = TRY(audit_of(meant, request, report));
  } else {
    audit.inventory = TRY(driver::read_inventory(meant.windows()));
    audit.verdicts.resize(audit.inventory.drivers.size());
  }
  json document;
  bool whole = TRY(report_inventory(meant, audit.inventory, report, document));
  std::vector<Row> rows = {Row{"order", "service", "start", "error", "group", "version",
                               "company", "date", request.signers ? "signer" : "",
                               "file"}};
  json drivers = json::array();
  for (std::size_t i = 0; i < audit.verdicts.size(); ++i) {
    const Driver& driver = audit.inventory.drivers[i];
    FileFacts facts = facts_of(meant.disk(), driver);
    std::string signer = signer_of(audit.verdicts[i]);
    if (!driver.problem.empty()) whole = false;
    rows.push_back(row_of(meant.disk(), driver, facts, signer, meant.installation));
    if (!report.json()) continue;
    json one = driver_json(meant.disk(), driver, facts, meant.installation);
    one["signer"] = or_null(signer);
    drivers.push_back(std::move(one));
  }
  report.print(table_text(rows));
  document["drivers"] = std::move(drivers);
  document["whole"] = whole;
  report.document(std::move(document));
  return whole;
}

// ---- drivers verify

constexpr std::array<driver::Verdict, 7> kVerdicts = {
    driver::Verdict::embedded,      driver::Verdict::catalog,
    driver::Verdict::unsigned_file, driver::Verdict::bad,
    driver::Verdict::missing,       driver::Verdict::could_not_tell,
    driver::Verdict::disabled};

json verdict_json(const driver::Audited& audited) {
  json catalog = nullptr;
  json hash = nullptr;
  if (const auto& verification = audited.verification) {
    catalog = or_null(verification->catalog);
    const auto* digest = verification->hash(signature::Algorithm::sha256);
    if (digest != nullptr) hash = digest->hex();
  }
  return {{"signature", to_string(audited.verdict)},
          {"why", or_null(audited.why)},
          {"signer", or_null(signer_of(audited))},
          {"catalog", std::move(catalog)},
          {"sha256", std::move(hash)}};
}

// One driver, in a line or two.
std::string verdict_text(const Meant& meant, const Driver& driver,
                         const driver::Audited& audited) {
  std::string where = driver.path ? meant.disk().show(*driver.path, meant.installation)
                                  : driver.image_path;
  std::string how = driver.type ? std::string(driver::start_word(driver.start))
                                : std::string(to_string(driver.kind));
  if (driver.error_control) {
    how += fmt::format(", {}", driver::error_control_word(*driver.error_control));
  }
  bool stops = driver.stops_boot && is_fault(audited.verdict);
  std::string text = fmt::format("{}{}: {} ({}), {}\n", stops ? "stops the boot: " : "",
                                 to_string(audited.verdict), driver.name, how, where);
  if (!audited.why.empty()) text += fmt::format("  {}\n", audited.why);
  std::string signer = signer_of(audited);
  if (!signer.empty()) {
    const auto& catalog = audited.verification->catalog;
    text += fmt::format("  signed by {}{}\n", signer,
                        catalog ? fmt::format(" in {}", *catalog) : std::string());
  }
  return text;
}

bool is_told(const driver::Audited& audited, bool all) {
  if (all) return true;
  return is_fault(audited.verdict) ||
         audited.verdict == driver::Verdict::could_not_tell;
}

std::string counts_text(const driver::Audit& audit) {
  std::string text = fmt::format("{} drivers and boot files", audit.verdicts.size());
  std::string_view separator = ": ";
  for (driver::Verdict verdict : kVerdicts) {
    if (audit.count(verdict) == 0) continue;
    text += fmt::format("{}{} {}", separator, audit.count(verdict), to_string(verdict));
    separator = ", ";
  }
  return fmt::format("{}; {} catalogs searched\n", text, audit.catalog_count);
}

Result<Exit> verify_in(const DriversRequest& request, Report& report) {
  Meant meant = TRY(open_meant(request, report));
  driver::Audit audit = TRY(audit_of(meant, request, report));
  json document;
  bool whole = TRY(report_inventory(meant, audit.inventory, report, document));
  json drivers = json::array();
  for (std::size_t i = 0; i < audit.verdicts.size(); ++i) {
    const Driver& driver = audit.inventory.drivers[i];
    const driver::Audited& audited = audit.verdicts[i];
    if (is_told(audited, request.all)) {
      report.print(verdict_text(meant, driver, audited));
    }
    if (!report.json()) continue;
    json one = driver_json(meant.disk(), driver, facts_of(meant.disk(), driver),
                           meant.installation);
    one.update(verdict_json(audited));
    drivers.push_back(std::move(one));
  }
  report.print(counts_text(audit));
  for (const std::string& catalog : audit.unread_catalogs) {
    report.note(fmt::format("drydock: {}\n", catalog));
  }
  bool fault = std::ranges::any_of(audit.verdicts, [](const driver::Audited& audited) {
    return is_fault(audited.verdict);
  });
  if (audit.count(driver::Verdict::could_not_tell) != 0) whole = false;
  std::string verdict = fault ? "fault" : whole ? "healthy" : "could_not_tell";
  report.print(fmt::format("verdict: {}\n", verdict));
  document["verdict"] = verdict;
  document["catalogs"] = audit.catalog_count;
  document["unread_catalogs"] = audit.unread_catalogs;
  document["boot_stopping"] = audit.boot_stopping_count();
  document["drivers"] = std::move(drivers);
  for (driver::Verdict one : kVerdicts) {
    document["counts"][std::string(to_string(one))] = audit.count(one);
  }
  report.document(std::move(document));
  return fault ? Exit::faults : whole ? Exit::done : Exit::could_not_tell;
}

}  // namespace

Exit list_drivers(const DriversRequest& request, Report& report) {
  auto whole = list_in(request, report);
  if (!whole) return report.fail(whole.error(), Exit::could_not_tell);
  return *whole ? Exit::done : Exit::could_not_tell;
}

Exit verify_drivers(const DriversRequest& request, Report& report) {
  auto exit = verify_in(request, report);
  return exit ? *exit : report.fail(exit.error(), Exit::could_not_tell);
}

}  // namespace drydock::cli
