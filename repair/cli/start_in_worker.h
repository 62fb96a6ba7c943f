// A command's work in a worker, which can do little beyond it: repair/worker.

#pragma once

#include "repair/cli/command_line.h"

namespace drydock::cli {

// What becomes of a worker that doesn't end by itself is said in the Report's way, with
// Exit::could_not_tell, or Exit::interrupted where it may have left a change
// unfinished.
int start_in_worker(const Command& command, const StartOptions& options);

}  // namespace drydock::cli
