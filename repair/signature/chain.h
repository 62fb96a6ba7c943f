// From a certificate up to an anchor, by OpenSSL.  Within this folder.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/signature/trust.h"

namespace drydock::signature {

// How far the certificates lead.
enum class ChainEnd : std::uint8_t {
  anchor,         // at an anchor, every signature on the way being right
  unknown,        // at an issuer that is neither there nor an anchor
  self_signed,    // at a certificate that signed itself and is no anchor
  forged,         // a certificate's signature isn't its issuer's
  not_permitted,  // its issuer may not issue, or not so
};

struct Chain {
  ChainEnd end = ChainEnd::unknown;
  std::vector<CertificateFacts> certificates;  // from the signer's on, no anchor
  const Anchor* anchor = nullptr;              // for ChainEnd::anchor
  std::string reason;                          // for the others
};

// `anchors` must outlive what is returned.  Times and usages aren't looked at.
Chain build_chain(const CertificateFacts& signer,
                  const std::vector<CertificateFacts>& others,
                  const std::vector<const Anchor*>& anchors);

// The certificate of an anchor of which only name, serial number and key are known.
// Nobody signed it: whoever follows a chain doesn't look at an anchor's signature.
ByteVector anchor_certificate(const Root& root);

}  // namespace drydock::signature
