// Plays a story: builds its disk, wounds it, diagnoses, repairs, and looks at
// what was expected.

#pragma once

#include <functional>
#include <string_view>

#include "harness/scenarios/story.h"

namespace drydock::scenarios {

// Told of each step that went as it should: "diagnose: 1 finding".
using Say = std::function<void(std::string_view step)>;

// Works in a folder of its own, gone afterwards.  An Error names the step, and
// what was found instead.
Done run_story(const Story& story, const Say& say);

}  // namespace drydock::scenarios
