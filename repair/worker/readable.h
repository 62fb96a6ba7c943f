// Text from a disk, for a terminal: what would move its cursor or change its colours
// is shown instead of done.

#pragma once

#include <string>
#include <string_view>

namespace drydock::worker {

// Text that comes in pieces, which may part a character.
class Readable {
 public:
  // As it is, but for control characters other than line feed and tab, and what isn't
  // UTF-8: those become "\x1b".  What is left of a character waits for the next piece.
  std::string show(std::string_view piece);

 private:
  std::string rest_;
};

}  // namespace drydock::worker
