// The catalogs that Windows believes its drivers by are missing from CatRoot, or
// damaged there.  Code integrity then finds no hash of a driver that bears no signature
// of its own, and a boot driver whose ErrorControl is critical stops the start with
// 0x5A and 0xC0000428.
//
// Windows keeps the same catalogs in servicing\Packages and in WinSxS\Catalogs: those
// are copied back, and none that can be read is replaced.

#include <fmt/format.h>

#include <algorithm>

#include "repair/recipes/boot_trust.h"
#include "repair/recipes/recipes.h"
#include "repair/signature/catalog_store.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using driver::Unresolved;
using signature::CatalogSurvey;
using signature::CatalogWound;

// Names that a finding lists.
constexpr std::size_t kNamesShownMax = 8;

// Of the packages' catalogs: fewer may be those of packages that were superseded, which
// nothing needs any more.
constexpr std::size_t kMissingPercentMin = 10;

std::size_t count_missing(const std::vector<CatalogWound>& wounds) {
  return static_cast<std::size_t>(
      std::ranges::count(wounds, CatalogWound::Kind::missing, &CatalogWound::kind));
}

// Whether so much is wounded that it matters, be there a driver that needs it or none.
bool is_much(const std::vector<CatalogWound>& wounds, std::size_t package_count) {
  std::size_t missing = count_missing(wounds);
  bool damaged = missing < wounds.size();
  return damaged ||
         (missing > 0 && missing * 100 >= package_count * kMissingPercentMin);
}

class SignatureCatalogStore final : public Recipe {
 public:
  std::string_view id() const override { return "signature.catalog-store"; }
  std::string_view summary() const override {
    return "catalogs that Windows believes its drivers by are lost from CatRoot, or "
           "damaged";
  }
  std::string_view reads() const override {
    return "the drivers that are loaded at boot, CatRoot, servicing\\Packages, "
           "WinSxS\\Catalogs";
  }
  std::string_view writes() const override {
    return "CatRoot: catalogs that are missing or damaged";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override;
  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override;
};

std::string what_of(const BootTrust& trust) {
  const CatalogSurvey& survey = trust.survey;
  std::size_t missing = count_missing(survey.wounds);
  std::string what = survey.folder_missing
                         ? std::string("the folder of the catalogs is missing")
                         : fmt::format("{} catalogs are missing and {} damaged, of {}",
                                       missing, survey.wounds.size() - missing,
                                       survey.index.catalogs().size() + missing);
  if (trust.for_want_of_catalogs.empty()) return what + "; no boot driver needs them";
  return what + fmt::format(
                    "; {} of {} boot drivers and boot files are signed by "
                    "nothing else",
                    trust.for_want_of_catalogs.size(), trust.examined_count);
}

std::string evidence_of(const Unresolved& driver, const BootTrust& trust) {
  const CatalogWound* cure = trust.find_cure(driver);
  if (cure == nullptr) {
    return fmt::format("{}: {}", driver.driver.name, driver.verification.why);
  }
  return fmt::format("{}: {} of {} has its hash", driver.driver.name, cure->copy->name,
                     cure->copy->folder->place());
}

Finding finding_of(const BootTrust& trust) {
  Finding finding;
  finding.recipe = "signature.catalog-store";
  finding.where = trust.survey.place;
  finding.what = what_of(trust);
  for (const Unresolved& one : trust.for_want_of_catalogs) {
    if (finding.evidence.size() < kNamesShownMax) {
      finding.evidence.push_back(evidence_of(one, trust));
    }
    if (!finding.stops_boot) add_stop(one, finding);
  }
  if (trust.for_want_of_catalogs.size() > kNamesShownMax) {
    finding.evidence.push_back(
        fmt::format("and {} more", trust.for_want_of_catalogs.size() - kNamesShownMax));
  }
  if (trust.wounds_without_copy > 0) {
    finding.evidence.push_back(fmt::format("{} others have no good copy on this disk",
                                           trust.wounds_without_copy));
  }
  return finding;
}

Result<Recipe::Findings> SignatureCatalogStore::examine(const Subject& subject,
                                                        const Settings&) const {
  BootTrust trust = TRY(examine_boot_trust(*subject.windows));
  const CatalogSurvey& survey = trust.survey;
  bool stops = !trust.for_want_of_catalogs.empty();
  if (!stops && !is_much(survey.wounds, survey.package_count)) {
    TRY(check_told(trust));
    return Findings{};
  }
  return Findings{finding_of(trust)};
}

Done SignatureCatalogStore::mend(const Subject& subject, const Finding&,
                                 const Settings&, Plan& plan) const {
  const Installation& windows = *subject.windows;
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  CatalogSurvey found =
      TRY(signature::survey_catalogs(windows, signature::sources_of(windows, volume)));
  bool helps = std::ranges::any_of(
      found.wounds, [](const CatalogWound& wound) { return wound.copy.has_value(); });
  if (!helps) {
    return Error(Errc::unsupported,
                 "no copy of the catalogs is on this disk: `drydock catalogs IMAGE "
                 "restore --donor` takes them from another of the same Windows");
  }
  return signature::plan_catalogs(windows, found, plan);
}

}  // namespace

const Recipe& signature_catalog_store() {
  static const SignatureCatalogStore recipe;
  return recipe;
}

}  // namespace drydock::repair
