// Asks every recipe what is wrong, and says what was looked at.
//
// Three verdicts, never two: what could not be examined is not healthy.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/recipe.h"

namespace drydock::repair {

enum class Verdict : std::uint8_t { healthy, fault, could_not_tell };

std::string_view to_string(Verdict verdict);

struct Examined {
  std::string what;  // "bcd.default-missing on C:\Windows", "partition 3 (ntfs)"
  Verdict verdict = Verdict::healthy;
  std::string why;           // of could_not_tell
  std::optional<Errc> code;  // of could_not_tell, where an Error said so
};

// What volumes are found to be that no recipe mends, but Windows itself.
inline constexpr std::string_view kVolumeHibernated = "volume.hibernated";

struct Diagnosis {
  // fault where anything is; else could_not_tell where anything couldn't be
  // told, or no Windows was found; else healthy.
  Verdict verdict = Verdict::could_not_tell;
  std::vector<Finding> findings;
  std::vector<Examined> examined;
};

// Examines each volume, and with each recipe the disk or each Windows, or the one of
// that index in disk.installations().  With `recipes` empty, all examining_recipes().
Diagnosis diagnose(const Disk& disk, const std::vector<const Recipe*>& recipes = {},
                   const Settings& settings = {},
                   std::optional<std::size_t> installation = {});

// How examining with a recipe is called in Examined::what.
std::string examination_name(const Recipe& recipe, const Subject& subject);

// The recipes that `repair` uses unasked, and those that `diagnose` does.
std::vector<const Recipe*> automatic_recipes();
std::vector<const Recipe*> examining_recipes();

}  // namespace drydock::repair
