// A SID: who somebody is to Windows, as a path of numbers.  [MS-DTYP] 2.4.2

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::security {

struct Sid {
  std::uint64_t authority = 0;  // 48 bits
  std::vector<std::uint32_t> parts;

  friend bool operator==(const Sid&, const Sid&) = default;
};

// [MS-DTYP] 2.4.2.2
inline constexpr std::size_t kSidPartsMax = 15;

// The SID that `from` starts with; nothing where it isn't one.
std::optional<Sid> decode_sid(Bytes from);
std::size_t encoded_size(const Sid& sid);
void append_sid(ByteVector& bytes, const Sid& sid);

// "S-1-5-32-544".
std::string to_string(const Sid& sid);
// "BA", as SDDL has it for those that are the same on every machine ([MS-DTYP]
// 2.5.1.1); "S-1-..." for the others.
std::string to_sddl(const Sid& sid);
// Takes either; "nt service\trustedinstaller", too.  bad_argument for the letters
// of a domain's own, as "DA", which no volume knows.
Result<Sid> parse_sid(std::string_view text);

// NT SERVICE\TrustedInstaller, who owns what Windows is made of.
const Sid& trusted_installer();

// What people call it: "BUILTIN\Administrators"; "" for those that only a machine
// or a domain could name.
std::string_view account_of(const Sid& sid);

}  // namespace drydock::security
