#include "repair/signature/revocation.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

constexpr FileVersion kVersionMax = ~FileVersion{0};

enum class Fit { no, yes, unknown };

std::string version_text(FileVersion version) {
  return fmt::format("{}.{}.{}.{}", version >> 48, version >> 32 & 0xffff,
                     version >> 16 & 0xffff, version & 0xffff);
}

Fit fits_hash(const FileRule& rule, const Candidate& driver) {
  for (const Digest& digest : driver.digests) {
    if (as_text(digest.bytes()) == as_text(rule.hash)) return Fit::yes;
  }
  return Fit::no;
}

// A rule with several names wants all of them; no policy that was seen shows what
// Windows makes of a file that has some.
Fit fits_names(const FileRule& rule, const Candidate& driver) {
  int wanted = 0, same = 0;
  auto compare = [&](const std::string& name, const std::string& has) {
    if (name.empty()) return;
    ++wanted;
    if (name == "*" || equal_ignoring_case(name, has)) ++same;
  };
  compare(rule.file_name, driver.original_name);
  compare(rule.internal_name, driver.internal_name);
  compare(rule.description, driver.description);
  compare(rule.product, driver.product);
  if (same == 0) return Fit::no;
  return same == wanted ? Fit::yes : Fit::unknown;
}

// With a greatest version, a range.  Without, a rule that denies is for all versions
// below the one that it names, which mostly is the greatest that there is; a rule
// that describes files is for that one and later.
Fit fits_version(const FileRule& rule, const Candidate& driver) {
  bool below = rule.kind == FileRule::Kind::deny && rule.version_maximum == 0 &&
               rule.version != 0;
  bool all = below ? rule.version == kVersionMax
                   : rule.version == 0 && (rule.version_maximum == 0 ||
                                           rule.version_maximum == kVersionMax);
  if (all) return Fit::yes;
  if (!driver.version) return Fit::unknown;
  if (below) {
    if (*driver.version == rule.version) return Fit::unknown;
    return *driver.version < rule.version ? Fit::yes : Fit::no;
  }
  bool within = *driver.version >= rule.version &&
                (rule.version_maximum == 0 || *driver.version <= rule.version_maximum);
  return within ? Fit::yes : Fit::no;
}

// Rules by path or package have neither hash nor name, and don't name drivers.
Fit fits_file(const FileRule& rule, const Candidate& driver) {
  if (!rule.hash.empty()) return fits_hash(rule, driver);
  Fit names = fits_names(rule, driver);
  if (names == Fit::no) return Fit::no;
  Fit version = fits_version(rule, driver);
  if (version == Fit::no) return Fit::no;
  return names == Fit::yes && version == Fit::yes ? Fit::yes : Fit::unknown;
}

// The certificate of the chain that a rule names by the hash of what was signed of
// it; the hash is of the algorithm that signed it.
const CertificateFacts* named_certificate(const SignerRule& rule,
                                          const Candidate& driver) {
  for (const CertificateFacts& each : driver.chain) {
    if (!each.signed_with) continue;
    if (as_text(tbs_digest(each, *each.signed_with).bytes()) ==
        as_text(rule.tbs_hash)) {
      return &each;
    }
  }
  return nullptr;
}

Fit fits_one_file(const std::vector<std::uint32_t>& files, const Policy& policy,
                  const Candidate& driver) {
  Fit best = Fit::no;
  for (std::uint32_t index : files) {
    Fit fit = fits_file(policy.file_rules[index], driver);
    if (fit == Fit::yes) return Fit::yes;
    if (fit == Fit::unknown) best = Fit::unknown;
  }
  return best;
}

Fit fits_signer(const SignerRule& rule, const Policy& policy, const Candidate& driver) {
  if (driver.chain.empty()) return Fit::no;
  if (rule.well_known_root) return Fit::unknown;
  if (named_certificate(rule, driver) == nullptr) return Fit::no;
  const CertificateFacts& signer = driver.chain.front();
  if (!rule.publisher.empty() && rule.publisher != signer.name) return Fit::no;
  auto has = [&](const std::string& usage) { return signer.has_usage(usage); };
  if (!std::ranges::all_of(rule.usages, has)) return Fit::no;
  Fit file = rule.files.empty() ? Fit::yes : fits_one_file(rule.files, policy, driver);
  if (file == Fit::no) return Fit::no;
  bool is_plain = rule.issuer.empty() && rule.oem.empty() && rule.signed_after == 0;
  return file == Fit::yes && is_plain ? Fit::yes : Fit::unknown;
}

std::string words_of(const FileRule& rule) {
  if (!rule.hash.empty()) return "its hash";
  std::string name = !rule.file_name.empty() ? rule.file_name : rule.internal_name;
  if (rule.version_maximum == 0 || rule.version_maximum == kVersionMax) {
    return fmt::format("the name {}", name);
  }
  return fmt::format("the name {} up to version {}", name,
                     version_text(rule.version_maximum));
}

void weigh(Fit fit, const std::string& by, RefusalFinding& finding) {
  if (fit == Fit::no || finding.refusal == Refusal::refused) return;
  if (fit == Fit::yes) {
    finding = {Refusal::refused, fmt::format("this Windows' policy refuses {}", by)};
  } else if (finding.refusal == Refusal::not_refused) {
    finding = {Refusal::could_not_tell,
               fmt::format("whether this Windows' policy, which refuses {}, means this "
                           "file isn't known here",
                           by)};
  }
}

void judge_scenario(const Scenario& scenario, const Policy& policy,
                    const Candidate& driver, RefusalFinding& finding) {
  for (std::uint32_t index : scenario.files) {
    const FileRule& rule = policy.file_rules[index];
    if (rule.kind != FileRule::Kind::deny) continue;
    weigh(fits_file(rule, driver), words_of(rule), finding);
  }
  for (const SignerUse& use : scenario.denied) {
    Fit fit = fits_signer(policy.signers[use.signer], policy, driver);
    if (fit == Fit::no) continue;
    Fit exception = fits_one_file(use.exceptions, policy, driver);
    if (exception == Fit::yes) continue;
    if (exception == Fit::unknown) fit = Fit::unknown;
    weigh(fit, fmt::format("files that {} signed", driver.chain.front().name), finding);
  }
}

}  // namespace

RefusalFinding judge_refusal(const Policy& policy, const Candidate& driver) {
  RefusalFinding finding;
  if ((policy.options & Policy::kAuditMode) != 0) return finding;
  for (const Scenario& scenario : policy.scenarios) {
    if (scenario.value == kDriverScenario) {
      judge_scenario(scenario, policy, driver, finding);
    }
  }
  return finding;
}

}  // namespace drydock::signature
