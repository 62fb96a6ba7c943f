#include "repair/signature/trust.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cassert>
#include <chrono>

#include "repair/signature/chain.h"
#include "repair/signature/openssl_certificate.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// A bundle of all of Debian's roots is a quarter of this.
constexpr std::size_t kTrustFileSizeMax = std::size_t{1} << 20;

constexpr std::uint32_t kWindows1607 = 14393;
constexpr std::uint32_t kWindows24h2 = 26100;  // and Server 2025
// 2015-07-29T00:00:00Z.  Certificates from before are let be.
constexpr std::int64_t kCrossSigningEnd = 1438128000;

// Roots of builds that weren't released, and of the driver kit: code integrity takes
// them only with test signing on, or in such builds.
constexpr std::string_view kTestRoots[] = {
    "Microsoft Test Root Authority",
    "Microsoft Testing Root Certificate Authority 2010",
    "Microsoft Development Root Certificate Authority 2014",
};
constexpr std::string_view kDriverKitTest = "WDKTestCert";

std::string day(std::int64_t time) {
  std::chrono::sys_seconds at{std::chrono::seconds(time)};
  std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// Which roots may end a chain for this use.
bool serves(const Anchor& anchor, Use use) {
  if (!anchor.kind) return true;
  switch (use) {
    case Use::kernel:
      return *anchor.kind != RootKind::firmware;
    case Use::firmware:
      return *anchor.kind == RootKind::firmware;
    case Use::any_file:
      // WinVerifyTrust doesn't know the root of cross-certificates.
      return *anchor.kind != RootKind::firmware &&
             *anchor.kind != RootKind::code_verification;
  }
  return false;
}

std::vector<const Anchor*> anchors_for(const TrustStore& store, Use use) {
  std::vector<const Anchor*> chosen;
  for (const Anchor& anchor : store.anchors()) {
    if (serves(anchor, use)) chosen.push_back(&anchor);
  }
  return chosen;
}

bool is_test_root(const CertificateFacts& last) {
  auto is_name = [&](std::string_view known) {
    return known == last.name || known == last.issuer_name;
  };
  return std::ranges::any_of(kTestRoots, is_name) ||
         last.name.starts_with(kDriverKitTest) ||
         last.issuer_name.starts_with(kDriverKitTest);
}

bool permits(const CertificateFacts& certificate, std::string_view wanted) {
  constexpr std::string_view kAny = "2.5.29.37.0";
  return !certificate.usages || certificate.has_usage(wanted) ||
         certificate.has_usage(kAny);
}

std::string usages_in_words(const CertificateFacts& certificate) {
  std::vector<std::string> words;
  for (const std::string& each :
       certificate.usages.value_or(std::vector<std::string>())) {
    words.push_back(usage_words(each));
  }
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

// The first certificate that may not sign code; null where all may.
const CertificateFacts* not_for_code(const Chain& chain) {
  for (const CertificateFacts& each : chain.certificates) {
    if (!permits(each, usage::kCodeSigning)) return &each;
  }
  return nullptr;
}

struct Verdict {
  Trust trust;
  std::string reason;
};

std::string by_whom(const Chain& chain) {
  return fmt::format("signed by {}, up to {}", chain.certificates.front().name,
                     chain.anchor->certificate.name);
}

// A certificate of a CA that Microsoft has cross-signed.
//
// Microsoft Learn, "Kernel checks for non-WHQL signed drivers", and the driver signing
// changes of Windows 10 1607: of drivers whose certificate is from 2015-07-29 or later,
// it loads those alone that Microsoft signed -- unless Secure Boot is off, the machine
// was upgraded from an earlier Windows, or the driver is needed to boot.  An expired
// certificate is let be; so were NVIDIA's that were stolen in 2022.
//
// Windows IT Pro Blog, "removal of trust for all kernel drivers signed by the
// deprecated cross-signed root program": with the update of April 2026 Windows 11 24H2
// and Server 2025 take none but those that Microsoft lists, once they have watched for
// a while that nothing needs one.
Verdict judge_cross_signed(const Chain& chain, Purpose purpose) {
  const CertificateFacts& signer = chain.certificates.front();
  std::string words = fmt::format("cross-signed: {}", by_whom(chain));
  std::string since = day(signer.not_before);
  if (purpose.build != 0 && purpose.build < kWindows1607) {
    return {Trust::trusted, fmt::format("{}; this Windows, of build {}, wants no more",
                                        words, purpose.build)};
  }
  if (signer.not_before >= kCrossSigningEnd) {
    return {Trust::could_not_tell,
            fmt::format("{}; the certificate is of {}, and Windows 10 1607 and later "
                        "take such only where Secure Boot is off, the machine was "
                        "upgraded from an earlier Windows, or the driver is needed to "
                        "boot",
                        words, since)};
  }
  if (purpose.build != 0 && purpose.build < kWindows24h2) {
    return {Trust::trusted,
            fmt::format("{}; the certificate is of {}, from before the kernel wanted "
                        "Microsoft's own signature",
                        words, since)};
  }
  return {
      Trust::could_not_tell,
      fmt::format("{}; the certificate is of {}, which Windows before 11 24H2 takes; "
                  "from the update of April 2026 on that one and later take none "
                  "but those that Microsoft lists",
                  words, since)};
}

Verdict judge_for_kernel(const Chain& chain, Purpose purpose) {
  const CertificateFacts& signer = chain.certificates.front();
  if (!chain.anchor->kind) {
    return {Trust::trusted, fmt::format("{}, which was added", by_whom(chain))};
  }
  switch (*chain.anchor->kind) {
    case RootKind::code_verification:
      return judge_cross_signed(chain, purpose);
    case RootKind::microsoft_product:
      for (std::string_view each : {usage::kWindowsComponent, usage::kWhql}) {
        if (!signer.has_usage(each)) continue;
        return {Trust::trusted,
                fmt::format("{}, for {}", by_whom(chain), usage_words(each))};
      }
      return {Trust::could_not_tell,
              fmt::format("{}, but for {}, and whether the kernel takes that isn't "
                          "known here",
                          by_whom(chain), usages_in_words(signer))};
    case RootKind::microsoft_old:
    case RootKind::microsoft_standard:
    case RootKind::firmware:
      break;
  }
  return {Trust::could_not_tell,
          fmt::format("{}, and whether the kernel takes that root isn't known here",
                      by_whom(chain))};
}

// Whether each certificate of the chain was valid when the stamp says.
Verdict judge_for_any_file(const Chain& chain, const Judgement& so_far) {
  std::string words = by_whom(chain);
  if (!so_far.time) {
    return {Trust::could_not_tell,
            fmt::format("{}, but without a time stamp, so that it's only good until {}",
                        words, day(chain.certificates.front().not_after))};
  }
  if (!so_far.time_is_proven) {
    return {Trust::could_not_tell,
            fmt::format("{}, but its time stamp is by somebody who isn't known here",
                        words)};
  }
  for (const CertificateFacts& each : chain.certificates) {
    if (*so_far.time < each.not_before || *so_far.time > each.not_after) {
      return {Trust::could_not_tell,
              fmt::format("{}, but stamped on {}, when the certificate of {} wasn't "
                          "valid",
                          words, day(*so_far.time), each.name)};
    }
  }
  return {Trust::trusted, fmt::format("{}, on {}", words, day(*so_far.time))};
}

Verdict judge_end(const Chain& chain, const Judgement& so_far, Purpose purpose) {
  if (chain.end != ChainEnd::anchor) {
    const CertificateFacts* last =
        chain.certificates.empty() ? nullptr : &chain.certificates.back();
    if (last != nullptr && is_test_root(*last)) {
      return {
          Trust::not_trusted,
          fmt::format("{} is of a test root: it counts only where test signing is on",
                      last->name)};
    }
    bool by_itself =
        chain.end == ChainEnd::self_signed && chain.certificates.size() == 1;
    bool known_bad = by_itself || chain.end == ChainEnd::forged ||
                     chain.end == ChainEnd::not_permitted;
    return {known_bad ? Trust::not_trusted : Trust::could_not_tell, chain.reason};
  }
  switch (purpose.use) {
    case Use::kernel:
      return judge_for_kernel(chain, purpose);
    case Use::firmware:
      return {Trust::trusted, by_whom(chain)};
    case Use::any_file:
      return judge_for_any_file(chain, so_far);
  }
  return {Trust::could_not_tell, "nobody asks"};
}

// The counter-signature's time, and whether its chain ends at a root.
void judge_time(const Signer& signer, const TrustStore& store, Judgement& judgement) {
  if (!signer.counter_signature) {
    judgement.notes.push_back("it has no time stamp");
    return;
  }
  const CounterSignature& stamp = *signer.counter_signature;
  if (stamp.check.proof != Proof::holds) {
    judgement.notes.push_back(
        fmt::format("its time stamp doesn't count: {}", stamp.check.reason));
    return;
  }
  judgement.time = stamp.time;
  const CertificateFacts& by = stamp.certificates[*stamp.certificate];
  Chain chain = build_chain(by, stamp.certificates, anchors_for(store, Use::any_file));
  judgement.time_is_proven =
      chain.end == ChainEnd::anchor && by.has_usage(usage::kTimeStamping);
  if (!judgement.time_is_proven) {
    judgement.notes.push_back(fmt::format(
        "its time stamp is by {}, whose chain ends at no root that is known here",
        by.name));
  }
}

void note_weaknesses(const Signer& signer, Judgement& judgement) {
  if (signer.algorithm == Algorithm::sha1 || signer.algorithm == Algorithm::md5) {
    judgement.notes.push_back(
        fmt::format("it is signed over a digest of {}", to_string(*signer.algorithm)));
  }
  if (!judgement.chain.empty() &&
      judgement.chain.front().has_usage(usage::kWhqlAttested)) {
    judgement.notes.push_back(
        "Microsoft attested it for Windows 10 and later, untested");
  }
  for (const CertificateFacts& each : judgement.chain) {
    if (judgement.time && *judgement.time > each.not_after) {
      judgement.notes.push_back(
          fmt::format("the certificate of {} expired on {}, before the time stamp",
                      each.name, day(each.not_after)));
    }
  }
}

Judgement judge_signer(const SignedData& data, const Signer& signer,
                       const TrustStore& store, Purpose purpose) {
  Judgement judgement{.trust = Trust::could_not_tell, .reason = {}};
  judgement.file = data.file;
  if (signer.check.proof != Proof::holds) {
    if (signer.check.proof == Proof::broken) judgement.trust = Trust::not_trusted;
    judgement.reason = signer.check.reason;
    return judgement;
  }
  judge_time(signer, store, judgement);
  const CertificateFacts& certificate = data.certificates[*signer.certificate];
  Chain chain =
      build_chain(certificate, data.certificates, anchors_for(store, purpose.use));
  const CertificateFacts* wrong =
      purpose.use == Use::firmware ? nullptr : not_for_code(chain);
  if (wrong != nullptr) {
    judgement.trust = Trust::not_trusted;
    judgement.reason = fmt::format(
        "the certificate of {} isn't for code signing, but for "
        "{}",
        wrong->name, usages_in_words(*wrong));
  } else {
    Verdict verdict = judge_end(chain, judgement, purpose);
    judgement.trust = verdict.trust;
    judgement.reason = std::move(verdict.reason);
  }
  judgement.chain = std::move(chain.certificates);
  if (chain.anchor != nullptr) judgement.root = chain.anchor->certificate.name;
  note_weaknesses(signer, judgement);
  return judgement;
}

int rank(Trust trust) {
  return trust == Trust::trusted ? 2 : trust == Trust::could_not_tell ? 1 : 0;
}

void judge_all(const SignedData& data, const TrustStore& store, Purpose purpose,
               std::size_t& count, std::optional<Judgement>& best) {
  for (const Signer& signer : data.signers) {
    bool is_first = count == 0;
    Judgement judgement = judge_signer(data, signer, store, purpose);
    judgement.signature = count++;
    if (!best || rank(judgement.trust) > rank(best->trust)) best = std::move(judgement);
    // Nested messages aren't signed by the first one; but where that is broken, the
    // file isn't as its signer left it, and no file shows what Windows makes of it.
    if (is_first && signer.check.proof == Proof::broken) return;
    for (const SignedData& nested : signer.nested) {
      judge_all(nested, store, purpose, count, best);
    }
  }
}

Result<std::vector<ByteVector>> certificates_in(Bytes file) {
  std::vector<ByteVector> found;
  if (as_text(file).find("-----BEGIN") == std::string_view::npos) {
    found.emplace_back(file.begin(), file.end());
    return found;
  }
  BIO* in = BIO_new_mem_buf(file.data(), static_cast<int>(file.size()));
  while (X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr)) {
    unsigned char* data = nullptr;
    int size = i2d_X509(certificate, &data);
    X509_free(certificate);
    if (size < 0) continue;
    Bytes der = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
    found.emplace_back(der.begin(), der.end());
    OPENSSL_free(data);
  }
  bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  BIO_free(in);
  if (!at_end) return Error(Errc::bad_argument, "a certificate that can't be read");
  return found;
}

}  // namespace

