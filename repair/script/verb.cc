#include "repair/script/verb.h"

#include <algorithm>

#include "repair/likely_word.h"

namespace drydock::script {

namespace {

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
  std::vector<std::string_view> names;
  for (const Verb& verb : all_verbs()) names.push_back(verb.name);
  return repair::likely_word(name, names);
}

}  // namespace drydock::script
