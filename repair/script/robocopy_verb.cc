// robocopy: makes a folder like another one.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "repair/script/copier.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "repair/script/tree_copy.h"
#include "repair/script/tree_verbs.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

using repair::FileDelete;
using repair::GuestPath;

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

// How a source's file stands to what the target has.
enum class Kind : std::uint8_t { lonely, same, changed, newer, older };

struct Robocopy {
  std::string from;
  std::string to;
  std::vector<std::string> patterns;          // of the files that are meant
  std::vector<std::string> excluded_files;    // /xf: names, patterns, paths
  std::vector<std::string> excluded_folders;  // /xd
  bool recursive = false;                     // /s
  bool empty_folders = false;                 // /e
  bool purge = false;                         // removes what the source doesn't have
  bool lists = false;                         // /l: shows what it would do
  bool moves_files = false;                   // /mov
  bool moves_folders = false;                 // /move
  bool quiet = false;                         // /nfl
  bool fat_times = false;                     // /fft: two seconds are as good as none
  std::set<Kind> skipped = {Kind::same};
  CopyRules rules{.created = true, .archived = false, .over_read_only = true};
};

class Mirror {
 public:
  Mirror(Machine& machine, const Robocopy& robocopy, Copier copier)
      : machine_(machine), robocopy_(robocopy), copier_(std::move(copier)) {}

  Done run();

 private:
  Done find_folders();
  bool is_excluded(const Named& named, const std::vector<std::string>& words) const;
  bool is_meant(const Named& file) const;
  void leave_out_folders(std::vector<TreeItem>& items) const;
  // Removes what is in the target alone.
  Done purge(const std::vector<TreeItem>& items);
  Done add(const TreeItem& item);
  Result<Kind> kind_of(const Named& file, const GuestPath& to) const;
  // What was copied goes; /move: and the folders that are empty then.
  Done remove_moved(const std::vector<TreeItem>& items);
  void show(std::string_view what, const Named& named);

  Machine& machine_;
  const Robocopy& robocopy_;
  Copier copier_;
  GuestPath source_;
  GuestPath target_;
  bool target_is_there_ = false;
  FileTime tick_ = 0;
  std::set<std::string> copied_;  // by what they are below the source
  std::size_t skipped_count_ = 0;
  std::size_t extra_count_ = 0;
};

void Mirror::show(std::string_view what, const Named& named) {
  if (robocopy_.quiet) return;
  machine_.print(fmt::format("  {:<12}{:>14}  {}\n", what, named.stat.size,
                             machine_.show(named.path)));
}

Done Mirror::find_folders() {
  source_ = TRY(machine_.resolve(robocopy_.from));
  target_ = TRY(machine_.resolve(robocopy_.to));
  auto from = TRY(look(copier_.disk(), source_).in(robocopy_.from));
  if (!from || !from->has_names()) {
    return Error(Errc::not_found,
                 fmt::format("{}: there is no such folder", robocopy_.from));
  }
  auto to = TRY(look(copier_.disk(), target_).in(robocopy_.to));
  target_is_there_ = to.has_value();
  if (to && !to->has_names()) {
    return wrong(fmt::format("{} is a file, and no folder", robocopy_.to));
  }
  if (robocopy_.recursive) TRY(check_not_cyclic(source_, target_));
  // Else the source would be an extra of the target's.
  if (robocopy_.purge) TRY(check_not_cyclic(target_, source_));
  tick_ = TRY(tick_between(copier_.disk(), source_, target_));
  if (robocopy_.fat_times) tick_ = std::max<FileTime>(tick_, 20'000'000);
  return {};
}

bool Mirror::is_excluded(const Named& named,
                         const std::vector<std::string>& words) const {
  return std::ranges::any_of(words, [&](const std::string& word) {
    if (word.find_first_of("\\/:") == std::string::npos) {
      return fits(word, last_name(named.path));
    }
    auto path = machine_.resolve(word);
    return path && path->partition == named.path.partition &&
           equal_ignoring_case(path->path, named.path.path);
  });
}

bool Mirror::is_meant(const Named& file) const {
  bool fitting = std::ranges::any_of(
      robocopy_.patterns,
      [&](const std::string& pattern) { return fits(pattern, last_name(file.path)); });
  return fitting && !is_excluded(file, robocopy_.excluded_files);
}

