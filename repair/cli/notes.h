// What a person who looks should know of how the disk is shown: which unfinished
// work was applied in memory, and what could not be.  On stderr, so that what
// was asked for stands alone.

#pragma once

#include "repair/cli/report.h"
#include "repair/view.h"

namespace drydock::cli {

// Of the image: its own log, and an unfinished change of ours.
void note_image(const repair::View& view, Report& report);

// Of the volume of partition `number`, if it can be opened: its log.
void note_volume(const repair::Disk& disk, std::uint32_t number, Report& report);

}  // namespace drydock::cli
