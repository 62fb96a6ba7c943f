// One change of one image file, from opening to commit.
//
//   auto change = TRY(Transaction::begin("disk.vhdx"));
//   TRY(change->rehearse(plan));
//   TRY(change->commit("repair bcd.default-missing"));
//
// Everything between begin() and commit() happens on an overlay.  A
// transaction that is dropped has done nothing, but for settling what an
// earlier one left unfinished, which begin() does first.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "repair/commit.h"
#include "repair/disk.h"
#include "repair/plan.h"
#include "repair/view.h"
#include "vhd/base/random_guid.h"
#include "vhd/overlay.h"

namespace drydock::repair {

struct TransactionOptions {
  bool dry_run = false;  // opens for reading only; commit() is bad_argument
  Clock clock = now;
  // As VolumeOptions have them.
  Unclean unclean = Unclean::automatic;
  bool discard_hibernation = false;
  bitlocker::KeyRingPtr keys = {};
  MakeGuid make_guid = random_guid;
  ParentPaths parents = {};
  // Also where other images are known to stand on this one, which a change breaks.
  bool although_parent = false;
};

class Transaction {
 public:
  // Locks the image against every other program until the end.  Fails as
  // opening does, as settle() does, and as check_no_children().
  static Result<std::unique_ptr<Transaction>> begin(const std::filesystem::path& path,
                                                    TransactionOptions options = {});
  ~Transaction();

  // As the disk will be: writable, and nothing of it reaches the image.
  Disk& disk();
  const View& view() const;
  // What begin() finished of an earlier change.
  const std::vector<Settled>& settled() const;

  // Applies `plan` to disk(), flushes its volumes, then opens the overlay anew
  // so that disk() shows what a reader will find, and checks what was touched
  // (touched_check.h).  After an Error the disk is half-changed, and everything but
  // dropping the transaction is bad_argument.
  Result<std::vector<Outcome>> rehearse(const Plan& plan);

  // What commit() would write.
  Result<std::vector<Overlay::Change>> changes() const;

  // Whether commit() will replay the image's own log, though nothing that a
  // guest sees changes.
  bool replays_image() const;

  // Flushes disk()'s volumes and carries the changes to the image, as
  // repair::commit() does.  `description` is JSON, kept in the journal for
  // history().  A transaction that changed nothing commits nothing and leaves
  // no journal.  Once only; what disk() and view() show then is out of date.
  Result<Receipt> commit(const std::string& description);

 private:
  struct Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The same that commit.h offers, for an image file with its journals beside
// it.  recover() is settle().  undo() settles first, and where that finished an
// interrupted undo, that was it.  history() reads, and locks nothing.
Result<std::vector<Settled>> recover(const std::filesystem::path& path,
                                     const ParentPaths& parents = {});
struct UndoOptions {
  ParentPaths parents = {};
  bool although_parent = false;  // as TransactionOptions have it
};
Result<Receipt> undo(const std::filesystem::path& path,
                     const UndoOptions& options = {});
Result<std::vector<HistoryEntry>> history(const std::filesystem::path& path);

}  // namespace drydock::repair
