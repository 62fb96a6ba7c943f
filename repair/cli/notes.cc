#include "repair/cli/notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace drydock::cli {

void note_image(const repair::View& view, Report& report) {
  ImageFacts facts = view.image->facts();
  if (facts.log == ImageLog::pending) {
    report.note(
        fmt::format("drydock: the image is shown with its own log replayed in memory: "
                    "{} entries\n",
                    facts.log_entry_count));
  }
  if (view.unsettled_change_count > 0) {
    report.note("drydock: an unfinished change is shown as finished\n");
  }
  if (!view.journal_problem.empty()) {
    report.note(fmt::format("drydock: the journals beside it weren't heeded: {}\n",
                            view.journal_problem));
  }
}

void note_volume(const repair::Disk& disk, std::uint32_t number, Report& report) {
  auto volume = disk.volume(number);
  if (!volume) return;  // Whoever reads it hears why.
  auto condition = (*volume)->condition();
  if (!condition || condition->clean()) return;
  std::string place = disk.show({.partition = number, .path = "\\"});
  if (condition->replay) {
    report.note(
        fmt::format("drydock: {} is shown with its log replayed in memory: {}\n", place,
                    describe(*condition->replay)));
  }
  if (condition->shown_as_found()) return;
  report.note(fmt::format(
      "drydock: {} isn't clean: {}: this is how it lies on the disk, not what Windows "
      "would make of it{}\n",
      place, fmt::join(condition->reasons, "; "),
      condition->replay_problem.empty() ? std::string()
                                        : "; " + condition->replay_problem));
}

}  // namespace drydock::cli
