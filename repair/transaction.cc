#include "repair/transaction.h"

#include "repair/touched_check.h"
#include "vhd/base/try.h"
#include "vhd/chain.h"

namespace drydock::repair {

namespace {

Result<std::shared_ptr<Image>> open_to_write(const std::shared_ptr<FileDevice>& file,
                                             const ParentPaths& parents,
                                             const MakeGuid& make_guid) {
  return TRY(open_chain(file,
                        {.writable = true, .make_guid = make_guid, .parents = parents}))
      .image;
}

Done check(const char* spent) {
  if (spent == nullptr) return {};
  return Error(Errc::bad_argument, spent);
}

}  // namespace

struct Transaction::Impl {
  TransactionOptions options;
  View view;
  std::unique_ptr<JournalFolder> folder;
  std::vector<Settled> settled;
  std::shared_ptr<Overlay> overlay;
  std::unique_ptr<Disk> disk;
  bool replays_image = false;
  const char* spent = nullptr;  // why nothing more can be done

  OpenForWriting open_for_writing() {
    return
        [this] { return open_to_write(view.file, options.parents, options.make_guid); };
  }
  Done open_disk() {
    ImageFacts facts = view.image->facts();
    if (replays_image) facts.log = ImageLog::clean;
    disk = TRY(Disk::open(overlay,
                          {.writable = true,
                           .clock = options.clock,
                           .unclean = options.unclean,
                           .discard_hibernation = options.discard_hibernation,
                           .keys = options.keys},
                          std::move(facts)));
    return {};
  }
};

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::~Transaction() = default;

Result<std::unique_ptr<Transaction>> Transaction::begin(
    const std::filesystem::path& path, TransactionOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (!impl->options.although_parent) TRY(check_no_children(path));
  bool writable = !impl->options.dry_run;
  // One opening for the settling, the rehearsal and the commit, so that the
  // lock is held without a gap.
  impl->view.file = TRY(FileDevice::open(path, {.writable = writable}));
  if (writable) {
    impl->folder = TRY(journals_beside(path));
    impl->settled = TRY(settle(impl->open_for_writing(), *impl->folder));
  }
  impl->view = TRY(open_view(impl->view.file, impl->options.parents));
  impl->overlay = std::make_shared<Overlay>(impl->view.device);
  TRY(impl->open_disk());
  return std::unique_ptr<Transaction>(new Transaction(std::move(impl)));
}

Disk& Transaction::disk() { return *impl_->disk; }
const View& Transaction::view() const { return impl_->view; }
const std::vector<Settled>& Transaction::settled() const { return impl_->settled; }

Result<std::vector<Outcome>> Transaction::rehearse(const Plan& plan) {
  TRY(check(impl_->spent));
  impl_->spent = "a rehearsal of this transaction ended halfway";
  std::vector<Outcome> outcomes = TRY(repair::rehearse(plan, *impl_->disk));
  TRY(impl_->disk->flush());
  for (const Edit& edit : plan.edits) {
    impl_->replays_image |= std::holds_alternative<ImageReplay>(edit.action);
  }
  TRY(impl_->open_disk());
  TRY(check_touched_volumes(*impl_->disk, impl_->view.device, impl_->overlay,
                            TRY(impl_->overlay->changes())));
  impl_->spent = nullptr;
  return outcomes;
}

Result<std::vector<Overlay::Change>> Transaction::changes() const {
  TRY(check(impl_->spent));
  return impl_->overlay->changes();
}

bool Transaction::replays_image() const { return impl_->replays_image; }

Result<Receipt> Transaction::commit(const std::string& description) {
  TRY(check(impl_->spent));
  TRY(check(impl_->options.dry_run ? "this is a dry run" : nullptr));
  TRY(impl_->disk->flush());
  std::vector<Overlay::Change> changes = TRY(impl_->overlay->changes());
  impl_->spent = "this transaction was committed already";
  if (changes.empty() && impl_->replays_image) {
    // Whoever opens it for writing replays its log; there is nothing to undo.
    TRY(TRY(impl_->open_for_writing()())->flush());
    return Receipt{};
  }
  JournalHead head;
  head.id = TRY(impl_->options.make_guid());
  head.time = impl_->options.clock();
  head.description = description;
  return repair::commit(impl_->open_for_writing(), *impl_->folder, std::move(head),
                        changes);
}

namespace {

// An image file with its journals, locked for whoever changes them.
struct Locked {
  std::shared_ptr<FileDevice> file;
  std::unique_ptr<JournalFolder> folder;
  ParentPaths parents;
  OpenForWriting open() const {
    return [this] { return open_to_write(file, parents, random_guid); };
  }
};

Result<Locked> lock(const std::filesystem::path& path, const ParentPaths& parents) {
  Locked locked;
  locked.parents = parents;
  locked.file = TRY(FileDevice::open(path, {.writable = true}));
  locked.folder = TRY(journals_beside(path));
  return locked;
}

}  // namespace

Result<std::vector<Settled>> recover(const std::filesystem::path& path,
                                     const ParentPaths& parents) {
  Locked image = TRY(lock(path, parents));
  return settle(image.open(), *image.folder);
}

Result<Receipt> undo(const std::filesystem::path& path, const UndoOptions& options) {
  if (!options.although_parent) TRY(check_no_children(path));
  Locked image = TRY(lock(path, options.parents));
  for (Settled& settled : TRY(settle(image.open(), *image.folder))) {
    if (settled.before == JournalState::undoing) return std::move(settled.receipt);
  }
  return undo(image.open(), *image.folder);
}

Result<std::vector<HistoryEntry>> history(const std::filesystem::path& path) {
  return history(*TRY(journals_beside(path)));
}

}  // namespace drydock::repair
