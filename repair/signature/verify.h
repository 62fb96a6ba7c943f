// Whether Windows believes a file, and by what: a signature that the file bears, or a
// catalog that has its hash.
//
// Both are tried, as Windows does: a file whose own signature isn't believed may be
// in a catalog all the same.  A guest's file is judged by the guest's catalogs alone,
// since those of another build hold other files.
//
// Where the catalogs' index is from a cache, a file is believed by a catalog that was
// read and has its hash; one that isn't believed so is judged again by all catalogs, as
// if there were no cache.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "repair/signature/catalog_folder.h"
#include "repair/signature/catalog_index.h"
#include "repair/signature/certificate.h"
#include "repair/signature/digest.h"
#include "repair/signature/pe.h"
#include "repair/signature/policy.h"
#include "repair/signature/signed_data.h"
#include "repair/signature/trust.h"
#include "vhd/block_device.h"

namespace drydock::signature {

enum class Verified : std::uint8_t {
  embedded,        // by a signature that it bears
  catalog,         // by a catalog
  unsigned_file,   // it bears none, and no catalog has its hash
  bad,             // it is signed, and Windows won't believe it: `why`
  could_not_tell,  // it is signed, and who signed it isn't known here
};

std::string_view to_string(Verified verified);  // "embedded", "unsigned"

struct Verification {
  Verified verified = Verified::could_not_tell;
  std::string why;       // in words; "" where it is believed
  std::optional<Pe> pe;  // nothing: no PE file, so that all of its bytes are hashed
  std::vector<Digest> hashes;         // those that were needed: SHA-256 is always there
  std::vector<std::string> catalogs;  // the names of those that have its hash
  // The one by which it was judged; nothing where that was its own signature, or none.
  std::optional<std::string> catalog = {};
  std::optional<Judgement> judgement = {};  // of that signature

  // Whether anything signs these very bytes, whoever it is.  What doesn't resolve is
  // loaded under no rule.
  bool resolves = false;

  const Digest* hash(Algorithm algorithm) const;
};

struct VerifyOptions {
  // Nothing: by the file's subsystem, the firmware's use for what firmware starts, the
  // kernel's for what the kernel loads, and any file's for the others.
  std::optional<Use> use = {};
  std::uint32_t build = 0;  // as Purpose has it
  // Hashes that are wanted beside those that are needed.
  std::vector<Algorithm> hashes = {};
  // A catalog is believed by the signature that it is.  Never where Windows is to load
  // the file: a catalog in the place of a driver signs nothing that could be loaded.
  bool takes_catalogs = false;
};

class Verifier {
 public:
  // With no `catalogs` files are judged by their own signatures alone.
  Verifier(CatalogIndex index, CatalogFolderPtr catalogs, TrustStore trust);

  // From now on what the kernel would believe is bad where `policy` denies it.
  void deny_by(Policy policy) { policy_ = std::move(policy); }
  // There is one, and it can't be read: what it denies isn't known.
  void miss_policy(std::string why) { policy_problem_ = std::move(why); }
  const std::string& policy_problem() const { return policy_problem_; }

  // Fails as a read of `file` does.  Threads: several may verify at once, where the
  // catalogs may then be read.
  Result<Verification> verify(const BlockDevice& file,
                              const VerifyOptions& options = {}) const;

  const CatalogIndex& index() const { return index_; }

 private:
  struct Judged {
    Judgement judgement;
    bool holds;                 // it signs what it says, whoever signed
    CatalogIndex members = {};  // its own, where index_ is from a cache
  };
  // The catalog `number` of index_, which stays where it is.
  Result<const Judged*> judge_catalog(std::size_t number, Purpose purpose) const;
  Result<Verification> verify_by(const CatalogIndex& index, const BlockDevice& file,
                                 const VerifyOptions& options) const;
  Result<const CatalogIndex*> index_without_cache() const;

  CatalogIndex index_;
  CatalogFolderPtr catalogs_;
  TrustStore trust_;
  std::optional<Policy> policy_;
  std::string policy_problem_;
  mutable CertificateCache certificates_;
  // Of catalogs that were judged already.
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::size_t, Use, std::uint32_t>, Judged> judged_;
  mutable std::optional<CatalogIndex> without_cache_;  // once it was asked for
};

}  // namespace drydock::signature