std::string_view to_string(Trust trust) {
  switch (trust) {
    case Trust::trusted:
      return "trusted";
    case Trust::not_trusted:
      return "not_trusted";
    case Trust::could_not_tell:
      return "could_not_tell";
  }
  return "?";
}

TrustStore TrustStore::built_in() {
  TrustStore store;
  for (const Root& root : known_roots()) {
    auto certificate = read_certificate(anchor_certificate(root));
    assert(certificate);  // it is of our own making
    store.anchors_.push_back(
        {.certificate = std::move(*certificate), .kind = root.kind});
  }
  return store;
}

Done TrustStore::add(Bytes file) {
  if (file.size() > kTrustFileSizeMax) {
    return Error(Errc::bad_argument, fmt::format("{} bytes, where {} are more than any "
                                                 "bundle of certificates has",
                                                 file.size(), kTrustFileSizeMax));
  }
  std::vector<Anchor> added;
  for (const ByteVector& der : TRY(certificates_in(file))) {
    auto facts = read_certificate(der);
    if (!facts) return Error(Errc::bad_argument, "a certificate that can't be read");
    added.push_back({.certificate = std::move(*facts)});
  }
  if (added.empty()) return Error(Errc::bad_argument, "no certificate is in it");
  for (Anchor& anchor : added) anchors_.push_back(std::move(anchor));
  return {};
}

Judgement judge(const SignedData& data, const TrustStore& store, Purpose purpose) {
  std::optional<Judgement> best;
  std::size_t count = 0;
  judge_all(data, store, purpose, count, best);
  if (best) return std::move(*best);
  return {.trust = Trust::not_trusted, .reason = "nobody signed it"};
}

}  // namespace drydock::signature
