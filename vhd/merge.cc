#include "vhd/merge.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock {

namespace {

constexpr std::uint64_t kPieceSize = 1 << 20;

class Merge {
 public:
  Merge(const MergeFiles& files, const MergeOptions& options)
      : files_(files), options_(options) {
    if (!options_.make_guid) options_.make_guid = random_guid;
  }

  Result<Merged> go() {
    Guid future = TRY(options_.make_guid());
    // Opened for writing without a write: that alone changes no id.
    parent_ = TRY(open_parent(future));
    TRY(open_child());
    bool by_two_ids = parent_->facts().format == ImageFormat::vhdx;
    if (by_two_ids) {
      ParentLink link = options_.link;
      link.link_id = *parent_->facts().link_id;
      link.link_id2 = future;
      TRY(child_->relink(link).in("child"));
      TRY(open_child());
    }
    if (parent_->size() < child_->size()) {
      TRY(parent_->resize(child_->size()).in("parent"));
      TRY(open_child());
    }
    TRY(copy());
    TRY(parent_->flush().in("parent"));
    if (by_two_ids) {
      ParentLink link = options_.link;
      link.link_id = *parent_->facts().link_id;
      TRY(child_->relink(link).in("child"));
    }
    return merged_;
  }

 private:
  Result<std::shared_ptr<Image>> open_parent(const Guid& future) const {
    return open_image(files_.parent, {.writable = true,
                                      .make_guid = options_.make_guid,
                                      .data_guid = future,
                                      .parent = files_.grandparent})
        .in("parent");
  }
  Done open_child() {
    child_.reset();
    child_ = TRY(open_image(files_.child, {.writable = true,
                                           .make_guid = options_.make_guid,
                                           .parent = parent_})
                     .in("child"));
    return {};
  }

  // Only what the child itself says: of all else the parent knows better.
  Done copy() {
    for (std::uint64_t at = 0; at < child_->size();) {
      Mapping run = TRY(child_->map(at).in("child"));
      if (run.length == 0) break;
      bool from_child = run.depth == 0 && run.present;
      if (from_child && run.zero) {
        TRY(parent_->zero(at, run.length).in("parent"));
        merged_.bytes_zeroed += run.length;
      } else if (from_child) {
        TRY(copy_run(at, run.length));
      }
      at += run.length;
      TRY(report(at));
    }
    return {};
  }
  Done copy_run(std::uint64_t at, std::uint64_t length) {
    for (std::uint64_t end = at + length; at < end;) {
      MutableBytes piece = MutableBytes(buffer_).first(std::min(kPieceSize, end - at));
      TRY(child_->read(at, piece).in("child"));
      TRY(parent_->write(at, piece).in("parent"));
      merged_.bytes_written += piece.size();
      at += piece.size();
      TRY(report(at));
    }
    return {};
  }
  Done report(std::uint64_t done) const {
    return options_.progress ? options_.progress(done, child_->size()) : Done();
  }

  MergeFiles files_;
  MergeOptions options_;
  std::shared_ptr<Image> parent_;
  std::shared_ptr<Image> child_;
  ByteVector buffer_ = ByteVector(kPieceSize);
  Merged merged_;
};

}  // namespace

Result<Merged> merge_into_parent(const MergeFiles& files, const MergeOptions& options) {
  return Merge(files, options).go();
}

}  // namespace drydock
