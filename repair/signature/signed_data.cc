#include "repair/signature/signed_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/message.h"
#include "repair/signature/objects.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

using namespace der;

// Windows' own files have one message in another, and no deeper.
constexpr int kDepthMax = 4;
// Nested messages and counter-signatures of one message, all told.
constexpr int kMessagesMax = 32;

// What all the messages of one share.
struct Reading {
  CertificateCache* cache = nullptr;
  int messages_left = kMessagesMax;
};

Result<SignedData> read_at(Bytes bytes, int depth, Reading& reading);

std::string hex(Bytes bytes) {
  std::string text;
  for (std::byte byte : bytes) {
    text += fmt::format("{:02X}", std::to_integer<unsigned>(byte));
  }
  return text;
}

std::vector<CertificateFacts> read_certificates(const RawMessage& message,
                                                CertificateCache* cache) {
  std::vector<CertificateFacts> certificates;
  for (Bytes der : message.certificates) {
    auto facts = cache != nullptr ? cache->read(der) : read_certificate(der);
    if (facts) certificates.push_back(std::move(*facts));
  }
  return certificates;
}

std::optional<std::size_t> find_certificate(
    const std::vector<CertificateFacts>& certificates, const RawSigner& signer) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (as_text(certificates[i].raw_issuer) == as_text(signer.issuer) &&
        as_text(certificates[i].raw_serial) == as_text(signer.serial)) {
      return i;
    }
  }
  return std::nullopt;
}

Check check_with(const RawSigner& signer, const Signed& what,
                 const std::vector<CertificateFacts>& certificates,
                 std::optional<std::size_t> which) {
  if (!which) return {Proof::untested, "the signer's certificate isn't in the message"};
  return check_signer(signer, what, certificates[*which]);
}

std::optional<std::int64_t> signing_time(const RawSigner& signer) {
  auto time = signed_attribute(signer, object::kSigningTime);
  return time ? to_time(*time) : std::nullopt;
}

// SpcString: [0] BMPString or [1] IA5String.
std::string spc_string(const Element& element) {
  if (element.tag == context(0)) {
    ByteVector swapped(element.body.begin(), element.body.end());
    for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) {
      std::swap(swapped[i], swapped[i + 1]);
    }
    return utf8_from_utf16le(swapped);
  }
  return element.tag == context(1) ? std::string(as_text(element.body)) : std::string();
}

// SpcSpOpusInfo: { [0] { SpcString }, [1] { SpcLink } }, of which a link's url is
// [0].  What isn't laid out so is left empty: it proves nothing anyway.
void read_opus(const Element& opus, Signer& signer) {
  Reader parts(opus.body);
  while (!parts.at_end()) {
    auto part = parts.next();
    if (!part) return;
    auto value = Reader(part->body).next();
    if (!value) continue;
    if (part->tag == constructed(0)) signer.program = spc_string(*value);
    if (part->tag == constructed(1) && value->tag == context(0)) {
      signer.url = std::string(as_text(value->body));
    }
  }
}

// A SignerInfo whose content is the other's signature.  RFC 2985, 5.3.6.
std::optional<CounterSignature> read_pkcs9(Bytes values, const RawSigner& over,
                                           const SignedData& message) {
  Reader reader(values);
  auto raw = read_signer(reader);
  if (!raw) return std::nullopt;
  CounterSignature found{.kind = CounterSignature::Kind::pkcs9};
  auto which = find_certificate(message.certificates, *raw);
  found.check =
      check_with(*raw, {.content = over.signature}, message.certificates, which);
  if (which) {
    found.certificates = message.certificates;
    found.certificate = which;
  }
  auto time = signing_time(*raw);
  found.time = time.value_or(0);
  if (!time && found.check.proof == Proof::holds) {
    found.check = {Proof::untested, "it doesn't say when"};
  }
  return found;
}

// What is stamped, and when.  RFC 3161, 2.4.2.
struct StampInfo {
  Bytes algorithm;
  Bytes digest;
  std::optional<std::int64_t> time;
};

Result<StampInfo> read_stamp_info(Bytes content) {
  Reader reader(content);
  Reader info = TRY(reader.enter(kSequence, "the stamp"));
  TRY(info.next(kInteger, "the stamp's version"));
  TRY(info.next(kObject, "the stamp's policy"));
  Reader imprint = TRY(info.enter(kSequence, "what is stamped"));
  Reader algorithm = TRY(imprint.enter(kSequence, "the stamp's digest"));
  StampInfo stamp;
  stamp.algorithm = TRY(algorithm.next(kObject, "the stamp's digest")).body;
  stamp.digest = TRY(imprint.next(kOctetString, "the stamp's digest")).body;
  TRY(info.next(kInteger, "the stamp's serial number"));
  stamp.time = to_time(TRY(info.next(kGeneralizedTime, "the stamp's time")));
  return stamp;
}

// Whether the stamp is on this signature.
Check check_imprint(const StampInfo& stamp, Bytes signature) {
  auto algorithm = algorithm_of(stamp.algorithm);
  if (!algorithm)
    return {Proof::untested, "it stamps a digest of an unknown algorithm"};
  Hasher hasher(*algorithm);
  hasher.add(signature);
  if (as_text(hasher.finish().bytes()) != as_text(stamp.digest)) {
    return {Proof::broken, "it stamps another signature"};
  }
  if (!stamp.time) return {Proof::untested, "it doesn't say when"};
  return {Proof::holds, {}};
}

