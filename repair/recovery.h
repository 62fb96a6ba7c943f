// What was left unfinished on a disk, and the plan that finishes it: the log of
// the image, those of its volumes, those of its hives.
//
// A snapshot of a running machine has all three.  Readers apply them in memory
// and lose nothing; whoever wants the disk itself in order carries this out.

#pragma once

#include "repair/plan.h"

namespace drydock::repair {

// Edits for what can be finished, as the disk's options say; a note for each
// thing that can't be, with the reason.
Plan recovery_plan(const Disk& disk);

}  // namespace drydock::repair
