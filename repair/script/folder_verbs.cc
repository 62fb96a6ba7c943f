// md, cd, pushd, popd.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "repair/script/copier.h"
#include "repair/script/file_verbs.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "vhd/base/try.h"

namespace drydock::script {

using repair::GuestPath;

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

// not_found where it isn't there, bad_argument where it is no folder.
Result<GuestPath> find_folder(Machine& machine, const std::string& text) {
  const repair::Disk& disk = *TRY(machine.disk());
  GuestPath path = TRY(machine.resolve(text));
  auto there = TRY(look(disk, path).in(text));
  if (!there) {
    return Error(Errc::not_found, fmt::format("{}: there is no such folder", text));
  }
  if (!there->is_folder()) return wrong("this is a file, and no folder").in(text);
  return path;
}

// Into a folder, and onto its drive.
Done enter(Machine& machine, const std::string& text) {
  std::string folder = machine.show(TRY(find_folder(machine, text)));
  machine.enter(folder);
  machine.enter_drive(folder[0]);
  return {};
}

}  // namespace

Result<Run> prepare_md(const Call& call) {
  Options options(shell_words(call.tail));
  TRY(options.check_all_taken());
  if (options.operands().empty()) return wrong("of nothing: it is md FOLDER...");
  return Run([folders = options.operands()](Machine& machine) -> Done {
    for (const std::string& text : folders) {
      const repair::Disk& disk = *TRY(machine.disk());
      auto missing = TRY(missing_folders(disk, TRY(machine.resolve(text))).in(text));
      if (missing.empty()) machine.note(fmt::format("{} is there already", text));
      for (GuestPath& folder : missing) {
        TRY(machine.edit(
            repair::FolderMake{.folder = std::move(folder), .facts = std::nullopt}));
      }
    }
    return {};
  });
}

Result<Run> prepare_cd(const Call& call) {
  Options options(shell_words(call.tail));
  bool changes_drive = options.take("d");
  TRY(options.check_all_taken());
  // All of it is one name, blanks and all, with quotes or without.
  std::string folder = fmt::format("{}", fmt::join(options.operands(), " "));
  return Run([folder = std::move(folder), changes_drive](Machine& machine) -> Done {
    if (folder.empty()) {
      machine.print(machine.folder() + "\n");
      return {};
    }
    if (changes_drive) return enter(machine, folder);
    machine.enter(machine.show(TRY(find_folder(machine, folder))));
    return {};
  });
}

Result<Run> prepare_pushd(const Call& call) {
  Options options(shell_words(call.tail));
  TRY(options.check_all_taken());
  TRY(options.check_operands(1, 1, "pushd FOLDER"));
  return Run([folder = options.operands()[0]](Machine& machine) -> Done {
    std::string before = machine.folder();
    TRY(enter(machine, folder));
    machine.pushed_folders().push_back(std::move(before));
    return {};
  });
}

Result<Run> prepare_popd(const Call& call) {
  if (!shell_words(call.tail).empty()) return wrong("popd takes no words");
  return Run([](Machine& machine) -> Done {
    std::vector<std::string>& pushed = machine.pushed_folders();
    if (pushed.empty()) return wrong("no pushd before this popd");
    std::string folder = std::move(pushed.back());
    pushed.pop_back();
    return enter(machine, folder);
  });
}

}  // namespace drydock::script
