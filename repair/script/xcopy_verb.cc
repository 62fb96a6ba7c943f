// xcopy: a folder's files, or those that a pattern fits, and all below.

#include <fmt/format.h>

#include <utility>

#include "repair/file_tree.h"
#include "repair/script/copier.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "repair/script/tree_copy.h"
#include "repair/script/tree_verbs.h"
#include "vhd/base/try.h"

namespace drydock::script {

using repair::GuestPath;

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

struct Xcopy {
  std::string from;
  std::string to = ".";
  bool recursive = false;      // /s
  bool empty_folders = false;  // /e
  bool to_folder = false;      // /i
  bool hidden = false;         // /h
  bool newer = false;          // /d: only what is newer than what is there
  bool there_only = false;     // /u
  bool folders_only = false;   // /t
  bool lists = false;          // /l: shows what it would do
  bool quiet = false;          // /q
  bool shows_target = false;   // /f
  CopyRules rules;
};

struct Source {
  GuestPath folder;
  std::string pattern = "*";
  bool one_file = false;
};

// not_found where nothing is there.
Result<Source> find_source(Machine& machine, const std::string& text) {
  const repair::Disk& disk = *TRY(machine.disk());
  auto pattern = TRY(split_pattern(text));
  GuestPath path = TRY(machine.resolve(pattern ? pattern->folder : text));
  auto there = TRY(look(disk, path).in(text));
  if (!there || (pattern && !there->has_names())) {
    return Error(Errc::not_found, fmt::format("{}: there is no such file", text));
  }
  if (pattern) return Source{.folder = std::move(path), .pattern = pattern->name};
  if (there->has_names()) return Source{.folder = std::move(path)};
  return Source{
      .folder = folder_of(path), .pattern = last_name(path), .one_file = true};
}

class TreeCopy {
 public:
  TreeCopy(Machine& machine, const Xcopy& xcopy, Source source, Copier copier)
      : machine_(machine),
        xcopy_(xcopy),
        source_(std::move(source)),
        copier_(std::move(copier)) {}

  Done run();

 private:
  Done find_target();
  Done add_folder(const TreeItem& item);
  Done add_file(const TreeItem& item);
  Result<bool> is_asked_for(const Named& file, const GuestPath& to);
  bool is_hidden(const Named& named) const {
    constexpr std::uint32_t kHidden = attribute::hidden | attribute::system;
    return !xcopy_.hidden && (named.stat.attributes & kHidden) != 0;
  }

