#include "repair/script/verb.h"

#include <algorithm>

namespace drydock::script {

namespace {

// How many letters two words are apart: missing, added, other, or two changed about.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                              std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      bool same = a[i - 1] == b[j - 1];
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                              table[i - 1][j - 1] + (same ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> kVerbs = [] {
    std::vector<Verb> all;
    for (const auto* some :
         {&file_verbs(), &tree_verbs(), &registry_verbs(), &boot_verbs(),
          &rights_verbs(), &package_verbs(), &other_verbs()}) {
      all.insert(all.end(), some->begin(), some->end());
    }
    return all;
  }();
  return kVerbs;
}

}  // namespace

const Verb* find_verb(std::string_view name) {
  if (const Verb* drive = drive_verb(name)) return drive;
  const std::vector<Verb>& verbs = all_verbs();
  auto found = std::ranges::find(verbs, name, &Verb::name);
  return found == verbs.end() ? nullptr : &*found;
}

std::string likely_verb(std::string_view name) {
  constexpr std::size_t kLengthMax = 32;  // longer words are no misprint of these
  if (name.size() > kLengthMax) return "";
  std::string likely;
  // Of short names nearly every word is two letters away.
  std::size_t least = name.size() < 5 ? 2 : 3;
  for (const Verb& verb : all_verbs()) {
    std::size_t apart = distance(name, verb.name);
    if (apart >= least) continue;
    least = apart;
    likely = verb.name;
  }
  return likely;
}

}  // namespace drydock::script
