// del and rd.

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "repair/script/attributes.h"
#include "repair/script/file_verbs.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "vhd/base/try.h"

namespace drydock::script {

using repair::FileDelete;
using repair::GuestPath;

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

struct Del {
  std::vector<std::string> operands;
  bool forced = false;                        // /f: read-only files, too
  bool recursive = false;                     // /s
  std::optional<AttributeTest> attributes{};  // /a
};

// Why `del` leaves a file where it is; "" where it doesn't.
std::string_view why_kept(const Del& del, const Stat& stat) {
  constexpr std::uint32_t kHidden = attribute::hidden | attribute::system;
  if (!del.attributes && (stat.attributes & kHidden) != 0) {
    return "hidden, or the system's; del /a deletes such files";
  }
  if (!del.forced && (stat.attributes & attribute::read_only) != 0) {
    return "read-only; del /f deletes such files";
  }
  return "";
}

// The files that `text` means: a folder means those in it.
Result<std::vector<Named>> files_to_delete(Machine& machine, const std::string& text,
                                           bool recursive) {
  if (!recursive) {
    Names names = TRY(find_files(machine, text));
    return std::move(names.found);
  }
  const repair::Disk& disk = *TRY(machine.disk());
  auto pattern = TRY(split_pattern(text));
  GuestPath path = TRY(machine.resolve(pattern ? pattern->folder : text));
  auto there = TRY(look(disk, path).in(text));
  GuestPath folder = path;
  std::string name = pattern ? pattern->name : "*";
  if (!pattern && !(there && there->has_names())) {
    folder = folder_of(path);
    name = last_name(path);
    there = TRY(look(disk, folder).in(text));
  }
  if (!there || !there->has_names()) return std::vector<Named>();
  auto files = TRY(names_below(machine, folder).in(text));
  std::erase_if(files, [&](const Named& named) {
    return named.is_folder() || !fits(name, last_name(named.path));
  });
  return files;
}

Done run_del(Machine& machine, const Del& del) {
  for (const std::string& text : del.operands) {
    auto files = TRY(files_to_delete(machine, text, del.recursive));
    std::size_t count = 0;
    for (Named& file : files) {
      if (del.attributes && !del.attributes->accepts(file.stat.attributes)) continue;
      ++count;
      std::string_view kept = why_kept(del, file.stat);
      if (kept.empty()) {
        TRY(machine.edit(FileDelete{.file = std::move(file.path)}));
      } else {
        machine.note(fmt::format("{} stays: {}", machine.show(file.path), kept));
      }
    }
    if (count == 0) machine.note(fmt::format("nothing is deleted: no {}", text));
  }
  return {};
}

// All below a folder goes first, what is deepest before what it is in.
Done remove_tree(Machine& machine, const GuestPath& folder) {
  auto names = TRY(names_below(machine, folder));
  for (auto named = names.rbegin(); named != names.rend(); ++named) {
    TRY(machine.edit(FileDelete{.file = std::move(named->path)}));
  }
  return machine.edit(FileDelete{.file = folder});
}

Done remove_folder(Machine& machine, const std::string& text, bool recursive) {
  const repair::Disk& disk = *TRY(machine.disk());
  GuestPath path = TRY(machine.resolve(text));
  auto there = TRY(look(disk, path).in(text));
  if (!there) {
    machine.note(fmt::format("nothing is removed: no {}", text));
    return {};
  }
  if (!there->is_folder()) return wrong("this is a file, which del deletes").in(text);
  if (path.path == "\\") return wrong("a volume's root isn't removed").in(text);
  // A link's name goes; what it stands for stays.
  if (!there->has_names()) return machine.edit(FileDelete{.file = std::move(path)});
  if (recursive) return remove_tree(machine, path).in(text);
  if (!TRY(names_in(disk, path).in(text)).empty()) {
    return wrong("this folder isn't empty; rd /s removes it with all in it").in(text);
  }
  return machine.edit(FileDelete{.file = std::move(path)});
}

}  // namespace

Result<Run> prepare_del(const Call& call) {
  Options options(shell_words(call.tail));
  Del del;
  del.forced = options.take("f");
  del.recursive = options.take("s");
  options.ignore({"q", "p"});
  if (auto letters = options.take_value("a")) {
    del.attributes = TRY(parse_attribute_test(*letters));
  }
  TRY(options.check_all_taken());
  if (options.operands().empty()) return wrong("of nothing: it is del FILE...");
  del.operands = options.operands();
  return Run(
      [del = std::move(del)](Machine& machine) { return run_del(machine, del); });
}

Result<Run> prepare_rd(const Call& call) {
  Options options(shell_words(call.tail));
  bool recursive = options.take("s");
  options.ignore({"q"});
  TRY(options.check_all_taken());
  if (options.operands().empty()) return wrong("of nothing: it is rd FOLDER...");
  return Run([folders = options.operands(), recursive](Machine& machine) -> Done {
    for (const std::string& folder : folders) {
      TRY(remove_folder(machine, folder, recursive));
    }
    return {};
  });
}

}  // namespace drydock::script