std::optional<CounterSignature> read_token(Bytes values, const RawSigner& over,
                                           CertificateCache* cache) {
  auto message = read_message(values);
  if (!message || message->signers.empty() ||
      !is_object(message->content_kind, object::kTimeStampInfo)) {
    return std::nullopt;
  }
  auto stamp = read_stamp_info(message->content);
  if (!stamp) return std::nullopt;
  CounterSignature found{.kind = CounterSignature::Kind::rfc3161};
  found.time = stamp->time.value_or(0);
  found.certificates = read_certificates(*message, cache);
  const RawSigner& signer = message->signers.front();
  found.certificate = find_certificate(found.certificates, signer);
  found.check = check_with(
      signer, {.content_kind = message->content_kind, .content = message->content},
      found.certificates, found.certificate);
  if (found.check.proof == Proof::holds) {
    found.check = check_imprint(*stamp, over.signature);
  }
  return found;
}

// One that holds is better than one that doesn't.
void take(std::optional<CounterSignature>& into,
          std::optional<CounterSignature> other) {
  if (!other) return;
  if (!into || into->check.proof != Proof::holds) into = std::move(other);
}

void read_unsigned(const RawSigner& raw, const SignedData& message, int depth,
                   Reading& reading, Signer& signer) {
  // What is read before an attribute that can't be counts; none of it is signed.
  static_cast<void>(for_each_attribute(raw.unsigned_attributes, [&](Bytes kind,
                                                                    Bytes values) {
    if (is_object(kind, object::kCounterSignature) && reading.messages_left > 0) {
      --reading.messages_left;
      take(signer.counter_signature, read_pkcs9(values, raw, message));
    } else if (is_object(kind, object::kTimeStampToken) && reading.messages_left > 0) {
      --reading.messages_left;
      take(signer.counter_signature, read_token(values, raw, reading.cache));
    } else if (is_object(kind, object::kNestedSignature)) {
      Reader nested(values);
      while (!nested.at_end()) {
        auto element = nested.next();
        if (!element) return;
        auto read = read_at(element->whole, depth + 1, reading);
        if (read) signer.nested.push_back(std::move(*read));
      }
    }
  }));
}

Signer read_signer_of(const RawSigner& raw, const RawMessage& message,
                      const SignedData& data, int depth, Reading& reading) {
  Signer signer;
  signer.certificate = find_certificate(data.certificates, raw);
  signer.issuer = signer.certificate ? data.certificates[*signer.certificate].issuer
                                     : hex(raw.issuer);
  signer.serial = hex(raw.serial);
  signer.algorithm = algorithm_of(raw.digest_algorithm);
  signer.check = check_with(
      raw, {.content_kind = message.content_kind, .content = message.content},
      data.certificates, signer.certificate);
  signer.signing_time = signing_time(raw);
  if (auto opus = signed_attribute(raw, object::kOpusInfo)) read_opus(*opus, signer);
  read_unsigned(raw, data, depth, reading, signer);
  return signer;
}

Result<std::optional<SignedFile>> read_file(const RawMessage& message) {
  Reader reader(message.content_element);
  auto data = read_indirect_data(reader);
  if (!data && data.error().code() == Errc::unsupported) {
    return std::optional<SignedFile>();
  }
  if (!data) return std::move(data).error();
  auto digest = Digest::of(data->algorithm, data->digest);
  if (!digest) return std::optional<SignedFile>();
  SignedFile file{.hashed = data->hashed, .digest = *digest};
  file.page_hashes.assign(data->page_hashes.begin(), data->page_hashes.end());
  file.page_algorithm = data->page_algorithm;
  return std::optional(std::move(file));
}

Result<SignedData> read_at(Bytes bytes, int depth, Reading& reading) {
  if (depth > kDepthMax) {
    return Error(Errc::unsupported, fmt::format("more than {} messages, each in the "
                                                "other",
                                                kDepthMax));
  }
  if (reading.messages_left-- <= 0) {
    return Error(Errc::unsupported,
                 fmt::format("more than {} messages in one", kMessagesMax));
  }
  RawMessage message = TRY(read_message(bytes));
  SignedData data;
  data.content_kind = object_text(message.content_kind);
  if (is_object(message.content_kind, object::kIndirectData)) {
    data.content = SignedData::Content::file;
    data.file = TRY(read_file(message));
  } else if (is_object(message.content_kind, object::kTrustList)) {
    data.content = SignedData::Content::trust_list;
  }
  data.certificates = read_certificates(message, reading.cache);
  for (const RawSigner& raw : message.signers) {
    data.signers.push_back(read_signer_of(raw, message, data, depth, reading));
  }
  return data;
}

}  // namespace

Result<SignedData> read_signed_data(Bytes message, CertificateCache* cache) {
  Reading reading{.cache = cache};
  return read_at(message, 1, reading);
}

}  // namespace drydock::signature
