// A driver that is loaded at boot, or a boot file, is signed by nothing as it is: it
// was changed, cut, or replaced by something that nobody signed.  No catalog can help
// it.
//
// The same version may lie on the disk once more, in WinSxS or the driver store, and
// what is believed of those copies is put in its place.

#include <fmt/format.h>

#include "repair/recipes/boot_trust.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using driver::Unresolved;

class DriverUnsigned final : public Recipe {
 public:
  std::string_view id() const override { return "driver.unsigned"; }
  std::string_view summary() const override {
    return "a driver or file that is loaded at boot is signed by nothing, as it is";
  }
  std::string_view reads() const override {
    return "the drivers that are loaded at boot, CatRoot, WinSxS, the driver store";
  }
  std::string_view writes() const override {
    return "that file: a copy of its version that is believed";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override;
  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    return mend_from_disk(subject, finding, plan);
  }
};

Finding finding_of(const Unresolved& one, const Installation& windows) {
  Finding finding;
  finding.recipe = "driver.unsigned";
  finding.where = windows.disk().show(*one.driver.path);
  finding.what = fmt::format("{}: {}", one.driver.name, one.verification.why);
  if (!one.verification.pe) finding.what += "; it is no program";
  finding.evidence.push_back(fmt::format("{} bytes", one.driver.file->size));
  for (const signature::Digest& hash : one.verification.hashes) {
    finding.evidence.push_back(
        fmt::format("{} {}", signature::to_string(hash.algorithm), hash.hex()));
  }
  add_stop(one, finding);
  return finding;
}

Result<Recipe::Findings> DriverUnsigned::examine(const Subject& subject,
                                                 const Settings&) const {
  BootTrust trust = TRY(examine_boot_trust(*subject.windows));
  Findings findings;
  for (const Unresolved& one : trust.by_themselves) {
    findings.push_back(finding_of(one, *subject.windows));
  }
  if (findings.empty()) TRY(check_told(trust));
  return findings;
}

}  // namespace

const Recipe& driver_unsigned() {
  static const DriverUnsigned recipe;
  return recipe;
}

}  // namespace drydock::repair