  Machine& machine_;
  const Xcopy& xcopy_;
  Source source_;
  Copier copier_;
  GuestPath target_;
  bool target_is_folder_ = true;
  FileTime tick_ = 0;
  std::vector<GuestPath> left_out_;  // folders, with all below them
  std::size_t found_count_ = 0;
  std::size_t copied_count_ = 0;
  std::size_t hidden_count_ = 0;
};

// What isn't there is a new folder, but for one file that goes under another name.
Done TreeCopy::find_target() {
  target_ = TRY(machine_.resolve(xcopy_.to));
  auto there = TRY(look(copier_.disk(), target_).in(xcopy_.to));
  bool says_folder = xcopy_.to.ends_with('\\') || xcopy_.to.ends_with('/');
  bool one_name = source_.one_file && !xcopy_.recursive;
  if (there) {
    target_is_folder_ = there->has_names();
  } else {
    target_is_folder_ = !one_name || xcopy_.to_folder || says_folder;
  }
  if (!target_is_folder_ && !one_name) {
    return wrong(
        fmt::format("{} is no folder, and files are to go into it", xcopy_.to));
  }
  if (xcopy_.recursive) TRY(check_not_cyclic(source_.folder, target_));
  tick_ = TRY(tick_between(copier_.disk(), source_.folder, target_));
  return {};
}

Done TreeCopy::add_folder(const TreeItem& item) {
  if (is_hidden(item.named)) {
    ++hidden_count_;
    left_out_.push_back(item.named.path);
  } else if (!item.named.has_names()) {
    machine_.note(
        fmt::format("{} is left out: a reparse point", machine_.show(item.named.path)));
  } else if (xcopy_.empty_folders && !xcopy_.lists) {
    TRY(copier_.make_folder(below(target_, item.below)));
  }
  return {};
}

Result<bool> TreeCopy::is_asked_for(const Named& file, const GuestPath& to) {
  if (!xcopy_.newer && !xcopy_.there_only) return true;
  auto there = TRY(look(copier_.disk(), to));
  if (!there) return !xcopy_.there_only;
  return !xcopy_.newer || file.stat.modified > there->stat.modified + tick_;
}

Done TreeCopy::add_file(const TreeItem& item) {
  if (!fits(source_.pattern, last_name(item.named.path))) return {};
  ++found_count_;
  if (is_hidden(item.named)) {
    ++hidden_count_;
    return {};
  }
  GuestPath to = target_is_folder_ ? below(target_, item.below) : target_;
  if (!TRY(is_asked_for(item.named, to))) return {};
  if (!xcopy_.lists) TRY(copier_.make_folder(folder_of(to)));
  if (xcopy_.folders_only) return {};
  if (!xcopy_.lists && !TRY(copier_.copy(item.named, to))) return {};
  ++copied_count_;
  if (xcopy_.quiet) return {};
  std::string line = machine_.show(item.named.path);
  if (xcopy_.shows_target) line += " -> " + machine_.show(to);
  machine_.print(line + '\n');
  return {};
}

Done TreeCopy::run() {
  TRY(find_target());
  for (const TreeItem& item : TRY(items_in(
           machine_, source_.folder, xcopy_.recursive ? Depth::all : Depth::names))) {
    if (is_in_any(item.named.path, left_out_)) continue;
    if (item.named.is_folder()) {
      if (xcopy_.recursive) TRY(add_folder(item));
    } else {
      TRY(add_file(item));
    }
  }
  if (found_count_ == 0 && source_.pattern != "*") {
    return Error(Errc::not_found,
                 fmt::format("{}: there is no such file", xcopy_.from));
  }
  if (hidden_count_ > 0) {
    machine_.note(
        fmt::format("{} left out: hidden, or the system's; xcopy /h copies "
                    "these, too",
                    hidden_count_));
  }
  machine_.print(
      fmt::format("{} File(s){}\n", copied_count_, xcopy_.lists ? "" : " copied"));
  return {};
}

}  // namespace

Result<Run> prepare_xcopy(const Call& call) {
  Options options(shell_words(call.tail));
  Xcopy xcopy;
  xcopy.empty_folders = options.take("e");
  xcopy.folders_only = options.take("t");
  xcopy.recursive = options.take("s") || xcopy.empty_folders || xcopy.folders_only;
  xcopy.to_folder = options.take("i");
  xcopy.hidden = options.take("h");
  xcopy.newer = options.take("d");
  xcopy.there_only = options.take("u");
  xcopy.lists = options.take("l");
  xcopy.quiet = options.take("q");
  xcopy.shows_target = options.take("f");
  xcopy.rules.read_only = options.take("k");
  xcopy.rules.over_read_only = options.take("r");
  bool owner = options.take("o");
  xcopy.rules.security = options.take("x") || owner;
  options.ignore({"y", "-y", "c", "v", "j", "z", "b", "n", "g"});
  TRY(options.refuse({"d", "exclude", "w", "p", "a", "m"}));
  TRY(options.check_all_taken());
  TRY(options.check_operands(1, 2, "xcopy FROM [TO]"));
  xcopy.from = options.operands()[0];
  if (options.operands().size() > 1) xcopy.to = options.operands()[1];
  return Run([xcopy = std::move(xcopy)](Machine& machine) -> Done {
    Source source = TRY(find_source(machine, xcopy.from));
    Copier copier = TRY(Copier::begin(machine, xcopy.rules));
    return TreeCopy(machine, xcopy, std::move(source), std::move(copier)).run();
  });
}

}  // namespace drydock::script
