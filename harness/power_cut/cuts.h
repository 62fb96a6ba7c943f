// Cuts the power at every event of some work, in every way that it may end,
// and has each result judged.
//
// Where few parts are unsafe, every combination of kept and lost is tried;
// where there are many, what a cut is likeliest to do -- nothing kept, all
// kept, one event alone lost or kept -- and then draws from a seed.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/power_cut/host.h"

namespace drydock::power_cut {

struct CutOptions {
  // The same seed tries the same.
  std::uint64_t seed = 1;
  // For one cut.  All combinations are tried where they aren't more.
  std::size_t outcome_count_max = 64;
};

// How much was tried.
struct Tally {
  std::uint64_t event_count = 0;      // of the work, uncut
  std::uint64_t cut_count = 0;        // one before each event's end, one after all
  std::uint64_t outcome_count = 0;    // disks that were judged
  std::uint64_t drawn_cut_count = 0;  // cuts of which not every outcome was tried

  Tally& operator+=(const Tally& other);
};

// "12 events, 13 cuts, 420 outcomes (4 cuts drawn from seed 1)".
std::string to_string(const Tally& tally, std::uint64_t seed);

// Does its work on the host, and stops where the host fails it.  Called once
// for each cut, with a host that starts from the same files.
using Work = std::function<void(const std::shared_ptr<Host>& host)>;

// Looks at what lies on the disk after a cut.  An Error ends the search, and
// names the cut and the outcome.
using Judge = std::function<Done(const Files& after)>;

Result<Tally> for_each_cut(const Files& before, const Work& work, const Judge& judge,
                           CutOptions options = {});

// Instead of the power going, each event in turn fails with `code`, and the
// host goes on: a disk that is full, or a sector that can't be written.  What
// then lies there is judged, and also what a cut after the work's end makes
// of it.
Result<Tally> for_each_fault(const Files& before, Errc code, const Work& work,
                             const Judge& judge, CutOptions options = {});

// What to try for a cut that leaves `unsafe`.  For for_each_cut(), and for
// those who walk by themselves.
struct Outcomes {
  std::vector<Outcome> tried;
  bool complete = false;  // there are no others
};
Outcomes outcomes_of(const std::vector<Unsafe>& unsafe, CutOptions options);

}  // namespace drydock::power_cut
