// Mistakes of well-known articles: lines that would not run as they are printed.
//
// Only these are corrected, each with a note; any other stops the script.

#pragma once

#include "repair/script/call.h"

namespace drydock::script {

void correct_typos(Call& call);

}  // namespace drydock::script
