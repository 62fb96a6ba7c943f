#include "repair/script/tree_verbs.h"

namespace drydock::script {

const std::vector<Verb>& tree_verbs() {
  static const std::vector<Verb> kVerbs = {{"xcopy", prepare_xcopy},
                                           {"robocopy", prepare_robocopy}};
  return kVerbs;
}

}  // namespace drydock::script
