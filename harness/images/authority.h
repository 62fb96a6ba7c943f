// The harness's own authority: a root that nobody trusts unasked ("drydock harness test
// root"), the two that sign in its name, one that says when, and their signatures.
//
// Its keys are no secret and are meant to be none: they are worked out from their
// owners' names, so that what is signed today is signed the same tomorrow, by
// everybody.  Trust it in a test, by --trust, and nowhere else.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

// Who signs: with the extended key usages that Microsoft's own have.
enum class Signer : std::uint8_t {
  windows,   // Windows itself: 1.3.6.1.4.1.311.10.3.6
  hardware,  // other makers' drivers, tested: 1.3.6.1.4.1.311.10.3.5
};

class Authority {
 public:
  // io where OpenSSL refuses.
  static Result<Authority> create();
  Authority(Authority&& other) noexcept;
  Authority& operator=(Authority&& other) noexcept;
  ~Authority();

  // The root's certificate.
  Result<std::string> root_pem() const;

  // A PKCS#7 SignedData of `content`, a DER element of the type that `type` names,
  // with SHA-256, the certificates, and a counter-signature that says it was signed
  // when the files of built disks were made.  [RFC 2315] 9, [RFC 2985] 5.3.6
  Result<ByteVector> sign(Signer signer, std::string_view type, Bytes content) const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::images
