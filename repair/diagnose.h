// Asks every recipe what is wrong, and says what was looked at.
//
// Three verdicts, never two: what could not be examined is not healthy.

#pragma once

#include <string>
#include <vector>

#include "repair/recipe.h"

namespace drydock::repair {

enum class Verdict : std::uint8_t { healthy, fault, could_not_tell };

std::string_view to_string(Verdict verdict);

struct Examined {
  std::string what;  // "bcd.default-missing on C:\Windows", "volume 3 (ntfs)"
  Verdict verdict = Verdict::healthy;
  std::string why;  // of could_not_tell
};

struct Diagnosis {
  // fault where anything is; else could_not_tell where anything couldn't be
  // told, or no Windows was found; else healthy.
  Verdict verdict = Verdict::could_not_tell;
  std::vector<Finding> findings;
  std::vector<Examined> examined;
};

// With `recipes` empty, all automatic ones.
Diagnosis diagnose(const Disk& disk, const std::vector<const Recipe*>& recipes = {},
                   const Settings& settings = {});

}  // namespace drydock::repair
