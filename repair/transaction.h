// One change of one image file, from opening to commit.
//
//   auto change = TRY(Transaction::begin("disk.vhdx"));
//   TRY(change.rehearse(plan));
//   TRY(change.commit("repair bcd.default-missing"));
//
// Everything between begin() and commit() happens on an overlay.  A
// transaction that is dropped has done nothing, but for settling what an
// earlier one left unfinished, which begin() does first.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "repair/commit.h"
#include "repair/disk.h"
#include "repair/plan.h"
#include "vhd/file_device.h"
#include "vhd/overlay.h"

namespace drydock::repair {

// An image opened for looking: the container's log, and an unfinished journal,
// applied in memory.  Not one byte is written anywhere.
struct View {
  std::shared_ptr<FileDevice> file;
  std::shared_ptr<Image> image;
  DevicePtr device;  // what readers see: the image, or an overlay over it
  std::size_t unsettled_change_count = 0;
};
Result<View> open_view(const std::filesystem::path& path);

struct TransactionOptions {
  bool dry_run = false;  // opens for reading only; commit() is bad_argument
  Clock clock = now;
  std::function<Guid()> make_guid;  // random when empty
};

class Transaction {
 public:
  // Locks the image against every other writer until the end.  Fails as
  // opening does, and as settle() does.
  static Result<std::unique_ptr<Transaction>> begin(const std::filesystem::path& path,
                                                    TransactionOptions options = {});
  ~Transaction();

  // As the disk will be: writable, and nothing of it reaches the image.
  Disk& disk();
  const View& view() const;

  // Applies `plan` to disk(), flushes its volumes, then opens the overlay anew
  // so that disk() shows what a reader will find.
  Result<std::vector<Outcome>> rehearse(const Plan& plan);

  // What commit() would write.
  Result<std::vector<Overlay::Change>> changes() const;

  // `description` is JSON, kept in the journal for history().  A transaction
  // that changed nothing commits nothing and leaves no journal.
  Result<Receipt> commit(const std::string& description);

 private:
  struct Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::repair