void Mirror::leave_out_folders(std::vector<TreeItem>& items) const {
  std::vector<GuestPath> left_out;
  std::erase_if(items, [&](const TreeItem& item) {
    if (is_in_any(item.named.path, left_out)) return true;
    if (!item.named.is_folder()) return false;
    bool excluded = is_excluded(item.named, robocopy_.excluded_folders);
    if (excluded) left_out.push_back(item.named.path);
    return excluded || !robocopy_.recursive;
  });
}

Done Mirror::purge(const std::vector<TreeItem>& items) {
  if (!target_is_there_) return {};
  std::set<std::string> wanted;  // in lower case
  for (const TreeItem& item : items) wanted.insert(ascii_lower(item.below));
  auto there =
      TRY(items_in(machine_, target_, robocopy_.recursive ? Depth::all : Depth::names));
  leave_out_folders(there);
  std::vector<GuestPath> going;  // folders, with all in them
  std::vector<const Named*> extras;
  for (const TreeItem& item : there) {
    bool goes_along = is_in_any(item.named.path, going);
    bool extra = !wanted.contains(ascii_lower(item.below));
    if (!goes_along && !(extra && (item.named.is_folder() || is_meant(item.named)))) {
      continue;
    }
    if (item.named.is_folder() && !goes_along) going.push_back(item.named.path);
    extras.push_back(&item.named);
  }
  extra_count_ = extras.size();
  for (auto extra = extras.rbegin(); extra != extras.rend(); ++extra) {
    show("*EXTRA", **extra);
    if (!robocopy_.lists) TRY(machine_.edit(FileDelete{.file = (*extra)->path}));
  }
  return {};
}

Result<Kind> Mirror::kind_of(const Named& file, const GuestPath& to) const {
  auto there = TRY(look(copier_.disk(), to));
  if (!there) return Kind::lonely;
  FileTime from = file.stat.modified;
  FileTime has = there->stat.modified;
  if (from > has && from - has > tick_) return Kind::newer;
  if (has > from && has - from > tick_) return Kind::older;
  return file.stat.size == there->stat.size ? Kind::same : Kind::changed;
}

Done Mirror::add(const TreeItem& item) {
  GuestPath to = below(target_, item.below);
  if (item.named.is_folder()) {
    if (!item.named.has_names()) {
      machine_.note(fmt::format("{} is left out: a reparse point",
                                machine_.show(item.named.path)));
    } else if (robocopy_.empty_folders && !robocopy_.lists) {
      TRY(copier_.make_folder(to));
    }
    return {};
  }
  if (!is_meant(item.named)) return {};
  Kind kind = TRY(kind_of(item.named, to));
  if (robocopy_.skipped.contains(kind)) {
    ++skipped_count_;
    return {};
  }
  if (!robocopy_.lists) {
    TRY(copier_.make_folder(folder_of(to)));
    if (!TRY(copier_.copy(item.named, to))) return {};
  }
  copied_.insert(item.below);
  constexpr std::string_view kWords[] = {"New File", "Same", "Changed", "Newer",
                                         "Older"};
  show(kWords[static_cast<std::size_t>(kind)], item.named);
  return {};
}

Done Mirror::remove_moved(const std::vector<TreeItem>& items) {
  std::vector<GuestPath> stay;
  auto has_below = [&](const GuestPath& folder) {
    return std::ranges::any_of(
        stay, [&](const GuestPath& path) { return is_in_any(path, {folder}); });
  };
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    const Named& named = item->named;
    bool goes = named.has_names() ? robocopy_.moves_folders && robocopy_.recursive &&
                                        !has_below(named.path)
                                  : copied_.contains(item->below);
    if (goes) {
      TRY(machine_.edit(FileDelete{.file = named.path}));
    } else {
      stay.push_back(named.path);
    }
  }
  return {};
}

Done Mirror::run() {
  TRY(find_folders());
  Depth depth = robocopy_.recursive ? Depth::all : Depth::names;
  auto all = TRY(items_in(machine_, source_, depth));
  std::vector<TreeItem> items = all;
  leave_out_folders(items);
  if (robocopy_.purge) TRY(purge(items));
  if (!robocopy_.lists) TRY(copier_.make_folder(target_));
  for (const TreeItem& item : items) TRY(add(item));
  bool moves = robocopy_.moves_files || robocopy_.moves_folders;
  if (moves && !robocopy_.lists) TRY(remove_moved(all));
  machine_.print(fmt::format("{} file(s) {}copied, {} alike and left, {} extra {}\n",
                             copied_.size(), robocopy_.lists ? "would be " : "",
                             skipped_count_, extra_count_,
                             robocopy_.lists ? "would go" : "removed"));
  return {};
}

