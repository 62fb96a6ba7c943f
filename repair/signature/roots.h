// The keys that Windows' code integrity and its firmware trust from the start, as
// facts: whose they are, what they are, and how that is known.
//
// Certificates aren't shipped.  A fact is a subject and an RSA key, by which a chain
// can be proven, and the thumbprints by which others name the certificate.  Each was
// found in a Debian package, or recovered from what its key has signed, and most are
// proven by that; tests/signature/roots_test.cc derives them anew.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace drydock::signature {

// What Windows uses a root for.
enum class RootKind : std::uint8_t {
  // "Microsoft Product Root" 2001 and 2010 of the list of roots that code integrity
  // knows: Windows itself, and drivers that Microsoft signed.
  microsoft_product,
  // "Microsoft Product Root 1997".  No file that it signs was to be had.
  microsoft_old,
  // "Microsoft Standard Root 2011": Microsoft's other programs.
  microsoft_standard,
  // "Microsoft Code Verification Root": has signed the CAs whose customers' drivers
  // the kernel takes, so-called cross-certificates.
  code_verification,
  // In the variable db of UEFI's Secure Boot: what firmware starts.
  firmware,
};

// The public exponent of every one of these keys.
inline constexpr unsigned kRootExponent = 65537;

struct Root {
  RootKind kind;
  std::string_view subject;  // "C=US/O=.../CN=...", in the order of the encoding
  std::string_view serial;   // in hex; "" where it isn't known
  std::string_view modulus;  // in hex, of the RSA key
  std::string_view sha1;     // thumbprints, in hex
  std::string_view sha256;   // "" where it isn't known
  std::string_view source;
};

std::span<const Root> known_roots();

}  // namespace drydock::signature
