#include "repair/worker/host_files.h"

#include <algorithm>
#include <string_view>

namespace drydock::worker {

namespace fs = std::filesystem;

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// What is kept beside a file under its own name and these endings.
bool is_journal(std::string_view ending) {
  constexpr std::string_view kJournal = ".drydock";
  return ending.starts_with('.') && ending.ends_with(kJournal) &&
         ending.size() > kJournal.size() + 1 &&
         all_digits(ending.substr(1, ending.size() - kJournal.size() - 1));
}
bool is_hive_log(std::string_view ending) {
  return ending == ".log" || ending == ".log1" || ending == ".log2";
}
bool is_part(std::string_view ending) { return ending == ".drydock-part"; }

// Windows names the logs of "SYSTEM" in any case: "system.Log1".
std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_below(const fs::path& folder, const fs::path& path) {
  auto [end, rest] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

HostFiles& HostFiles::add(Kind kind, bool writable, const std::string& path) {
  if (path.empty() || path == "-") return *this;
  std::error_code problem;
  fs::path absolute = fs::absolute(path, problem).lexically_normal();
  if (problem) return *this;
  // "folder/" is the folder.
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  fs::path end = fs::weakly_canonical(absolute, problem);
  if (problem) end = absolute;
  grants_.push_back({.kind = kind, .writable = writable, .path = absolute, .end = end});
  return *this;
}

HostFiles& HostFiles::read(const std::string& path) {
  return add(Kind::file, false, path);
}
HostFiles& HostFiles::read_image(const std::string& path) {
  return add(Kind::image, false, path);
}
HostFiles& HostFiles::write(const std::string& path) {
  return add(Kind::file, true, path);
}
HostFiles& HostFiles::write_image(const std::string& path) {
  return add(Kind::image, true, path);
}
HostFiles& HostFiles::write_child_and_parent(const std::string& path) {
  return add(Kind::child, true, path);
}
HostFiles& HostFiles::read_tree(const std::string& path) {
  return add(Kind::tree, false, path);
}
HostFiles& HostFiles::write_tree(const std::string& path) {
  return add(Kind::tree, true, path);
}

Answer HostFiles::answer(const Grant& grant, const fs::path& named, Wish wish,
                         const fs::path& path) {
  if (grant.kind == Kind::tree) {
    bool looks = wish == Wish::read || wish == Wish::list;
    bool allowed = (looks || grant.writable) && is_below(named, path);
    return allowed ? Answer::yes : Answer::no;
  }
  if (wish == Wish::list) {
    return path == named.parent_path() ? Answer::yes : Answer::no;
  }
  if (wish == Wish::make_directory || path.parent_path() != named.parent_path()) {
    return Answer::no;
  }
  std::string name = path.filename().string();
  std::string own = named.filename().string();
  bool image = grant.kind != Kind::file;
  if (name.starts_with(own)) {
    std::string_view ending = std::string_view(name).substr(own.size());
    bool belongs = ending.empty() || (image && is_journal(ending));
    belongs = belongs || (grant.writable && is_part(ending));
    if (wish == Wish::read && belongs) return Answer::yes;
    if (wish != Wish::read && grant.writable && belongs) return Answer::yes;
  }
  std::string lower = in_lower_case(name);
  std::string own_lower = in_lower_case(own);
  if (wish == Wish::read && lower.starts_with(own_lower) &&
      is_hive_log(std::string_view(lower).substr(own_lower.size()))) {
    return Answer::yes;
  }
  bool may_be_parent = wish == Wish::write && grant.kind == Kind::child;
  return image && (wish == Wish::read || may_be_parent) ? Answer::if_image : Answer::no;
}

Answer HostFiles::allows(Wish wish, const fs::path& path) const {
  Answer best = Answer::no;
  for (const Grant& grant : grants_) {
    for (const fs::path& named : {grant.path, grant.end}) {
      Answer found = answer(grant, named, wish, path);
      if (found == Answer::yes) return found;
      if (found == Answer::if_image) best = found;
    }
  }
  return best;
}

fs::path HostFiles::tree_of(const fs::path& path) const {
  for (const Grant& grant : grants_) {
    if (grant.kind != Kind::tree) continue;
    for (const fs::path& named : {grant.path, grant.end}) {
      if (path != named && is_below(named, path)) return named;
    }
  }
  return {};
}

}  // namespace drydock::worker
