#include "repair/signature/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/catalog.h"
#include "repair/signature/image_hash.h"
#include "repair/signature/revocation.h"
#include "repair/signature/version_resource.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// The digests that a message, and those in it, have of the file.  read_signed_data()
// bounds how deep they lie.
void add_algorithms(const SignedData& message, std::vector<Algorithm>& algorithms) {
  if (message.file) algorithms.push_back(message.file->digest.algorithm);
  for (const Signer& signer : message.signers) {
    for (const SignedData& nested : signer.nested) add_algorithms(nested, algorithms);
  }
}

// Whether a message signs what it says: what nothing here understands may.
bool holds(const SignedData& message) {
  return std::ranges::any_of(message.signers, [](const Signer& signer) {
    return signer.check.proof != Proof::broken;
  });
}

// [PE] Windows Subsystem
constexpr std::uint16_t kNative = 1;        // the kernel and its drivers
constexpr std::uint16_t kEfiFirst = 10;     // application, boot and runtime driver,
constexpr std::uint16_t kEfiLast = 13;      // ROM
constexpr std::uint16_t kBootProgram = 16;  // winload.efi

Purpose purpose_of(const VerifyOptions& options, const std::optional<Pe>& pe) {
  Use use = Use::any_file;
  if (pe && pe->subsystem >= kEfiFirst && pe->subsystem <= kEfiLast) {
    use = Use::firmware;
  } else if (pe && (pe->subsystem == kNative || pe->subsystem == kBootProgram)) {
    use = Use::kernel;
  }
  return {.use = options.use.value_or(use), .build = options.build};
}

// Better news wins: what is believed, then what may be, then what isn't.
int rank(Trust trust) {
  switch (trust) {
    case Trust::trusted:
      return 2;
    case Trust::could_not_tell:
      return 1;
    case Trust::not_trusted:
      return 0;
  }
  return 0;
}

// A file while it is being judged.
class Case {
 public:
  Case(const BlockDevice& file, Verification& verification)
      : file_(file), verification_(verification) {}

  Done open(CertificateCache& certificates, bool takes_catalogs);
  Done hash(std::vector<Algorithm> algorithms);
  // The messages that it bears; what of them couldn't be read is in problems().
  const std::vector<SignedData>& messages() const { return messages_; }
  const std::vector<std::string>& problems() const { return problems_; }
  // Whether it is these bytes that were signed.
  bool is_what_was_signed(const std::optional<SignedFile>& file) const;

 private:
  Done open_catalog(CertificateCache& certificates);

  const BlockDevice& file_;
  Verification& verification_;
  std::vector<SignedData> messages_;
  std::vector<std::string> problems_;
  bool is_catalog_ = false;  // a message itself, which signs what is in it
};

Done Case::open(CertificateCache& certificates, bool takes_catalogs) {
  auto pe = read_pe(file_);
  if (!pe && pe.error().code() != Errc::corrupt) return std::move(pe).error();
  if (!pe)
    return takes_catalogs ? open_catalog(certificates) : Done();  // all is hashed
  CertificateTable table = TRY(read_certificates(file_, *pe));
  problems_ = std::move(table.faults);
  if (!pe->certificate_fault.empty()) problems_.push_back(pe->certificate_fault);
  for (const Certificate& certificate : table.certificates) {
    if (certificate.type != kPkcs7Certificate) continue;
    auto message = read_signed_data(certificate.bytes, &certificates);
    if (message) {
      messages_.push_back(*std::move(message));
    } else {
      problems_.push_back(message.error().describe());
    }
  }
  verification_.pe = *std::move(pe);
  return {};
}

Done Case::open_catalog(CertificateCache& certificates) {
  constexpr std::byte kSequence{0x30};  // DER: what each message begins with
  std::byte first{};
  if (file_.size() == 0 || file_.size() > kCatalogSizeMax) return {};
  TRY(file_.read(0, {&first, 1}));
  if (first != kSequence) return {};
  ByteVector bytes = TRY(read_bytes(file_, 0, file_.size(), kCatalogSizeMax));
  auto message = read_signed_data(bytes, &certificates);
  if (!message || message->content != SignedData::Content::trust_list) return {};
  is_catalog_ = true;
  messages_.push_back(*std::move(message));
  return {};
}

