// The words in which icacls names people and what they may do.
//
//   Administrators:F     *S-1-5-18:(OI)(CI)(RX,W)     "NT SERVICE\TrustedInstaller":RX

#pragma once

#include <cstdint>
#include <string_view>

#include "ntfs/security/sid.h"
#include "vhd/base/result.h"

namespace drydock::script {

// Flags of an ACE: who below a folder it is for.  [MS-DTYP] 2.4.4.1
namespace ace_flag {
inline constexpr std::uint8_t object_inherit = 0x01;     // (OI)
inline constexpr std::uint8_t container_inherit = 0x02;  // (CI)
inline constexpr std::uint8_t no_propagate = 0x04;       // (NP)
inline constexpr std::uint8_t inherit_only = 0x08;       // (IO)
inline constexpr std::uint8_t inherited = 0x10;          // (I)
}  // namespace ace_flag

// USER:PERMISSIONS
struct Grant {
  security::Sid sid;
  std::uint32_t mask = 0;
  std::uint8_t flags = 0;
};

// bad_argument for a name that isn't the same on every machine, and for letters that
// mean no right.
Result<Grant> parse_grant(std::string_view word);

// *S-1-5-32-544, or the English name of an account that every Windows has, with its
// authority or without.
Result<security::Sid> parse_account(std::string_view name);

}  // namespace drydock::script
