#include "repair/signature/indirect_data.h"

#include <fmt/format.h>

#include <array>

#include "repair/signature/objects.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

using namespace der;

// SpcSerializedObject's class of page hashes:
// a6b586d5-b4a1-2466-ae05-a217da8e60d6, its bytes in this order.
constexpr std::array<std::uint8_t, 16> kPageHashesClass = {
    0xa6, 0xb5, 0x86, 0xd5, 0xb4, 0xa1, 0x24, 0x66,
    0xae, 0x05, 0xa2, 0x17, 0xda, 0x8e, 0x60, 0xd6};

// What is in the OCTET STRING of a SpcSerializedObject of that class:
// SET { SEQUENCE { object, SET { OCTET STRING } } }.
Done read_page_hashes(Reader reader, IndirectData& data) {
  Reader set = TRY(reader.enter(kSet, "the page hashes"));
  Reader entry = TRY(set.enter(kSequence, "an entry of the page hashes"));
  Bytes kind = TRY(entry.next(kObject, "the kind of page hashes")).body;
  if (is_object(kind, object::kPageHashesSha256)) {
    data.page_algorithm = Algorithm::sha256;
  } else if (is_object(kind, object::kPageHashesSha1)) {
    data.page_algorithm = Algorithm::sha1;
  } else {
    return {};  // Another kind of object: not for us.
  }
  Reader values = TRY(entry.enter(kSet, "the values of the page hashes"));
  data.page_hashes = TRY(values.next(kOctetString, "the table of page hashes")).body;
  return {};
}

// SpcPeImageData: { flags BIT STRING, file [0] { SpcLink } }, whose SpcLink is
// [1] SpcSerializedObject where there are page hashes.  The "Obsolete" link that
// others have says nothing.
Done read_pe_image_data(Reader image, IndirectData& data) {
  if (image.next_is(kBitString)) TRY(image.next());
  if (!image.next_is(constructed(0))) return {};
  Reader file = TRY(image.enter(constructed(0), "the image data's file"));
  if (!file.next_is(constructed(1))) return {};
  Reader serialized = TRY(file.enter(constructed(1), "a serialized object"));
  Bytes kind = TRY(serialized.next(kOctetString, "a serialized object's class")).body;
  if (as_text(kind) != as_text(std::as_bytes(std::span(kPageHashesClass)))) return {};
  Element bytes = TRY(serialized.next(kOctetString, "the page hashes"));
  return read_page_hashes(serialized.inside(bytes), data);
}

}  // namespace

std::string_view to_string(Hashed hashed) {
  switch (hashed) {
    case Hashed::unknown:
      return "unknown";
    case Hashed::pe_image:
      return "pe_image";
    case Hashed::flat:
      return "flat";
  }
  return "?";
}

std::optional<Algorithm> algorithm_of(Bytes object) {
  if (is_object(object, object::kSha256)) return Algorithm::sha256;
  if (is_object(object, object::kSha1)) return Algorithm::sha1;
  if (is_object(object, object::kSha384)) return Algorithm::sha384;
  if (is_object(object, object::kSha512)) return Algorithm::sha512;
  if (is_object(object, object::kMd5)) return Algorithm::md5;
  return std::nullopt;
}

Result<IndirectData> read_indirect_data(Reader& reader) {
  Reader content = TRY(reader.enter(kSequence, "the indirect data"));
  Reader what = TRY(content.enter(kSequence, "what the indirect data is of"));
  Bytes kind = TRY(what.next(kObject, "the kind of the indirect data")).body;
  IndirectData data;
  if (is_object(kind, object::kPeImageData)) {
    data.hashed = Hashed::pe_image;
    if (what.next_is(kSequence)) {
      Reader image = TRY(what.enter(kSequence, "the image data"));
      TRY(read_pe_image_data(image, data));
    }
  } else if (is_object(kind, object::kFlatData)) {
    data.hashed = Hashed::flat;
  }
  Reader digest = TRY(content.enter(kSequence, "the digest"));
  Reader algorithm = TRY(digest.enter(kSequence, "the digest's algorithm"));
  Bytes named = TRY(algorithm.next(kObject, "the digest's algorithm")).body;
  std::size_t offset = digest.offset();
  data.digest = TRY(digest.next(kOctetString, "the digest's bytes")).body;
  auto known = algorithm_of(named);
  if (!known) {
    return Error(Errc::unsupported, fmt::format("a digest of an unknown algorithm, {}",
                                                object_text(named)));
  }
  data.algorithm = *known;
  if (data.digest.size() != digest_size(*known)) {
    return Error(Errc::corrupt, fmt::format("a digest of {} bytes, where {} has {}",
                                            data.digest.size(), to_string(*known),
                                            digest_size(*known)))
        .in(fmt::format("offset {}", offset));
  }
  return data;
}

}  // namespace drydock::signature