Done Case::hash(std::vector<Algorithm> algorithms) {
  std::erase_if(algorithms, [&](Algorithm algorithm) {
    return verification_.hash(algorithm) != nullptr;
  });
  std::sort(algorithms.begin(), algorithms.end());
  algorithms.erase(std::unique(algorithms.begin(), algorithms.end()), algorithms.end());
  if (algorithms.empty()) return {};
  auto hashes =
      TRY(verification_.pe ? image_hashes(file_, *verification_.pe, algorithms)
                           : flat_hashes(file_, algorithms));
  verification_.hashes.insert(verification_.hashes.end(), hashes.begin(), hashes.end());
  return {};
}

bool Case::is_what_was_signed(const std::optional<SignedFile>& file) const {
  if (is_catalog_) return true;
  if (!file) return false;
  const Digest* hash = verification_.hash(file->digest.algorithm);
  return hash != nullptr && *hash == file->digest;
}

// The best of several judgements, and what it means for the file.
void settle_for(Judgement judgement, Verified believed, Verification& verification) {
  bool better = !verification.judgement ||
                rank(judgement.trust) > rank(verification.judgement->trust);
  if (!better) return;
  switch (judgement.trust) {
    case Trust::trusted:
      verification.verified = believed;
      break;
    case Trust::could_not_tell:
      verification.verified = Verified::could_not_tell;
      break;
    case Trust::not_trusted:
      verification.verified = Verified::bad;
      break;
  }
  bool trusted = judgement.trust == Trust::trusted;
  verification.why = trusted ? std::string() : judgement.reason;
  verification.judgement = std::move(judgement);
}

bool is_believed(const Verification& verification) {
  return verification.judgement && verification.judgement->trust == Trust::trusted;
}

// By what it bears itself.
void judge_embedded(const Case& file, const TrustStore& trust, Purpose purpose,
                    Verification& verification) {
  for (const SignedData& message : file.messages()) {
    Judgement judgement = judge(message, trust, purpose);
    if (!file.is_what_was_signed(judgement.file)) continue;
    verification.resolves = verification.resolves || holds(message);
    settle_for(std::move(judgement), Verified::embedded, verification);
  }
}

// Why a file that nothing signs isn't believed.
void refuse(const Case& file, Verification& verification) {
  if (!file.messages().empty()) {
    verification.verified = Verified::bad;
    verification.why =
        "it was changed after it was signed: its hash isn't the signed one";
  } else if (!file.problems().empty()) {
    verification.verified = Verified::bad;
    verification.why = file.problems().front();
  } else {
    verification.verified = Verified::unsigned_file;
    verification.why = "it bears no signature, and no catalog has its hash";
  }
}

// The file as a policy's rules see it.
Candidate candidate_of(const BlockDevice& file, const Verification& verification) {
  Candidate candidate{.digests = verification.hashes,
                      .chain = verification.judgement->chain};
  auto version = read_version_resource(file, *verification.pe);
  if (!version) return candidate;
  candidate.original_name = version->original_filename;
  candidate.internal_name = version->internal_name;
  candidate.description = version->file_description;
  candidate.product = version->product_name;
  if (const auto& number = version->file_number) {
    FileVersion packed = 0;
    for (std::uint16_t part : *number) packed = packed << 16 | part;
    candidate.version = packed;
  }
  return candidate;
}

// What a policy denies isn't loaded, whoever signed it.
void apply(const Policy& policy, const BlockDevice& file, Verification& verification) {
  RefusalFinding finding = judge_refusal(policy, candidate_of(file, verification));
  if (finding.refusal == Refusal::not_refused) return;
  bool refused = finding.refusal == Refusal::refused;
  if (!refused && !is_believed(verification)) return;
  verification.verified = refused ? Verified::bad : Verified::could_not_tell;
  verification.why = finding.reason;
}

}  // namespace

