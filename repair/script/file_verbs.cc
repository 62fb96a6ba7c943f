#include "repair/script/file_verbs.h"

namespace drydock::script {

const std::vector<Verb>& file_verbs() {
  static const std::vector<Verb> kVerbs = {
      {"copy", prepare_copy},     {"move", prepare_move}, {"ren", prepare_ren},
      {"rename", prepare_ren},    {"del", prepare_del},   {"erase", prepare_del},
      {"rd", prepare_rd},         {"rmdir", prepare_rd},  {"md", prepare_md},
      {"mkdir", prepare_md},      {"cd", prepare_cd},     {"chdir", prepare_cd},
      {"pushd", prepare_pushd},   {"popd", prepare_popd}, {"type", prepare_type},
      {"attrib", prepare_attrib}, {"dir", prepare_dir}};
  return kVerbs;
}

}  // namespace drydock::script
