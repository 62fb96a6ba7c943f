// attrib: the attributes of files, shown or changed.

#include <fmt/format.h>

#include <utility>

#include "repair/file_copy.h"
#include "repair/script/attributes.h"
#include "repair/script/file_verbs.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "vhd/base/try.h"

namespace drydock::script {

using repair::GuestPath;

namespace {

struct Attrib {
  std::uint32_t set = 0;
  std::uint32_t clear = 0;
  std::string operand = "*";
  bool recursive = false;  // /s: also in the folders below
  bool folders = false;    // /d: folders, too, where a pattern fits them

  bool changes() const { return (set | clear) != 0; }
};

// "+r" or "-h"; false where the word is neither.  bad_argument for other letters.
Result<bool> take_change(std::string_view word, Attrib& attrib) {
  if (word.size() != 2 || (word[0] != '+' && word[0] != '-')) return false;
  std::uint32_t bit = attribute_of(word[1]);
  if (bit == 0 || bit == attribute::directory) {
    return Error(Errc::bad_argument,
                 fmt::format("{}: attrib changes r, a, s, h and i here", word));
  }
  (word[0] == '+' ? attrib.set : attrib.clear) |= bit;
  return true;
}

// Why attrib leaves a file alone; "" where it doesn't.
std::string_view why_kept(const Attrib& attrib, const Stat& stat) {
  std::uint32_t named = attrib.set | attrib.clear;
  std::uint32_t untold = stat.attributes & ~named;
  if ((untold & attribute::system) != 0) return "the system's; -s or +s is needed, too";
  if ((untold & attribute::hidden) != 0) return "hidden; -h or +h is needed, too";
  return "";
}

Done change(Machine& machine, const Attrib& attrib, const Named& named) {
  std::string_view kept = why_kept(attrib, named.stat);
  if (!kept.empty()) {
    machine.note(fmt::format("{} stays as it is: {}", machine.show(named.path), kept));
    return {};
  }
  std::uint32_t wanted = (named.stat.attributes & ~attrib.clear) | attrib.set;
  constexpr std::uint32_t kMarks =
      repair::kCopiedAttributes | attribute::not_content_indexed;
  return machine.edit(
      repair::FileMark{.file = named.path, .attributes = wanted & kMarks});
}

Result<std::vector<Named>> files_of(Machine& machine, const Attrib& attrib) {
  Names names = TRY(find_names(machine, attrib.operand));
  auto left_out = [&](const Named& named) {
    return named.is_folder() && !attrib.folders;
  };
  if (names.by_pattern) std::erase_if(names.found, left_out);
  if (!attrib.recursive) return std::move(names.found);
  auto pattern = TRY(split_pattern(attrib.operand));
  GuestPath path = TRY(machine.resolve(pattern ? pattern->folder : attrib.operand));
  GuestPath folder = pattern ? path : folder_of(path);
  std::string name = pattern ? pattern->name : last_name(path);
  std::vector<Named> found = TRY(names_below(machine, folder));
  std::erase_if(found, [&](const Named& named) {
    bool itself = !pattern && named.path == path;
    return (left_out(named) && !itself) || !fits(name, last_name(named.path));
  });
  return found;
}

Done run_attrib(Machine& machine, const Attrib& attrib) {
  auto files = TRY(files_of(machine, attrib).in(attrib.operand));
  if (files.empty()) {
    return Error(Errc::not_found,
                 fmt::format("{}: there is no such file", attrib.operand));
  }
  for (const Named& named : files) {
    if (attrib.changes()) {
      TRY(change(machine, attrib, named));
    } else {
      machine.print(fmt::format("{:21}{}\n", attribute_columns(named.stat.attributes),
                                machine.show(named.path)));
    }
  }
  return {};
}

}  // namespace

Result<Run> prepare_attrib(const Call& call) {
  Options options(shell_words(call.tail));
  Attrib attrib;
  attrib.recursive = options.take("s");
  attrib.folders = options.take("d");
  TRY(options.refuse({"l"}));
  TRY(options.check_all_taken());
  std::vector<std::string> files;
  for (const std::string& word : options.operands()) {
    if (!TRY(take_change(word, attrib))) files.push_back(word);
  }
  if (files.size() > 1) {
    return Error(Errc::bad_argument, "several files: it is attrib [+r] [-h] FILE");
  }
  if (!files.empty()) attrib.operand = files[0];
  return Run([attrib = std::move(attrib)](Machine& machine) {
    return run_attrib(machine, attrib);
  });
}

}  // namespace drydock::script
