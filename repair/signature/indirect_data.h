// SpcIndirectDataContent: the digest of a file, as an embedded signature signs it
// and as a catalog has it of each member.
//
//   { { kind, value }, { algorithm, digest } }
//
// The digest of a PE file is its image hash (image_hash.h), of any other file the
// hash of all its bytes.

#pragma once

#include <optional>

#include "repair/signature/der.h"
#include "repair/signature/digest.h"

namespace drydock::signature {

// What was hashed.
enum class Hashed : std::uint8_t {
  unknown,
  pe_image,  // a PE file, without what a signature changes in it
  flat,      // all the bytes of a file
};

std::string_view to_string(Hashed hashed);  // "pe_image"

// The algorithm whose identifier's bytes these are.
std::optional<Algorithm> algorithm_of(Bytes object);

struct IndirectData {
  Hashed hashed = Hashed::unknown;
  Algorithm algorithm = Algorithm::sha256;
  Bytes digest = {};  // as long as the algorithm's are

  // The table of page hashes, where there is one: le32 offset in the file, then
  // the page's digest, and again.
  Bytes page_hashes = {};
  Algorithm page_algorithm = Algorithm::sha1;
};

// Of the element that `reader` is at; the views are of its bytes.  corrupt where
// it isn't laid out so, unsupported where the algorithm isn't one that we know.
Result<IndirectData> read_indirect_data(der::Reader& reader);

}  // namespace drydock::signature
