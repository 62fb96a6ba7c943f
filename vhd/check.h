// What is wrong with an image's container: every rule of its format, each breach with
// its place.  Nothing here looks at the disk inside.

#pragma once

#include <string>
#include <vector>

#include "vhd/image.h"

namespace drydock {

enum class Severity : std::uint8_t {
  warning,  // readers agree on what the disk holds
  error,    // they may not, or refuse it
};

std::string_view to_string(Severity severity);

struct Problem {
  std::string what;   // a clause, with the numbers in it
  std::string where;  // "header 2 at 0x20000"
  Severity severity = Severity::error;
  bool repairable = false;  // mend_image() cures it
};

// No more are listed; an image that is rotten through and through has millions.
inline constexpr std::size_t kProblemCountMax = 1000;

// An empty list is a clean bill.  Changes nothing.  A log that waits to be replayed is
// a warning, and what follows is about the file as it will be.  Fails only where the
// file can't be read; a raw image has no rules to break.
Result<std::vector<Problem>> check_image(const DevicePtr& file);

// Cures what is repairable and nothing else: finishes a log, puts right the copy of
// something that isn't sound from the one that is.  No byte that a guest sees changes,
// and a power cut leaves the image no worse.  `file` is writable.
Done mend_image(const DevicePtr& file, const MakeGuid& make_guid = {});

}  // namespace drydock
