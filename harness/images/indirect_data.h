// What a signature of Windows is about: the digest of a program, or of a file that is
// none, and how it is written down (SpcIndirectDataContent).
//
// "Windows Authenticode Portable Executable Signature Format" 1.0, [AUTHENTICODE]
// below.  repair/signature, which judges what is made here, shares none of it.

#pragma once

#include <cstdint>
#include <string_view>

#include "harness/images/authority.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

enum class Digest : std::uint8_t { sha1, sha256 };

inline constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4";

// Of all bytes.
ByteVector digest_of(Digest digest, Bytes content);
// Of a program without its checksum, its signatures, and the place that names those:
// what signing doesn't change.  bad_argument for what is no program.
Result<ByteVector> image_digest(Digest digest, Bytes program);

bool is_program(Bytes content);
// The digest that Windows knows a file by: of a program its image's.
Result<ByteVector> member_digest(Digest digest, Bytes content);

// The DER element; `of_program` says what the digest is of.
ByteVector indirect_data(Digest digest, Bytes value, bool of_program);

// `program` with a signature of its own at its end, and the right checksum.
Result<ByteVector> sign_program(ByteVector program, const Authority& authority,
                                Signer signer);

}  // namespace drydock::images
