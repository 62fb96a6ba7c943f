#include "repair/recipes/boot_trust.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "repair/driver/disable.h"
#include "repair/driver/replace.h"
#include "repair/signature/guest_verifier.h"
#include "repair/signature/verify.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using signature::CatalogIndex;
using signature::CatalogWound;

Result<CatalogIndex> index_copies(const std::vector<CatalogWound>& wounds) {
  CatalogIndex index;
  for (const CatalogWound& wound : wounds) {
    ByteVector content = TRY(wound.copy->folder->read(wound.copy->name));
    index.add(wound.name, content);
  }
  index.seal();
  return index;
}

}  // namespace

const CatalogWound* BootTrust::find_cure(const driver::Unresolved& driver) const {
  for (const signature::Digest& hash : driver.verification.hashes) {
    auto found = copies.find(hash);
    if (!found.empty()) return &survey.wounds[found.front()];
  }
  return nullptr;
}

Result<BootTrust> examine_boot_trust(const Installation& windows) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  BootTrust trust;
  trust.survey =
      TRY(signature::survey_catalogs(windows, signature::sources_of(windows, volume)));
  signature::Verifier verifier(trust.survey.index, signature::store_of(windows, volume),
                               signature::TrustStore::built_in());
  auto resolution = TRY(driver::resolve_boot_drivers(windows, verifier));
  trust.examined_count = resolution.examined_count;
  trust.untold = std::move(resolution.untold);
  auto& wounds = trust.survey.wounds;
  trust.wounds_without_copy =
      std::erase_if(wounds, [](const CatalogWound& wound) { return !wound.copy; });
  trust.copies = TRY(index_copies(wounds));
  bool lost = trust.survey.index.catalogs().empty() && wounds.empty();
  for (driver::Unresolved& one : resolution.unresolved) {
    // No catalog makes a program of what is none.
    bool helped = one.verification.pe && (lost || trust.find_cure(one) != nullptr);
    (helped ? trust.for_want_of_catalogs : trust.by_themselves)
        .push_back(std::move(one));
  }
  return trust;
}

Done check_told(const BootTrust& trust) {
  if (trust.untold.empty()) return {};
  return Error(Errc::could_not_tell, fmt::format("what signs it can't be told of {}",
                                                 fmt::join(trust.untold, "; ")));
}

void add_stop(const driver::Unresolved& driver, Finding& finding) {
  bool reaches_disk = driver::why_always_needed(driver.driver.name).has_value();
  if (!driver.driver.stops_boot && !reaches_disk) return;
  finding.stops_boot = true;
  finding.stop_code = driver.driver.stops_boot ? "0x5A" : "0x7B";
  finding.status = "0xC0000428";
  const std::string& path = driver.driver.path->path;
  finding.image_name = path.substr(path.rfind('\\') + 1);
}

Result<std::vector<driver::FileCopy>> copies_on_disk(const Installation& windows,
                                                     const GuestPath& file) {
  std::vector<driver::FileCopy> copies;
  for (auto shelf : {driver::Shelf::component_store, driver::Shelf::driver_store}) {
    auto found = TRY(driver::copies_on(windows, shelf, file));
    std::ranges::move(found, std::back_inserter(copies));
  }
  return copies;
}

Done mend_from_disk(const Subject& subject, const Finding& finding, Plan& plan) {
  const Installation& windows = *subject.windows;
  GuestPath file = TRY(windows.disk().resolve(finding.where, finding.installation));
  auto copies = TRY(copies_on_disk(windows, file));
  auto trust =
      subject.trust != nullptr ? *subject.trust : signature::TrustStore::built_in();
  auto verifier = TRY(signature::guest_verifier(windows, std::move(trust)));
  auto done = driver::plan_replacement(windows, file, copies, *verifier, {}, plan);
  if (done) return {};
  return Error(
      Errc::unsupported,
      fmt::format("{}; `drydock drivers IMAGE replace` takes one from elsewhere",
                  done.error().words()));
}

}  // namespace drydock::repair
