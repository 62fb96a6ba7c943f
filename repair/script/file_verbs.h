// cmd.exe's own commands about files, each as verb.h has it.  For file_verbs.cc.

#pragma once

#include "repair/script/verb.h"

namespace drydock::script {

Result<Run> prepare_copy(const Call& call);
Result<Run> prepare_move(const Call& call);
Result<Run> prepare_ren(const Call& call);
Result<Run> prepare_del(const Call& call);
Result<Run> prepare_rd(const Call& call);
Result<Run> prepare_md(const Call& call);
Result<Run> prepare_cd(const Call& call);
Result<Run> prepare_pushd(const Call& call);
Result<Run> prepare_popd(const Call& call);
Result<Run> prepare_attrib(const Call& call);
Result<Run> prepare_type(const Call& call);
Result<Run> prepare_dir(const Call& call);

}  // namespace drydock::script
