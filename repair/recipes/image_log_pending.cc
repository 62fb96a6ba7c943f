// The image's last writer left its log behind: metadata of the container that
// is in the log and not in its place yet.  Hyper-V replays it when it attaches
// the image, and so do our readers, in memory; many other programs show the
// disk without it, and show it wrong.

#include <fmt/format.h>

#include "repair/recipes/recipes.h"

namespace drydock::repair {

namespace {

class ImageLogPending final : public Recipe {
 public:
  std::string_view id() const override { return "image.log-pending"; }
  bool of_disk() const override { return true; }
  std::string_view summary() const override {
    return "the image's own log was not replayed: its last writer was interrupted";
  }
  std::string_view reads() const override { return "the container's headers and log"; }
  std::string_view writes() const override {
    return "the container's metadata; no byte that a guest can see";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const auto& image = subject.disk.image();
    if (!image || image->log != ImageLog::pending) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.what =
        "the image's log holds changes that are not in the file's own "
        "tables yet";
    finding.where = "the image's own log";
    finding.evidence = {
        "the VHDX header in force names a log (LogGuid isn't zero)",
        fmt::format(
            "what is shown here is the disk with that log's {} entries replayed",
            image->log_entry_count)};
    return Findings{std::move(finding)};
  }

  Done mend(const Subject&, const Finding& finding, const Settings&,
            Plan& plan) const override {
    plan.edits.push_back({.action = ImageReplay{}, .why = finding.what});
    return {};
  }
};

}  // namespace

const Recipe& image_log_pending() {
  static const ImageLogPending recipe;
  return recipe;
}

}  // namespace drydock::repair
