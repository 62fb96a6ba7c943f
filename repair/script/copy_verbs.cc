// copy, move and ren.

#include <fmt/format.h>

#include <set>
#include <utility>

#include "repair/file_tree.h"
#include "repair/script/copier.h"
#include "repair/script/file_verbs.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

using repair::GuestPath;

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

Error missing(std::string_view text) {
  return Error(Errc::not_found, fmt::format("{}: there is no such file", text));
}

// Whether files are to be joined, as `copy a+b c` does: a + outside of quotes.
bool joins_files(std::string_view tail) {
  bool quoted = false;
  for (char letter : tail) {
    if (letter == '"') quoted = !quoted;
    if (letter == '+' && !quoted) return true;
  }
  return false;
}

// Where files are to go.
struct Target {
  GuestPath path;
  bool is_folder = false;  // they go into it, each under its own name
  std::string mask;        // "*.old": under names of this form; "" for none

  GuestPath of(const Named& from) const {
    if (!is_folder) return path;
    std::string name = last_name(from.path);
    return {
        .partition = path.partition,
        .path = repair::join(path.path, mask.empty() ? name : apply_mask(name, mask))};
  }
};

// What `text` means for `count` files.  not_found where its folder isn't there.
Result<Target> find_target(Machine& machine, const std::string& text,
                           std::size_t count) {
  const repair::Disk& disk = *TRY(machine.disk());
  Target target;
  auto pattern = TRY(split_pattern(text));
  if (pattern) target.mask = pattern->name == "*.*" ? "*" : pattern->name;
  target.path = TRY(machine.resolve(pattern ? pattern->folder : text));
  auto there = TRY(look(disk, target.path).in(text));
  target.is_folder = there && there->has_names();
  if (target.is_folder) return target;
  bool asks_folder = pattern || text.ends_with('\\') || text.ends_with('/');
  auto folder = TRY(look(disk, folder_of(target.path)).in(text));
  if (asks_folder || !folder || !folder->has_names()) {
    return Error(Errc::not_found, fmt::format("{}: there is no such folder", text));
  }
  if (count > 1) {
    return wrong(fmt::format("{} files, and {} is no folder", count, text));
  }
  return target;
}

struct FromTo {
  std::string from;
  std::string to;
};

Result<FromTo> parse_from_to(const Call& call,
                             std::initializer_list<std::string_view> ignored) {
  Options options(shell_words(call.tail));
  options.ignore(ignored);
  TRY(options.check_all_taken());
  TRY(options.check_operands(1, 2, call.name + " FROM [TO]"));
  const auto& operands = options.operands();
  return FromTo{.from = operands[0], .to = operands.size() > 1 ? operands[1] : "."};
}

// A pattern doesn't mean what is hidden, as `copy` has it.
void leave_out_hidden(Machine& machine, std::vector<Named>& files) {
  std::erase_if(files, [&](const Named& named) {
    constexpr std::uint32_t kHidden = attribute::hidden | attribute::system;
    if ((named.stat.attributes & kHidden) == 0) return false;
    machine.note(fmt::format("{} is left out: hidden, or the system's",
                             machine.show(named.path)));
    return true;
  });
}

Done run_copy(Machine& machine, const FromTo& words) {
  Names names = TRY(find_files(machine, words.from));
  if (names.by_pattern) leave_out_hidden(machine, names.found);
  if (names.found.empty()) return missing(words.from);
  Target target = TRY(find_target(machine, words.to, names.found.size()));
  Copier copier = TRY(Copier::begin(machine));
  std::size_t count = 0;
  for (const Named& from : names.found) {
    if (TRY(copier.copy(from, target.of(from)))) ++count;
  }
  machine.print(fmt::format("{:9} file(s) copied.\n", count));
  return {};
}

bool same_name(const GuestPath& a, const GuestPath& b) {
  return a.partition == b.partition && equal_ignoring_case(a.path, b.path);
}

