#include "ntfs/security/sid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::security {

namespace {

struct Head {
  std::uint8_t revision;  // +0x00  1
  std::uint8_t count;     // +0x01  SubAuthorityCount
  be16 authority_high;    // +0x02  IdentifierAuthority
  be32 authority_low;     // +0x04
};
static_assert(OnDisk<Head> && sizeof(Head) == 8);

// Those that are the same everywhere.  [MS-DTYP] 2.4.2.4, 2.5.1.1
struct WellKnown {
  std::string_view letters;
  std::string_view text;
  std::string_view account;
};
constexpr std::array kWellKnown = {
    WellKnown{"WD", "S-1-1-0", "Everyone"},
    WellKnown{"CO", "S-1-3-0", "CREATOR OWNER"},
    WellKnown{"CG", "S-1-3-1", "CREATOR GROUP"},
    WellKnown{"OW", "S-1-3-4", "OWNER RIGHTS"},
    WellKnown{"NU", "S-1-5-2", "NT AUTHORITY\\NETWORK"},
    WellKnown{"IU", "S-1-5-4", "NT AUTHORITY\\INTERACTIVE"},
    WellKnown{"SU", "S-1-5-6", "NT AUTHORITY\\SERVICE"},
    WellKnown{"AN", "S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"},
    WellKnown{"ED", "S-1-5-9", "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"},
    WellKnown{"PS", "S-1-5-10", "NT AUTHORITY\\SELF"},
    WellKnown{"AU", "S-1-5-11", "NT AUTHORITY\\Authenticated Users"},
    WellKnown{"RC", "S-1-5-12", "NT AUTHORITY\\RESTRICTED"},
    WellKnown{"SY", "S-1-5-18", "NT AUTHORITY\\SYSTEM"},
    WellKnown{"LS", "S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"},
    WellKnown{"NS", "S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"},
    WellKnown{"BA", "S-1-5-32-544", "BUILTIN\\Administrators"},
    WellKnown{"BU", "S-1-5-32-545", "BUILTIN\\Users"},
    WellKnown{"BG", "S-1-5-32-546", "BUILTIN\\Guests"},
    WellKnown{"PU", "S-1-5-32-547", "BUILTIN\\Power Users"},
    WellKnown{"AO", "S-1-5-32-548", "BUILTIN\\Account Operators"},
    WellKnown{"SO", "S-1-5-32-549", "BUILTIN\\Server Operators"},
    WellKnown{"PO", "S-1-5-32-550", "BUILTIN\\Print Operators"},
    WellKnown{"BO", "S-1-5-32-551", "BUILTIN\\Backup Operators"},
    WellKnown{"RE", "S-1-5-32-552", "BUILTIN\\Replicators"},
    WellKnown{"RU", "S-1-5-32-554", "BUILTIN\\Pre-Windows 2000 Compatible Access"},
    WellKnown{"RD", "S-1-5-32-555", "BUILTIN\\Remote Desktop Users"},
    WellKnown{"NO", "S-1-5-32-556", "BUILTIN\\Network Configuration Operators"},
    WellKnown{"MU", "S-1-5-32-558", "BUILTIN\\Performance Monitor Users"},
    WellKnown{"LU", "S-1-5-32-559", "BUILTIN\\Performance Log Users"},
    WellKnown{"AC", "S-1-15-2-1", "ALL APPLICATION PACKAGES"},
    WellKnown{"", "S-1-15-2-2", "ALL RESTRICTED APPLICATION PACKAGES"},
    WellKnown{"LW", "S-1-16-4096", "Mandatory Label\\Low"},
    WellKnown{"ME", "S-1-16-8192", "Mandatory Label\\Medium"},
    WellKnown{"MP", "S-1-16-8448", "Mandatory Label\\Medium Plus"},
    WellKnown{"HI", "S-1-16-12288", "Mandatory Label\\High"},
    WellKnown{"SI", "S-1-16-16384", "Mandatory Label\\System"},
    WellKnown{"", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
              "NT SERVICE\\TrustedInstaller"}};

const WellKnown* find_known(const Sid& sid) {
  std::string text = to_string(sid);
  auto found = std::ranges::find(kWellKnown, text, &WellKnown::text);
  return found == kWellKnown.end() ? nullptr : &*found;
}

Error not_a_sid(std::string_view text) {
  return Error(Errc::bad_argument,
               fmt::format("\"{}\" names nobody: a SID is S-1-5-32-544, or letters of "
                           "SDDL that mean the same on every machine, as BA",
                           text));
}

// "0x100000000" and "5" alike, as authorities are written.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

std::optional<Sid> decode_sid(Bytes from) {
  auto head = load<Head>(from);
  if (!head || head->revision != 1 || head->count > kSidPartsMax) return std::nullopt;
  if (from.size() < sizeof(Head) + 4u * head->count) return std::nullopt;
  Sid sid{.authority = std::uint64_t{head->authority_high} << 32 | head->authority_low,
          .parts = {}};
  for (std::size_t i = 0; i < head->count; ++i) {
    sid.parts.push_back(*load<le32>(from, sizeof(Head) + 4 * i));
  }
  return sid;
}

std::size_t encoded_size(const Sid& sid) { return sizeof(Head) + 4 * sid.parts.size(); }

void append_sid(ByteVector& bytes, const Sid& sid) {
  auto append = [&](Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  Head head{.revision = 1,
            .count = static_cast<std::uint8_t>(sid.parts.size()),
            .authority_high = static_cast<std::uint16_t>(sid.authority >> 32),
            .authority_low = static_cast<std::uint32_t>(sid.authority)};
  append(bytes_of(head));
  for (std::uint32_t part : sid.parts) append(bytes_of(le32{part}));
}

std::string to_string(const Sid& sid) {
  // [MS-DTYP] 2.4.2.1: in hex where 32 bits don't hold it.
  std::string text = sid.authority >> 32 == 0
                         ? fmt::format("S-1-{}", sid.authority)
                         : fmt::format("S-1-{:#014x}", sid.authority);
  for (std::uint32_t part : sid.parts) text += fmt::format("-{}", part);
  return text;
}

std::string to_sddl(const Sid& sid) {
  const WellKnown* known = find_known(sid);
  if (known != nullptr && !known->letters.empty()) return std::string(known->letters);
  return to_string(sid);
}

Result<Sid> parse_sid(std::string_view text) {
  for (const WellKnown& known : kWellKnown) {
    bool letters = text.size() == 2 && equal_ignoring_case(text, known.letters);
    if (letters || equal_ignoring_case(text, known.account)) {
      return parse_sid(known.text);
    }
  }
  if (text.size() < 5 || !equal_ignoring_case(text.substr(0, 4), "S-1-")) {
    return not_a_sid(text);
  }
  std::string_view rest = text.substr(4);
  Sid sid;
  if (!take_number(rest, sid.authority) || sid.authority >> 48 != 0) {
    return not_a_sid(text);
  }
  while (!rest.empty()) {
    std::uint32_t part = 0;
    if (rest[0] != '-' || sid.parts.size() == kSidPartsMax) return not_a_sid(text);
    rest.remove_prefix(1);
    if (!take_number(rest, part)) return not_a_sid(text);
    sid.parts.push_back(part);
  }
  return sid;
}

const Sid& trusted_installer() {
  static const Sid kSid{
      .authority = 5,
      .parts = {80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464}};
  return kSid;
}

std::string_view account_of(const Sid& sid) {
  const WellKnown* known = find_known(sid);
  return known == nullptr ? std::string_view() : known->account;
}

}  // namespace drydock::security
