#include "repair/likely_word.h"

#include <algorithm>

namespace drydock::repair {

namespace {

constexpr std::size_t kLengthMax = 40;  // longer words are no misprint

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

}  // namespace

std::string likely_word(std::string_view word,
                        const std::vector<std::string_view>& known) {
  if (word.size() > kLengthMax) return "";
  // Of short words nearly every other is two letters away.
  std::size_t least = word.size() < 5 ? 2 : 3;
  std::string likely;
  for (std::string_view one : known) {
    std::size_t apart = distance(word, one);
    if (apart >= least) continue;
    least = apart;
    likely = one;
  }
  return likely;
}

}  // namespace drydock::repair
