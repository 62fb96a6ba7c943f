// takeown and icacls: who owns a file, and who may do what with it.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ntfs/security/descriptor.h"
#include "ntfs/security/sddl.h"
#include "repair/script/icacls_words.h"
#include "repair/script/named.h"
#include "repair/script/verb.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

namespace ace_type = security::ace_type;
using security::Ace;

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool is_option(std::string_view word) {
  return word.starts_with('/') || word.starts_with('-');
}

struct Icacls {
  std::string operand;
  std::vector<Grant> grants;
  bool replaces = false;              // /grant:r
  bool recursive = false;             // /t
  std::vector<std::string> left_out;  // options that do nothing here
};

// Whether an ACE is one that grants `sid` something by itself.
bool grants_to(const Ace& ace, const security::Sid& sid) {
  return ace.type == ace_type::allowed && ace.sid == sid &&
         (ace.flags & ace_flag::inherited) == 0;
}

// Windows' order: what is denied, what is granted, and last what comes from above.
// A mandatory order for programs, as [MS-DTYP] has it "canonical".
int rank_of(const Ace& ace) {
  if ((ace.flags & ace_flag::inherited) != 0) return 2;
  bool denies = ace.type == ace_type::denied || ace.type == ace_type::denied_object ||
                ace.type == ace_type::denied_callback;
  return denies ? 0 : 1;
}

void add_grant(std::vector<Ace>& aces, const Grant& grant, bool replaces,
               bool is_folder) {
  constexpr std::uint8_t kOfFolders = ace_flag::object_inherit |
                                      ace_flag::container_inherit |
                                      ace_flag::no_propagate | ace_flag::inherit_only;
  std::uint8_t flags = grant.flags;
  // In a file nothing is, and what is for those in it alone is for nobody.
  if (!is_folder && (flags & ace_flag::inherit_only) != 0) return;
  if (!is_folder) flags &= static_cast<std::uint8_t>(~kOfFolders);
  if (replaces) {
    std::erase_if(aces, [&](const Ace& ace) { return grants_to(ace, grant.sid); });
  }
  auto like = std::ranges::find_if(aces, [&](const Ace& ace) {
    return grants_to(ace, grant.sid) && ace.flags == flags;
  });
  if (like != aces.end()) {
    like->mask |= grant.mask;
    return;
  }
  aces.push_back({.type = ace_type::allowed,
                  .flags = flags,
                  .mask = grant.mask,
                  .sid = grant.sid});
  std::vector<Ace> ordered;
  for (int rank : {0, 1, 2}) {
    for (const Ace& ace : aces) {
      if (rank_of(ace) == rank) ordered.push_back(ace);
    }
  }
  aces = std::move(ordered);
}

Result<std::optional<ByteVector>> descriptor_of(const repair::Disk& disk,
                                                const Named& named) {
  FileSystemPtr volume = TRY(disk.volume(named.path.partition));
  File file = TRY(volume->find(named.path.path));
  Details details = TRY(file.details());
  return std::move(details.security);
}

Done grant(Machine& machine, const repair::Disk& disk, const Icacls& icacls,
           const Named& named) {
  auto bytes = TRY(descriptor_of(disk, named));
  if (!bytes) {
    machine.note(fmt::format("{}: nothing is granted, since it has no access list",
                             machine.show(named.path)));
    return {};
  }
  auto descriptor = TRY(security::decode_descriptor(*bytes));
  if (!descriptor.dacl) {
    machine.note(
        fmt::format("{}: nothing is granted, since everybody may do "
                    "everything with it",
                    machine.show(named.path)));
    return {};
  }
  for (const Grant& each : icacls.grants) {
    add_grant(descriptor.dacl->aces, each, icacls.replaces, named.is_folder());
  }
  ByteVector wanted = TRY(security::encode_descriptor(descriptor));
  TRY(security::check_descriptor(wanted));
  return machine.edit(
      repair::FileSecure{.file = named.path, .descriptor = std::move(wanted)});
}

Result<std::vector<Named>> files_of(Machine& machine, const Icacls& icacls) {
  Names names = TRY(find_names(machine, icacls.operand));
  if (names.found.empty()) {
    return Error(Errc::not_found,
                 fmt::format("{}: there is no such file", icacls.operand));
  }
  if (!icacls.recursive) return std::move(names.found);
  std::vector<Named> files;
  for (Named& named : names.found) {
    std::vector<Named> below;
    if (named.has_names()) below = TRY(names_below(machine, named.path));
    files.push_back(std::move(named));
    std::ranges::move(below, std::back_inserter(files));
  }
  return files;
}

