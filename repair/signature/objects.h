// The object identifiers that this folder knows, as DER has them.
//
// Microsoft's are under 1.3.6.1.4.1.311; those of Authenticode are in
// "Windows Authenticode Portable Executable Signature Format", those of catalogs
// in wintrust.h and mscat.h.

#pragma once

#include <string_view>

namespace drydock::signature::object {

using std::string_view_literals::operator""sv;

inline constexpr auto kSignedData =
    "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;  // pkcs7 2

// Attributes of signers: PKCS#9, and Microsoft's.
inline constexpr auto kContentType = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"sv;
inline constexpr auto kMessageDigest = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"sv;
inline constexpr auto kSigningTime = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"sv;
inline constexpr auto kCounterSignature = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"sv;
inline constexpr auto kTimeStampToken =  // 311.3.3.1: szOID_RFC3161_counterSign
    "\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"sv;
inline constexpr auto kNestedSignature =  // 311.2.4.1: SPC_NESTED_SIGNATURE
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01"sv;

inline constexpr auto kTimeStampInfo =  // id-ct-TSTInfo, RFC 3161
    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"sv;

// Digests.
inline constexpr auto kMd5 = "\x2a\x86\x48\x86\xf7\x0d\x02\x05"sv;
inline constexpr auto kSha1 = "\x2b\x0e\x03\x02\x1a"sv;
inline constexpr auto kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
inline constexpr auto kSha384 = "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
inline constexpr auto kSha512 = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv;

// Authenticode, 311.2.1.*: SPC_*.
inline constexpr auto kIndirectData =  // 4
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04"sv;
inline constexpr auto kOpusInfo =  // 12: SPC_SP_OPUS_INFO
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c"sv;
inline constexpr auto kPeImageData =  // 15
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f"sv;
inline constexpr auto kFlatData =  // 25: SPC_CAB_DATA, which catalogs use for any file
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19"sv;
inline constexpr auto kPageHashesSha1 =  // 311.2.3.1: SPC_PE_IMAGE_PAGE_HASHES_V1
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01"sv;
inline constexpr auto kPageHashesSha256 =  // 311.2.3.2: ..._V2
    "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02"sv;

// Catalogs, 311.10.1 and 311.12.*: CAT_*.
inline constexpr auto kTrustList = "\x2b\x06\x01\x04\x01\x82\x37\x0a\x01"sv;  // CTL
inline constexpr auto kNameValue =                                            // 12.2.1
    "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01"sv;
inline constexpr auto kMemberInfo =  // 12.2.2
    "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x02"sv;
inline constexpr auto kMemberInfo2 =  // 12.2.3
    "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x03"sv;

}  // namespace drydock::signature::object
