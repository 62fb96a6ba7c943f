// A policy of Windows' code integrity as it lies on disk: driversipolicy.p7b,
// SiPolicy.p7b, the *.cip of CiPolicies\Active.
//
//     PKCS#7, content 1.3.6.1.4.1.311.79.1, an OCTET STRING; or bare:
//     header          format, kind, platform, options, counts, version
//     EKUs            as DER, their tag replaced by 1
//     file rules      deny, allow, attribute; name, version, hash
//     signers         a certificate by its TBS hash, or a well-known root
//     lists of signers who may update it
//     scenarios       131 drivers, 12 programs: allowed, denied signers, file rules
//     settings
//     since format 3  greatest versions; 4: further names; 5: packages; 6: ids;
//                     7: paths
//
// Microsoft hasn't published the format.  It is as public tools that turn it into XML
// read it (WDACTools' ConvertTo-WDACCodeIntegrityPolicy), and as two policies of
// formats 7 and 8 were laid out, one of them with Microsoft's list of vulnerable
// drivers.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock::signature {

// The list of vulnerable drivers has 230 KB.
inline constexpr std::size_t kPolicySizeMax = std::size_t{16} << 20;

// Major, minor, build, revision: 16 bits each, from the highest on.
using FileVersion = std::uint64_t;

struct FileRule {
  enum class Kind : std::uint32_t { deny = 0, allow = 1, attribute = 2 };
  Kind kind = Kind::deny;
  std::string file_name = {};  // OriginalFilename
  std::string internal_name = {};
  std::string description = {};  // FileDescription
  std::string product = {};      // ProductName
  std::string path = {};
  FileVersion version = 0;          // MinimumFileVersion
  FileVersion version_maximum = 0;  // MaximumFileVersion; 0: none
  ByteVector hash = {};
};

struct SignerRule {
  std::optional<std::uint32_t> well_known_root = {};
  ByteVector tbs_hash = {};              // where it isn't a well-known root
  std::vector<std::string> usages = {};  // the EKUs that it must have, as text
  std::string issuer = {};
  std::string publisher = {};  // the signer's common name
  std::string oem = {};
  std::vector<std::uint32_t> files = {};  // of file rules, one of which must fit
  std::uint64_t signed_after = 0;         // a FILETIME; 0: any
};

// A signer in a scenario, and the file rules that are exceptions.
struct SignerUse {
  std::uint32_t signer = 0;
  std::vector<std::uint32_t> exceptions = {};
};

struct Scenario {
  std::uint32_t value = 0;
  std::vector<SignerUse> allowed = {};
  std::vector<SignerUse> denied = {};
  std::vector<std::uint32_t> files = {};  // file rules
};
inline constexpr std::uint32_t kDriverScenario = 131;

struct Policy {
  static constexpr std::uint32_t kAuditMode = 0x10000;  // it refuses nothing

  std::uint32_t format = 0;
  Guid kind;
  std::uint32_t options = 0;
  FileVersion version = 0;
  std::vector<FileRule> file_rules = {};
  std::vector<SignerRule> signers = {};
  std::vector<Scenario> scenarios = {};
};

// corrupt where it ends too early, or a number in it points nowhere; unsupported for
// a format that is newer than those that were seen.
Result<Policy> read_policy(Bytes file);

}  // namespace drydock::signature
