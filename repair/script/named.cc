#include "repair/script/named.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "repair/file_tree.h"
#include "repair/glob.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

using repair::Disk;
using repair::GuestPath;

namespace {

// Of the names below one folder; the largest volumes hold some millions.
constexpr std::size_t kNamesMax = 4'000'000;

Error too_many() {
  return Error(Errc::unsupported,
               fmt::format("{} names or more in one folder", kNamesMax));
}

bool has_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

// Lays a mask over a name as cmd.exe does.  Nothing of Microsoft's documents it; the
// rules are those that people found out by trying ("How does the Windows RENAME
// command interpret wildcards?", superuser.com).
class Mask {
 public:
  Mask(std::u16string_view name, std::u16string_view mask) : name_(name), mask_(mask) {}

  std::u16string apply();

 private:
  void take_star();
  void take_to_end() { take(name_.size() - at_); }
  void take(std::size_t count) {
    made_ += name_.substr(at_, count);
    at_ += count;
  }

  std::u16string_view name_;
  std::u16string_view mask_;  // what is left of it
  std::size_t at_ = 0;        // in name_
  std::u16string made_;
};

// `*` goes as far as the last of the letter that follows it.
void Mask::take_star() {
  if (mask_.empty()) return take_to_end();
  char16_t until = mask_[0];
  mask_.remove_prefix(1);
  if (until == u'?' || until == u'*') return take_to_end();
  std::size_t last = name_.rfind(until);
  if (last != std::u16string_view::npos && last >= at_) return take(last + 1 - at_);
  take_to_end();
  made_ += until;
}

std::u16string Mask::apply() {
  while (!mask_.empty()) {
    char16_t letter = mask_[0];
    mask_.remove_prefix(1);
    bool in_part = at_ < name_.size() && name_[at_] != u'.';
    if (letter == u'*') {
      take_star();
    } else if (letter == u'?') {
      if (in_part) take(1);
    } else if (letter == u'.') {
      std::size_t dot = name_.find(u'.', at_);
      at_ = dot == std::u16string_view::npos ? name_.size() : dot + 1;
      made_ += letter;
    } else {
      if (in_part) ++at_;
      made_ += letter;
    }
  }
  while (made_.ends_with(u'.') || made_.ends_with(u' ')) made_.pop_back();
  return made_;
}

}  // namespace

Result<std::optional<Pattern>> split_pattern(std::string_view text) {
  std::size_t end = text.find_last_of("\\/:");
  std::size_t start = end == std::string_view::npos ? 0 : end + 1;
  if (has_pattern(text.substr(0, start))) {
    return Error(Errc::bad_argument,
                 fmt::format("{}: * and ? are for the last name only", text));
  }
  if (!has_pattern(text.substr(start))) return std::optional<Pattern>();
  return std::optional(Pattern{.folder = std::string(text.substr(0, start)),
                               .name = std::string(text.substr(start))});
}

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern == "*.*") return true;
  return repair::matches_glob(ascii_lower(pattern), ascii_lower(name));
}

std::string last_name(const GuestPath& path) {
  return path.path.substr(path.path.rfind('\\') + 1);
}

GuestPath folder_of(const GuestPath& path) {
  std::size_t slash = path.path.rfind('\\');
  return {.partition = path.partition,
          .path = path.path.substr(0, std::max<std::size_t>(slash, 1))};
}

Result<std::optional<Named>> look(const Disk& disk, const GuestPath& path) {
  auto file = TRY(disk.volume(path.partition))->find(path.path);
  if (!file && file.error().code() == Errc::not_found) return std::optional<Named>();
  if (!file) return std::move(file).error();
  return std::optional(Named{.path = path, .stat = file->stat()});
}

Result<std::vector<Named>> names_in(const Disk& disk, const GuestPath& folder) {
  FileSystemPtr volume = TRY(disk.volume(folder.partition));
  File file = TRY(volume->find(folder.path));
  std::vector<Named> names;
  TRY(volume->list(file, [&](const Entry& entry) {
    names.push_back({.path = {.partition = folder.partition,
                              .path = repair::join(folder.path, entry.name)},
                     .stat = entry.stat});
    return names.size() < kNamesMax;
  }));
  if (names.size() == kNamesMax) return too_many();
  return names;
}

Result<std::vector<Named>> names_below(Machine& machine, const GuestPath& folder) {
  const Disk& disk = *TRY(machine.disk());
  FileSystemPtr volume = TRY(disk.volume(folder.partition));
  File file = TRY(volume->find(folder.path));
  std::vector<Named> names;
  TRY(repair::walk_tree(
      *volume, file, folder.path,
      [&](const repair::BelowFolder& found) -> Done {
        if (names.size() == kNamesMax) return too_many();
        names.push_back({.path = {.partition = folder.partition, .path = found.path},
                         .stat = found.entry.stat});
        return {};
      },
      [&](const Error& error) {
        machine.note("left out what can't be read: " + error.describe());
      }));
  return names;
}

Result<Names> find_names(Machine& machine, std::string_view text) {
  const Disk& disk = *TRY(machine.disk());
  auto pattern = TRY(split_pattern(text));
  Names names{.found = {}, .by_pattern = pattern.has_value()};
  GuestPath path = TRY(machine.resolve(pattern ? pattern->folder : text));
  auto there = TRY(look(disk, path).in(text));
  if (!there) return names;
  if (!pattern) {
    names.found.push_back(std::move(*there));
    return names;
  }
  if (!there->has_names()) return names;
  names.found = TRY(names_in(disk, path).in(text));
  std::erase_if(names.found, [&](const Named& named) {
    return !fits(pattern->name, last_name(named.path));
  });
  return names;
}

Result<Names> find_files(Machine& machine, std::string_view text) {
  Names names = TRY(find_names(machine, text));
  if (!names.by_pattern && !names.found.empty() && names.found[0].has_names()) {
    const Disk& disk = *TRY(machine.disk());
    names.found = TRY(names_in(disk, names.found[0].path).in(text));
    names.by_pattern = true;
  }
  std::erase_if(names.found, [](const Named& named) { return named.is_folder(); });
  return names;
}

std::string apply_mask(std::string_view name, std::string_view mask) {
  auto wide_name = to_utf16(name);
  auto wide_mask = to_utf16(mask);
  if (!wide_name || !wide_mask) return std::string(mask);
  return to_utf8(Mask(*wide_name, *wide_mask).apply());
}

}  // namespace drydock::script
