#include "repair/script/typos.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

struct Typo {
  std::string_view printed;
  std::string_view meant;
};

// "Windows shows CRITICAL SERVICE FAILED": bcddit.  "driver IRQL not less or equal":
// DSIM.
constexpr Typo kNames[] = {{"bcddit", "bcdedit"}, {"dsim", "dism"}};
// Of the same two: a blank too few, and a digit too many in updates' numbers.
constexpr Typo kWords[] = {{"integrityservicesenable", "integrityservices enable"},
                           {"KB44345418", "KB4345418"},
                           {"KB44338830", "KB4338830"}};

void note(const Typo& typo, Call& call) {
  call.notes.push_back(fmt::format(
      "\"{}\" is read as \"{}\", a misprint of the article", typo.printed, typo.meant));
}

// Replaces it in the line as in what is shown of it.
void replace(const Typo& typo, std::string& text) {
  std::size_t at = ascii_lower(text).find(ascii_lower(typo.printed));
  if (at != std::string::npos) text.replace(at, typo.printed.size(), typo.meant);
}

// "/store F: boot\bcd": a blank where a back slash belongs.
void correct_store(Call& call) {
  std::string lower = ascii_lower(call.tail);
  std::size_t at = lower.find("/store ");
  if (at == std::string::npos) return;
  std::size_t drive = lower.find_first_not_of(' ', at + 7);
  if (drive == std::string::npos) return;
  std::string_view rest = std::string_view(call.tail).substr(drive);
  constexpr std::string_view kBehindLetter = ": boot\\bcd";
  if (!ascii_lower(rest.substr(1)).starts_with(kBehindLetter)) return;
  std::string printed(rest.substr(0, 1 + kBehindLetter.size()));
  std::string meant = printed;
  meant[2] = '\\';
  Typo typo{.printed = printed, .meant = meant};
  replace(typo, call.tail);
  replace(typo, call.text);
  note(typo, call);
}

}  // namespace

void correct_typos(Call& call) {
  for (const Typo& typo : kNames) {
    if (call.name != typo.printed) continue;
    call.name = typo.meant;
    replace(typo, call.text);
    note(typo, call);
  }
  if (call.name != "bcdedit" && call.name != "dism") return;
  for (const Typo& typo : kWords) {
    if (ascii_lower(call.tail).find(ascii_lower(typo.printed)) == std::string::npos) {
      continue;
    }
    replace(typo, call.tail);
    replace(typo, call.text);
    note(typo, call);
  }
  if (call.name == "bcdedit") correct_store(call);
}

}  // namespace drydock::script
