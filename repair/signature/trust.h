// Whether a signature is one that Windows, or the firmware that starts it, believes.
//
// judge() follows the certificates of a signed message up to a root that is known
// here, and weighs what they may sign.  It answers as Windows' code integrity would
// where that is known, and shown by a signed file that our tests judge; everywhere
// else it says could_not_tell, and why.  Nothing is looked up online: whether a
// certificate was revoked is only known where the guest's own policy says so
// (revocation.h).  Whether a file is the one that was signed is for the caller to
// see: a judgement names the digest that it vouches for.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/signature/roots.h"
#include "repair/signature/signed_data.h"
#include "vhd/base/result.h"

namespace drydock::signature {

enum class Trust : std::uint8_t { trusted, not_trusted, could_not_tell };

std::string_view to_string(Trust trust);  // "could_not_tell"

// Who is to believe the signature.
enum class Use : std::uint8_t {
  // Windows' kernel, and winload before it: drivers and catalogs.  As code integrity
  // does, it lets an expired certificate be; what it is asks for is a usage of
  // Windows or of WHQL and a root of Microsoft's, or a cross-certificate.
  kernel,
  // The firmware's Secure Boot: EFI programs.  As firmware does, it looks at neither
  // times nor usages.
  firmware,
  // WinVerifyTrust, for any file: sigcheck's "Verified".
  any_file,
};

struct Purpose {
  Use use = Use::kernel;
  // Windows' CurrentBuildNumber, where it is known: Windows 10 1607 (14393) and later
  // want of newer drivers that Microsoft itself signed them, 11 24H2 (26100) and later
  // of nearly all.
  std::uint32_t build = 0;
};

// A certificate, or only a key with a name, at which a chain may end.
struct Anchor {
  CertificateFacts certificate;  // of a key with a name: one that nobody signed
  // Nothing for one that was added.
  std::optional<RootKind> kind = {};
};

class TrustStore {
 public:
  // known_roots().
  static TrustStore built_in();

  // Trusts the certificates in `file`, PEM or DER, for every use.  bad_argument
  // where there is none, or one of them can't be read; then none is added.
  Done add(Bytes file);

  const std::vector<Anchor>& anchors() const { return anchors_; }

 private:
  TrustStore() = default;
  std::vector<Anchor> anchors_;
};

struct Judgement {
  Trust trust = Trust::could_not_tell;
  std::string reason;  // a clause, with the names in it
  // The signer's certificate, then who issued it, and so on, as far as they came
  // with the message.
  std::vector<CertificateFacts> chain = {};
  std::string root = {};  // the name of what it ends at; "" where that isn't known
  // When a counter-signature that holds says that it was signed, and whether that
  // one's chain ends at a root that is known here.
  std::optional<std::int64_t> time = {};
  bool time_is_proven = false;
  // What is true of it besides, in words: an expired certificate, SHA-1...
  std::vector<std::string> notes = {};
  // Of the signature that was judged: 0 the first, 1 the first nested one...
  std::size_t signature = 0;
  // What that one vouches for, unless the message is a catalog.
  std::optional<SignedFile> file = {};
};

// Of the signature in `data` that does best, nested ones among them; a broken first
// one is never outdone.
Judgement judge(const SignedData& data, const TrustStore& store, Purpose purpose);

}  // namespace drydock::signature
