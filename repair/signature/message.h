// The parts of a PKCS#7 or CMS signed message, as they lie there, and whether a
// signer's signature is over them.  Within this folder: signed_data.h is for all.
//
// The same layout carries embedded signatures and catalogs (PKCS#7) and RFC 3161
// tokens (CMS); OpenSSL needs two readers for them, neither of which takes both.
// So the layout is read by our own; keys and signatures are OpenSSL's.

#pragma once

#include <optional>
#include <vector>

#include "repair/signature/der.h"
#include "repair/signature/signed_data.h"

namespace drydock::signature {

// SignerInfo.  RFC 2315, 9.2; RFC 5652, 5.3.
struct RawSigner {
  Bytes issuer = {};  // the whole name
  Bytes serial = {};
  Bytes digest_algorithm = {};
  Bytes signed_attributes = {};  // the whole [0], or nothing
  Bytes signature_algorithm = {};
  Bytes signature = {};
  Bytes unsigned_attributes = {};  // what is in [1]
};

// SignedData.  The content is what is hashed: without the head of the element that
// holds it.  RFC 2315, 9.3.
struct RawMessage {
  Bytes content_kind = {};
  Bytes content_element = {};
  Bytes content = {};
  std::vector<Bytes> certificates = {};
  std::vector<RawSigner> signers = {};
};

Result<RawMessage> read_message(Bytes message);

// Of the element that `reader` is at.
Result<RawSigner> read_signer(der::Reader& reader);

// The first value of the one signed attribute of this kind; nothing where there is
// none, or more than one.
std::optional<der::Element> signed_attribute(const RawSigner& signer,
                                             std::string_view kind);

// What a signature is checked against.
struct Signed {
  Bytes content_kind = {};  // nothing: a counter-signature, which has none
  Bytes content = {};
};
Check check_signer(const RawSigner& signer, const Signed& what,
                   const CertificateFacts& certificate);

// Calls `visit` with the kind and the values of each attribute that `attributes`
// are a run of.  corrupt where they aren't.
template <class Visit>
Done for_each_attribute(Bytes attributes, Visit visit) {
  der::Reader reader(attributes);
  while (!reader.at_end()) {
    auto attribute = reader.enter(der::kSequence, "an attribute");
    if (!attribute) return std::move(attribute).error();
    auto kind = attribute->next(der::kObject, "an attribute's kind");
    if (!kind) return std::move(kind).error();
    auto values = attribute->next(der::kSet, "an attribute's values");
    if (!values) return std::move(values).error();
    visit(kind->body, values->body);
  }
  return {};
}

}  // namespace drydock::signature