Done run_icacls(Machine& machine, const Icacls& icacls) {
  for (const std::string& option : icacls.left_out) {
    machine.note(
        fmt::format("icacls {} does nothing here: access lists aren't "
                    "enforced offline",
                    option));
  }
  auto files = TRY(files_of(machine, icacls));
  const repair::Disk& disk = *TRY(machine.disk());
  bool shows = icacls.grants.empty() && icacls.left_out.empty();
  bool reaches_below = false;
  for (const Named& named : files) {
    std::string place = machine.show(named.path);
    if (shows) {
      auto bytes = TRY(descriptor_of(disk, named).in(place));
      std::string words = "no access list";
      if (bytes) words = TRY(security::sddl_of(*bytes).in(place));
      machine.print(fmt::format("{} {}\n", place, words));
    } else if (!icacls.grants.empty()) {
      TRY(grant(machine, disk, icacls, named).in(place));
      reaches_below = reaches_below || named.has_names();
    }
  }
  auto inherits = [](const Grant& each) { return each.flags != 0; };
  if (reaches_below && !icacls.recursive &&
      std::ranges::any_of(icacls.grants, inherits)) {
    machine.note(
        "what is in the folder already keeps its access lists; /t grants it "
        "there, too");
  }
  return {};
}

// The option at `at` of `words`, and what belongs to it; `at` is then behind it.
Done take_option(const std::vector<std::string>& words, std::size_t& at,
                 Icacls& icacls) {
  std::string option = ascii_lower(words[at++]);
  option[0] = '/';
  if (option == "/grant" || option == "/grant:r") {
    icacls.replaces = option == "/grant:r";
    std::size_t before = icacls.grants.size();
    while (at < words.size() && !is_option(words[at])) {
      icacls.grants.push_back(TRY(parse_grant(words[at++])));
    }
    if (icacls.grants.size() == before) return wrong(option + " of nothing");
    return {};
  }
  if (option == "/t") icacls.recursive = true;
  for (std::string_view known : {"/t", "/c", "/l", "/q"}) {
    if (option == known) return {};
  }
  for (std::string_view known :
       {"/setowner", "/inheritance", "/reset", "/deny", "/remove", "/remove:g",
        "/remove:d", "/save", "/restore", "/substitute", "/findsid", "/verify",
        "/setintegritylevel", "/inheritancelevel"}) {
    bool with_value = option.starts_with(std::string(known) + ':');
    if (option != known && !with_value) continue;
    icacls.left_out.push_back(option);
    while (at < words.size() && !is_option(words[at])) ++at;
    return {};
  }
  return wrong(fmt::format("{} isn't an option of icacls", words[at - 1]));
}

Result<Run> prepare_icacls(const Call& call) {
  std::vector<std::string> words = program_words(call.tail);
  if (words.empty() || is_option(words[0]))
    return wrong("it is icacls FILE [/grant ...]");
  Icacls icacls;
  icacls.operand = words[0];
  for (std::size_t at = 1; at < words.size();) {
    if (!is_option(words[at])) {
      return wrong(fmt::format("{}: what is it of?", words[at]));
    }
    TRY(take_option(words, at, icacls));
  }
  return Run([icacls = std::move(icacls)](Machine& machine) {
    return run_icacls(machine, icacls);
  });
}

// Whose a file is makes no difference offline, so that nothing is taken.
Result<Run> prepare_takeown(const Call& call) {
  std::vector<std::string> words = program_words(call.tail);
  std::optional<std::string> file;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string option = ascii_lower(words[at]);
    bool last = at + 1 == words.size();
    if (option == "/f" && !last) {
      file = words[++at];
    } else if ((option == "/d" || option == "/s" || option == "/u" || option == "/p") &&
               !last) {
      ++at;
    } else if (option != "/a" && option != "/r" && option != "/skipsl") {
      return wrong(fmt::format("{} isn't an option of takeown", words[at]));
    }
  }
  if (!file) return wrong("it is takeown /f FILE");
  return Run([file = *file](Machine& machine) -> Done {
    machine.note(
        fmt::format("{} keeps its owner: access lists aren't enforced "
                    "offline, so that nobody has to take it",
                    file));
    return {};
  });
}

}  // namespace

const std::vector<Verb>& rights_verbs() {
  static const std::vector<Verb> kVerbs = {{"icacls", prepare_icacls},
                                           {"takeown", prepare_takeown}};
  return kVerbs;
}

}  // namespace drydock::script
