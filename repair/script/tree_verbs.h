// Programs that copy folders, each as verb.h has it.  For tree_verbs.cc.

#pragma once

#include "repair/script/verb.h"

namespace drydock::script {

Result<Run> prepare_xcopy(const Call& call);
Result<Run> prepare_robocopy(const Call& call);

}  // namespace drydock::script
