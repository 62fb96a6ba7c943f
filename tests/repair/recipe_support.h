// What the tests of recipes share: examining, planning and carrying out on a disk.

#pragma once

#include "repair/installation.h"
#include "repair/recipe.h"
#include "tests/repair/windows_disk.h"

namespace drydock::repair {

// What the recipe finds on the disk as it is now, in its first Windows.
inline Result<Recipe::Findings> examine(const WindowsDisk& windows,
                                        const Recipe& recipe,
                                        const Settings& settings = {}) {
  auto disk = windows.open();
  return recipe.examine({.disk = *disk, .windows = disk->installations().at(0).get()},
                        settings);
}

inline Result<Plan> mend(const WindowsDisk& windows, const Recipe& recipe,
                         const Settings& settings = {}) {
  auto disk = windows.open();
  Subject subject{.disk = *disk, .windows = disk->installations().at(0).get()};
  auto findings = recipe.examine(subject, settings);
  if (!findings) return std::move(findings).error();
  Plan plan;
  for (const Finding& finding : *findings) {
    Done done = recipe.mend(subject, finding, settings, plan);
    if (!done) return std::move(done).error();
  }
  return plan;
}

inline void carry_out(WindowsDisk& windows, const Plan& plan) {
  auto disk = windows.open_writable();
  auto outcomes = rehearse(plan, *disk);
  ASSERT_TRUE(outcomes) << outcomes.error().describe();
}

}  // namespace drydock::repair
