#include "repair/view.h"

#include "repair/commit.h"
#include "repair/journal_folder.h"
#include "vhd/base/try.h"
#include "vhd/chain.h"
#include "vhd/overlay.h"

namespace drydock::repair {

namespace {

Result<std::vector<Overlay::Change>> changes_beside(const View& view) {
  auto folder = journals_beside(view.file->path());
  // A block device of the host has no journals.
  if (!folder && folder.error().code() == Errc::unsupported) {
    return std::vector<Overlay::Change>();
  }
  return unsettled_changes(*view.image, *TRY(std::move(folder)));
}

}  // namespace

Result<View> open_view(std::shared_ptr<FileDevice> file, const ParentPaths& parents) {
  View view;
  view.file = std::move(file);
  Chain chain = TRY(open_chain(view.file, {.parents = parents}));
  view.parent_files.assign(chain.files.begin() + 1, chain.files.end());
  view.image = std::move(chain.image);
  view.device = view.image;
  auto changes = changes_beside(view);
  if (!changes) {
    // Whoever only looks may still look.
    view.journal_problem = changes.error().describe();
    return view;
  }
  if (changes->empty()) return view;
  auto overlay = std::make_shared<Overlay>(view.image);
  for (const Overlay::Change& change : *changes) {
    TRY(overlay->write(change.offset, change.after));
  }
  view.unsettled_change_count = changes->size();
  view.device = std::move(overlay);
  return view;
}

Result<View> open_view(const std::filesystem::path& path, const ParentPaths& parents) {
  return open_view(TRY(FileDevice::open(path)), parents);
}

Result<std::unique_ptr<Disk>> open_disk(const View& view, VolumeOptions options) {
  options.writable = false;
  return Disk::open(view.device, std::move(options), view.image->facts());
}

}  // namespace drydock::repair
