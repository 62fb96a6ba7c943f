// drydock catalogs check, restore: the store of catalogs beside its sources.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/change.h"
#include "repair/cli/donor.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/json.h"
#include "repair/cli/progress_bar.h"
#include "repair/cli/signature_verbs.h"
#include "repair/signature/catalog_store.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;
using signature::CatalogSurvey;
using signature::CatalogWound;

// Of one kind of wound, printed; --json has all.
constexpr std::size_t kNamesShownMax = 20;

// Nothing where no donor was named.
Result<signature::CatalogFolderPtr> catalogs_of(const Donor& donor) {
  signature::CatalogFolderPtr catalogs;
  if (donor.windows != nullptr) {
    const repair::Installation& windows = *donor.windows;
    FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
    repair::GuestPath store = signature::store_folder(windows);
    catalogs = signature::catalogs_in(
        std::move(volume), store.path,
        fmt::format("{}: {}", donor.name, windows.disk().show(store)));
  } else {
    catalogs = signature::catalogs_in(std::filesystem::path(donor.name));
  }
  TRY(catalogs->names().in(donor.name));
  return catalogs;
}

Result<CatalogSurvey> survey(const repair::Installation& windows,
                             const CatalogsRequest& request, Report& report) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  signature::CatalogSources sources = signature::sources_of(windows, volume);
  if (!request.donor.empty()) {
    sources.donor = TRY(catalogs_of(TRY(open_donor(request.donor, report))));
  }
  ProgressBar bar("catalogs");
  return signature::survey_catalogs(windows, sources, bar.progress());
}

std::string line_of(const CatalogWound& wound) {
  std::string line = wound.name;
  if (!wound.problem.empty()) line += ": " + wound.problem;
  if (!wound.copy) return line + "; no good copy";
  return line + fmt::format("; {} has it, with {} hashes", wound.copy->folder->place(),
                            wound.copy->digest_count);
}

std::string wounds_text(const CatalogSurvey& survey, CatalogWound::Kind kind,
                        std::string_view word) {
  std::string lines;
  std::size_t count = 0;
  for (const CatalogWound& wound : survey.wounds) {
    if (wound.kind != kind || count++ >= kNamesShownMax) continue;
    lines += "  " + line_of(wound) + '\n';
  }
  if (count == 0) return {};
  if (count > kNamesShownMax) {
    lines += fmt::format("  and {} more\n", count - kNamesShownMax);
  }
  return fmt::format("{} {}:\n{}", count, word, lines);
}

std::string survey_text(const CatalogSurvey& survey) {
  const auto& catalogs = survey.index.catalogs();
  std::string text = fmt::format("{}: ", survey.place);
  text += survey.folder_missing
              ? std::string("the folder is missing\n")
              : fmt::format("{} catalogs, {} hashes\n", catalogs.size(),
                            survey.index.digest_count());
  text += wounds_text(survey, CatalogWound::Kind::missing, "missing");
  text += wounds_text(survey, CatalogWound::Kind::damaged, "damaged");
  if (!survey.without_copy.empty()) {
    text += fmt::format("{} are in no other place of this disk\n",
                        survey.without_copy.size());
  }
  for (const std::string& note : survey.notes) text += "note: " + note + '\n';
  return text;
}

json wound_json(const CatalogWound& wound) {
  json copy = nullptr;
  if (wound.copy) {
    copy = {{"folder", wound.copy->folder->place()},
            {"name", wound.copy->name},
            {"digest_count", wound.copy->digest_count}};
  }
  bool missing = wound.kind == CatalogWound::Kind::missing;
  return {{"name", wound.name},
          {"state", missing ? "missing" : "damaged"},
          {"why", wound.problem.empty() ? json(nullptr) : json(wound.problem)},
          {"copy", std::move(copy)}};
}

json survey_json(const CatalogSurvey& survey) {
  json wounds = json::array();
  for (const CatalogWound& wound : survey.wounds) wounds.push_back(wound_json(wound));
  return {{"verdict",
           survey.wounds.empty() && !survey.folder_missing ? "healthy" : "fault"},
          {"store", survey.place},
          {"catalog_count", survey.index.catalogs().size()},
          {"digest_count", survey.index.digest_count()},
          {"wounds", std::move(wounds)},
          {"without_copy", survey.without_copy},
          {"notes", survey.notes}};
}

Result<CatalogSurvey> check(const CatalogsRequest& request, Report& report) {
  OpenImage image = TRY(open_image_file(request.image, request.change.disk, report));
  std::size_t index =
      TRY(repair::choose_installation(*image.disk, request.change.installation));
  return survey(*image.disk->installations()[index], request, report);
}

}  // namespace

Exit check_catalogs(const CatalogsRequest& request, Report& report) {
  auto found = check(request, report);
  if (!found) return report.fail(found.error(), Exit::could_not_tell);
  report.print(survey_text(*found));
  json document = survey_json(*found);
  bool healthy = document["verdict"] == "healthy";
  report.print(fmt::format("verdict: {}\n", healthy ? "healthy" : "fault"));
  report.document(std::move(document));
  return healthy ? Exit::done : Exit::faults;
}

Exit restore_catalogs(const CatalogsRequest& request, Report& report) {
  bool leaves_some = false;
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    if (disk.installations().empty()) {
      return Error(Errc::not_found, "no Windows was found on this disk");
    }
    const repair::Installation& windows = *disk.installations()[installation];
    CatalogSurvey found = TRY(survey(windows, request, report));
    leaves_some = std::ranges::any_of(
        found.wounds, [](const CatalogWound& wound) { return !wound.copy; });
    repair::Plan plan;
    TRY(signature::plan_catalogs(windows, found, plan));
    return plan;
  };
  Exit exit = change_image(request.image, request.change, "catalogs restore", make_plan,
                           report);
  return exit == Exit::done && leaves_some ? Exit::faults : exit;
}

}  // namespace drydock::cli