// Makes the place free that a file moves to.
Done clear_target(Machine& machine, const repair::Disk& disk, const Named& from,
                  const GuestPath& to) {
  auto there = TRY(look(disk, to));
  if (!there || same_name(from.path, to)) return {};
  if (there->is_folder() || from.is_folder()) return wrong("this name is taken");
  if ((there->stat.attributes & attribute::read_only) != 0) {
    return wrong("the file that is there is read-only; attrib -r lets it be replaced");
  }
  return machine.edit(repair::FileDelete{.file = to});
}

Done move_one(Machine& machine, Copier& copier, const Named& from,
              const GuestPath& to) {
  std::string place = machine.show(from.path);
  if (from.path.partition == to.partition) {
    TRY(clear_target(machine, copier.disk(), from, to).in(machine.show(to)));
    return machine.edit(repair::FileRename{.file = from.path, .to = to.path});
  }
  if (from.is_folder()) {
    return Error(Errc::unsupported,
                 "a folder moves within its volume only; robocopy /move takes it "
                 "to another")
        .in(place);
  }
  if (!TRY(copier.copy(from, to))) return {};
  return machine.edit(repair::FileDelete{.file = from.path});
}

Done run_move(Machine& machine, const FromTo& words) {
  Names names = TRY(find_names(machine, words.from));
  if (names.by_pattern) {
    std::erase_if(names.found, [](const Named& named) { return named.is_folder(); });
  }
  if (names.found.empty()) return missing(words.from);
  Target target = TRY(find_target(machine, words.to, names.found.size()));
  Copier copier = TRY(Copier::begin(machine, {.archived = false}));
  for (const Named& from : names.found) {
    // A folder that gets its own name in another case isn't moved into itself.
    bool itself = same_name(from.path, target.path) && target.mask.empty();
    TRY(move_one(machine, copier, from, itself ? target.path : target.of(from)));
  }
  machine.print(fmt::format("{:9} file(s) moved.\n", names.found.size()));
  return {};
}

Done run_ren(Machine& machine, const FromTo& words) {
  Names names = TRY(find_names(machine, words.from));
  if (names.by_pattern) {
    std::erase_if(names.found, [](const Named& named) { return named.is_folder(); });
  }
  if (names.found.empty()) return missing(words.from);
  const repair::Disk& disk = *TRY(machine.disk());
  std::set<std::string> taken;  // by those before, in lower case
  for (const Named& from : names.found) {
    GuestPath to = folder_of(from.path);
    to.path = repair::join(to.path, apply_mask(last_name(from.path), words.to));
    auto there = TRY(look(disk, to));
    bool free = !there || same_name(from.path, to);
    if (!free || !taken.insert(ascii_lower(to.path)).second) {
      return wrong(fmt::format("{} can't be called {}: the name is taken",
                               machine.show(from.path), last_name(to)));
    }
    TRY(machine.edit(repair::FileRename{.file = from.path, .to = std::move(to.path)}));
  }
  return {};
}

}  // namespace

Result<Run> prepare_copy(const Call& call) {
  if (joins_files(call.tail)) {
    return Error(Errc::unsupported, "copy joins no files here (a+b)");
  }
  FromTo words =
      TRY(parse_from_to(call, {"y", "-y", "v", "b", "a", "z", "n", "d", "l"}));
  return Run([words = std::move(words)](Machine& machine) {
    return run_copy(machine, words);
  });
}

Result<Run> prepare_move(const Call& call) {
  FromTo words = TRY(parse_from_to(call, {"y", "-y"}));
  return Run([words = std::move(words)](Machine& machine) {
    return run_move(machine, words);
  });
}

Result<Run> prepare_ren(const Call& call) {
  Options options(shell_words(call.tail));
  TRY(options.check_all_taken());
  TRY(options.check_operands(2, 2, "ren FILE NEWNAME"));
  FromTo words{.from = options.operands()[0], .to = options.operands()[1]};
  if (words.to.find_first_of("\\/:") != std::string::npos) {
    return wrong(
        fmt::format("{}: the new name is a name alone; move takes a file to "
                    "another folder",
                    words.to));
  }
  return Run(
      [words = std::move(words)](Machine& machine) { return run_ren(machine, words); });
}

}  // namespace drydock::script