// "DATSO": which facts of a file are copied.
Done take_facts(std::string_view letters, CopyRules& rules) {
  std::string lower = ascii_lower(letters);
  auto has = [&](char letter) { return lower.find(letter) != std::string::npos; };
  if (lower.find_first_not_of("datsou") != std::string::npos || lower.empty()) {
    return wrong(fmt::format("/copy:{}: it takes letters of DATSOU", letters));
  }
  if (!has('d')) {
    return Error(Errc::unsupported,
                 fmt::format("/copy:{}: files without their bytes", letters));
  }
  rules.created = rules.modified = has('t');
  rules.attributes = has('a');
  rules.security = has('s') || has('o') || has('u');
  return {};
}

Done take_options(Options& options, Robocopy& robocopy) {
  bool mirrors = options.take("mir");
  robocopy.purge = options.take("purge") || mirrors;
  robocopy.moves_files = options.take("mov");
  robocopy.moves_folders = options.take("move");
  robocopy.empty_folders = options.take("e") || mirrors;
  robocopy.recursive = options.take("s") || robocopy.empty_folders;
  robocopy.lists = options.take("l");
  robocopy.quiet = options.take("nfl");
  robocopy.fat_times = options.take("fft");
  if (options.take("is")) robocopy.skipped.erase(Kind::same);
  if (options.take("xc")) robocopy.skipped.insert(Kind::changed);
  if (options.take("xn")) robocopy.skipped.insert(Kind::newer);
  if (options.take("xo")) robocopy.skipped.insert(Kind::older);
  if (options.take("xl")) robocopy.skipped.insert(Kind::lonely);
  if (options.take("xx")) robocopy.purge = false;
  if (auto letters = options.take_value("copy")) {
    TRY(take_facts(*letters, robocopy.rules));
  }
  bool all = options.take("copyall");
  bool rights = options.take("sec");
  robocopy.rules.security = robocopy.rules.security || all || rights;
  // How often it tries, what it shows, how it reads.
  options.ignore({"it",  "np",  "ndl",   "njh",      "njs",      "nc",  "ns",
                  "v",   "ts",  "fp",    "x",        "tee",      "eta", "b",
                  "zb",  "z",   "j",     "xj",       "unicode",  "xjd", "xjf",
                  "dst", "tbd", "bytes", "compress", "noffload", "reg"});
  for (std::string_view name :
       {"r", "w", "mt", "log", "log+", "unilog", "unilog+", "dcopy", "ipg"}) {
    options.take_value(name);
  }
  TRY(options.refuse({"max",  "min",    "maxage", "minage", "maxlad", "minlad",
                      "lev",  "a",      "m",      "ia",     "xa",     "a+",
                      "a-",   "mon",    "mot",    "rh",     "pf",     "job",
                      "save", "create", "fat",    "secfix", "timfix", "nocopy",
                      "sl",   "efsraw", "quit",   "if",     "256",    "nodcopy"}));
  return options.check_all_taken();
}

}  // namespace

Result<Run> prepare_robocopy(const Call& call) {
  Robocopy robocopy;
  std::vector<std::string> words;
  std::vector<std::string>* list = &words;
  for (std::string& word : program_words(call.tail)) {
    if (word.starts_with('/')) {
      list = equal_ignoring_case(word, "/xf")   ? &robocopy.excluded_files
             : equal_ignoring_case(word, "/xd") ? &robocopy.excluded_folders
                                                : &words;
      if (list != &words) continue;
    }
    list->push_back(std::move(word));
  }
  Options options(std::move(words));
  TRY(take_options(options, robocopy));
  const auto& operands = options.operands();
  if (operands.size() < 2) return wrong("it is robocopy FROM TO [FILE...]");
  robocopy.from = operands[0];
  robocopy.to = operands[1];
  robocopy.patterns.assign(operands.begin() + 2, operands.end());
  if (robocopy.patterns.empty()) robocopy.patterns.emplace_back("*");
  return Run([robocopy = std::move(robocopy)](Machine& machine) -> Done {
    Copier copier = TRY(Copier::begin(machine, robocopy.rules));
    return Mirror(machine, robocopy, std::move(copier)).run();
  });
}

}  // namespace drydock::script