std::string_view to_string(Verified verified) {
  switch (verified) {
    case Verified::embedded:
      return "embedded";
    case Verified::catalog:
      return "catalog";
    case Verified::unsigned_file:
      return "unsigned";
    case Verified::bad:
      return "bad";
    case Verified::could_not_tell:
      return "could_not_tell";
  }
  return "could_not_tell";
}

const Digest* Verification::hash(Algorithm algorithm) const {
  auto found = std::ranges::find(hashes, algorithm, &Digest::algorithm);
  return found == hashes.end() ? nullptr : &*found;
}

Verifier::Verifier(CatalogIndex index, CatalogFolderPtr catalogs, TrustStore trust)
    : index_(std::move(index)),
      catalogs_(std::move(catalogs)),
      trust_(std::move(trust)) {}

Result<const Verifier::Judged*> Verifier::judge_catalog(std::size_t number,
                                                        Purpose purpose) const {
  std::scoped_lock lock(mutex_);
  std::tuple key(number, purpose.use, purpose.build);
  if (auto known = judged_.find(key); known != judged_.end()) return &known->second;
  const std::string& name = index_.catalogs()[number].name;
  ByteVector content = TRY(catalogs_->read(name));
  SignedData message = TRY(read_signed_data(content, &certificates_));
  Judged judged{.judgement = judge(message, trust_, purpose), .holds = holds(message)};
  if (index_.is_from_cache()) {
    judged.members.add(name, content);
    judged.members.seal();
  }
  return &judged_.emplace(key, std::move(judged)).first->second;
}

Result<const CatalogIndex*> Verifier::index_without_cache() const {
  std::scoped_lock lock(mutex_);
  if (!without_cache_) without_cache_ = TRY(CatalogIndex::read(*catalogs_));
  return &*without_cache_;
}

Result<Verification> Verifier::verify(const BlockDevice& file,
                                      const VerifyOptions& options) const {
  if (!index_.is_from_cache()) return verify_by(index_, file, options);
  auto verification = verify_by(index_, file, options);
  if (verification && is_believed(*verification)) return verification;
  return verify_by(*TRY(index_without_cache()), file, options);
}

Result<Verification> Verifier::verify_by(const CatalogIndex& index,
                                         const BlockDevice& file,
                                         const VerifyOptions& options) const {
  Verification verification;
  Case it(file, verification);
  TRY(it.open(certificates_, options.takes_catalogs));
  std::vector<Algorithm> wanted = options.hashes;
  wanted.push_back(Algorithm::sha256);
  for (const SignedData& message : it.messages()) add_algorithms(message, wanted);
  TRY(it.hash(std::move(wanted)));
  Purpose purpose = purpose_of(options, verification.pe);
  judge_embedded(it, trust_, purpose, verification);
  // SHA-1 is asked for only where SHA-256 wasn't enough: few catalogs of today have it.
  for (Algorithm algorithm : {Algorithm::sha256, Algorithm::sha1}) {
    if (is_believed(verification) && options.hashes.empty()) break;
    TRY(it.hash({algorithm}));
    const Digest& hash = *verification.hash(algorithm);
    for (std::size_t catalog : index.find(hash)) {
      const std::string& name = index.catalogs()[catalog].name;
      if (std::ranges::find(verification.catalogs, name) != verification.catalogs.end())
        continue;
      if (!is_believed(verification)) {
        const Judged& judged = *TRY(judge_catalog(catalog, purpose).in(name));
        if (index.is_from_cache() && !judged.members.holds(hash)) continue;
        verification.resolves = verification.resolves || judged.holds;
        bool was = verification.judgement.has_value();
        settle_for(judged.judgement, Verified::catalog, verification);
        if (!was || is_believed(verification)) verification.catalog = name;
      }
      verification.catalogs.push_back(name);
    }
  }
  if (!verification.judgement) {
    refuse(it, verification);
  } else if (policy_ && verification.pe && purpose.use == Use::kernel) {
    apply(*policy_, file, verification);
  }
  return verification;
}

}  // namespace drydock::signature
