#include "repair/script/icacls_words.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

struct Right {
  std::string_view letters;
  std::uint32_t mask;
};

// The letters are those of `icacls /?`; the bits of specific rights are [MS-DTYP]
// 2.4.3's and [MS-SMB2] 2.2.13.1's.  What simple ones are made of isn't documented: R,
// W and RX are files' generic rights, W without READ_CONTROL.
constexpr std::array kRights = {
    Right{"F", 0x1f01ff},    Right{"M", 0x1301bf},    Right{"RX", 0x1200a9},
    Right{"R", 0x120089},    Right{"W", 0x100116},    Right{"D", 0x110000},
    Right{"DE", 0x10000},    Right{"RC", 0x20000},    Right{"WDAC", 0x40000},
    Right{"WO", 0x80000},    Right{"S", 0x100000},    Right{"AS", 0x1000000},
    Right{"MA", 0x2000000},  Right{"GR", 0x80000000}, Right{"GW", 0x40000000},
    Right{"GE", 0x20000000}, Right{"GA", 0x10000000}, Right{"RD", 0x1},
    Right{"WD", 0x2},        Right{"AD", 0x4},        Right{"REA", 0x8},
    Right{"WEA", 0x10},      Right{"X", 0x20},        Right{"DC", 0x40},
    Right{"RA", 0x80},       Right{"WA", 0x100}};

struct Inheritance {
  std::string_view letters;
  std::uint8_t flag;
};
constexpr std::array kInheritance = {Inheritance{"OI", ace_flag::object_inherit},
                                     Inheritance{"CI", ace_flag::container_inherit},
                                     Inheritance{"NP", ace_flag::no_propagate},
                                     Inheritance{"IO", ace_flag::inherit_only}};

// Takes one of the letters between commas and parentheses into `grant`.
Done take_letters(std::string_view letters, Grant& grant) {
  for (const Inheritance& each : kInheritance) {
    if (!equal_ignoring_case(each.letters, letters)) continue;
    grant.flags |= each.flag;
    return {};
  }
  for (const Right& right : kRights) {
    if (!equal_ignoring_case(right.letters, letters)) continue;
    grant.mask |= right.mask;
    return {};
  }
  return wrong(fmt::format("\"{}\" is no right that icacls grants", letters));
}

}  // namespace

Result<security::Sid> parse_account(std::string_view name) {
  Error unknown = wrong(fmt::format(
      "\"{}\" isn't a name that every Windows has; *S-1-5-..., the SID, says who is "
      "meant",
      name));
  if (name.starts_with('*')) {
    auto sid = security::parse_sid(name.substr(1));
    return sid ? std::move(sid) : Result<security::Sid>(std::move(unknown));
  }
  constexpr std::string_view kOfPackages = "APPLICATION PACKAGE AUTHORITY\\";
  if (equal_ignoring_case(name.substr(0, kOfPackages.size()), kOfPackages)) {
    name.remove_prefix(kOfPackages.size());
  }
  for (std::string_view authority :
       {"", "BUILTIN\\", "NT AUTHORITY\\", "NT SERVICE\\"}) {
    std::string whole = fmt::format("{}{}", authority, name);
    auto sid = security::parse_sid(whole);
    // Not SDDL's letters, and no SID without its star.
    if (sid && equal_ignoring_case(security::account_of(*sid), whole)) return sid;
  }
  return unknown;
}

Result<Grant> parse_grant(std::string_view word) {
  std::size_t colon = word.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return wrong(fmt::format("\"{}\": it is USER:PERMISSIONS", word));
  }
  Grant grant;
  grant.sid = TRY(parse_account(word.substr(0, colon)));
  std::string_view rest = word.substr(colon + 1);
  while (!rest.empty()) {
    std::size_t end = rest.find_first_of("(),");
    std::string_view letters = rest.substr(0, end);
    if (!letters.empty()) TRY(take_letters(letters, grant).in(word));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (grant.mask == 0) return wrong(fmt::format("\"{}\" grants nothing", word));
  return grant;
}

}  // namespace drydock::script
