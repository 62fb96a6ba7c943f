#include "repair/hive/difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

using Children = std::map<std::string, Key>;  // by name, letters as they are

Result<Children> children_of(const Hive& hive, Key key) {
  Children children;
  for (Key child : TRY(hive.subkeys(key))) {
    children.emplace(TRY(hive.name(child)), child);
  }
  return children;
}

Result<std::uint64_t> count_tree(const Hive& hive, Key key) {
  std::uint64_t count = 0;
  std::vector<Key> waiting{key};
  while (!waiting.empty()) {
    Key next = waiting.back();
    waiting.pop_back();
    ++count;
    for (Key child : TRY(hive.subkeys(next))) waiting.push_back(child);
  }
  return count;
}

Result<bool> same_values(const Hive& before, Key old_key, const Hive& after,
                         Key new_key) {
  std::vector<Value> old_values = TRY(before.values(old_key));
  std::vector<Value> new_values = TRY(after.values(new_key));
  auto by_name = [](const Value& a, const Value& b) { return a.name < b.name; };
  std::ranges::sort(old_values, by_name);
  std::ranges::sort(new_values, by_name);
  return std::ranges::equal(old_values, new_values, [](const Value& a, const Value& b) {
    return a.name == b.name && a.type == b.type && a.data == b.data;
  });
}

struct Pair {
  std::string path;
  Key before;
  Key after;
};

// Two hives walked side by side.
class Walk {
 public:
  Walk(const Hive& before, const Hive& after) : before_(before), after_(after) {}

  Result<Difference> run() {
    std::vector<Pair> waiting{{"", before_.root(), after_.root()}};
    while (!waiting.empty()) {
      Pair pair = std::move(waiting.back());
      waiting.pop_back();
      if (!TRY(same_values(before_, pair.before, after_, pair.after))) {
        ++difference_.changed_count;
        name(pair.path.empty() ? "\\" : pair.path);
      }
      TRY(compare_children(pair, waiting));
    }
    return std::move(difference_);
  }

 private:
  Done compare_children(const Pair& pair, std::vector<Pair>& waiting) {
    Children olds = TRY(children_of(before_, pair.before));
    Children news = TRY(children_of(after_, pair.after));
    for (const auto& [child, key] : olds) {
      if (news.contains(child)) continue;
      difference_.removed_count += TRY(count_tree(before_, key));
      name(pair.path + "\\" + child);
    }
    std::vector<Pair> both;
    for (const auto& [child, key] : news) {
      std::string path = pair.path + "\\" + child;
      auto old = olds.find(child);
      if (old != olds.end()) {
        both.push_back({std::move(path), old->second, key});
        continue;
      }
      difference_.added_count += TRY(count_tree(after_, key));
      name(path);
    }
    // The first in order is to be looked at first.
    waiting.insert(waiting.end(), std::make_move_iterator(both.rbegin()),
                   std::make_move_iterator(both.rend()));
    return {};
  }

  void name(const std::string& path) {
    if (difference_.named.size() < kNamedKeysMax) difference_.named.push_back(path);
  }

  const Hive& before_;
  const Hive& after_;
  Difference difference_;
};

}  // namespace

Result<Difference> difference(const Hive& before, const Hive& after) {
  return Walk(before, after).run();
}

std::string describe(const Difference& difference) {
  std::vector<std::string> parts;
  auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(difference.changed_count, "changed");
  add(difference.added_count, "added");
  add(difference.removed_count, "removed");
  if (parts.empty()) return "no key differs";
  std::uint64_t all =
      difference.changed_count + difference.added_count + difference.removed_count;
  return fmt::format("keys: {}: {}{}", fmt::join(parts, ", "),
                     fmt::join(difference.named, ", "),
                     all > difference.named.size() ? ", ..." : "");
}

}  // namespace drydock::hive
