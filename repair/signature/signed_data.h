// A PKCS#7 signed message: what signs a file from within, or a catalog.
//
// Here is what it says and what of it can be proven from its own bytes: whether
// each signer's digest is that of the content and its signature that of its
// certificate's key, and the same of the time stamps.  Nothing is said of whether
// anybody should believe the certificates: trust.h judges.
//
//     content             SpcIndirectDataContent: a file's digest; or a CTL
//     certificates
//     signer infos        issuer and serial, digest, signed attributes, signature
//       unsigned          a counter-signature: PKCS#9 1.2.840.113549.1.9.6, or an
//                         RFC 3161 token 1.3.6.1.4.1.311.3.3.1
//                         further messages: 1.3.6.1.4.1.311.2.4.1

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/signature/certificate.h"
#include "repair/signature/digest.h"
#include "repair/signature/indirect_data.h"

namespace drydock::signature {

// Whether something that was signed is what was signed.
enum class Proof : std::uint8_t {
  holds,
  broken,    // the bytes say otherwise: changed since, or forged
  untested,  // signed in a way that isn't understood here, or by a key that isn't here
};

struct Check {
  Proof proof = Proof::untested;
  std::string reason;  // why it doesn't hold, in words
};

// Somebody else's word for when a signature was made.
struct CounterSignature {
  enum class Kind : std::uint8_t { pkcs9, rfc3161 };
  Kind kind = Kind::pkcs9;
  std::int64_t time = 0;  // seconds since 1970; as said, whether or not it holds
  // Of the stamp's own signature, and that it is over this signer's signature.
  Check check = {};
  // All that came with it, and which of them signed.  A PKCS#9 one's are the
  // message's own.
  std::vector<CertificateFacts> certificates = {};
  std::optional<std::size_t> certificate = {};
};

struct SignedData;

struct Signer {
  // Of SignedData::certificates; nothing where it isn't among them.
  std::optional<std::size_t> certificate = {};
  std::string issuer = {};  // as the signer info names it: raw DER as hex, if unknown
  std::string serial = {};
  std::optional<Algorithm> algorithm = {};  // its digest; nothing: an unknown one
  Check check = {};
  std::optional<std::int64_t> signing_time = {};  // its own word
  std::string program = {};                       // SpcSpOpusInfo: programName
  std::string url = {};                           // SpcSpOpusInfo: moreInfo
  std::optional<CounterSignature> counter_signature = {};
  std::vector<SignedData> nested;
};

// What an embedded signature signs.
struct SignedFile {
  Hashed hashed = Hashed::unknown;
  Digest digest;
  ByteVector page_hashes = {};  // as IndirectData has them
  Algorithm page_algorithm = Algorithm::sha1;
};

struct SignedData {
  enum class Content : std::uint8_t { file, trust_list, other };
  Content content = Content::other;
  std::string content_kind = {};        // the identifier
  std::optional<SignedFile> file = {};  // for Content::file
  std::vector<CertificateFacts> certificates = {};
  std::vector<Signer> signers = {};  // none: nobody signed
};

// `message` may go on behind the message, as certificate tables do.  corrupt where
// it isn't laid out as a signed message, unsupported where it has more
// certificates, signers or depth than any that Windows would make.  A certificate
// that can't be read is left out.  What is broken in a counter-signature or in a
// nested message alone is said there, or leaves it out.
//
// `cache` makes a second reading of like certificates fast; null: none is kept.
Result<SignedData> read_signed_data(Bytes message, CertificateCache* cache = nullptr);

}  // namespace drydock::signature
