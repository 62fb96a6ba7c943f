// A VHDX image, seen as the disk that it holds.
//
// Opening for reading never changes a byte of the file.  If the last writer left
// a log behind, its entries are replayed into memory and shine through from
// there; only a writable open replays them into the file.
//
// What is written is safe, and the file a clean one again, when flush() returns;
// what was written to new blocks and not flushed is gone with the image.
//
// [MS-VHDX] is the format's specification; README.md beside this file draws the
// layout and lists where Windows departs from the paper.

#pragma once

#include <memory>

#include "vhd/image.h"

namespace drydock::vhdx {

class Image final : public drydock::Image {
 public:
  // unsupported for what its writer says one must know and isn't known; corrupt
  // where the file breaks a rule of the format; what check_parent() says where
  // options.parent isn't the parent of a differencing image; read_only where a
  // writable image is asked for and `file` isn't.  After an Error the file is as it
  // was, unless the host refused to write: then the log is still there to be
  // replayed.
  static Result<std::shared_ptr<Image>> open(DevicePtr file, ImageOptions options = {});
  ~Image() override;

  // What `file` says of itself, whether or not open() would open it.
  static Result<ImageFacts> examine(DevicePtr file);

  ImageFacts facts() const override;
  std::uint64_t size() const override;
  std::uint32_t sector_size() const override;
  bool writable() const override;
  Result<Mapping> map(std::uint64_t offset) const override;
  Result<Compaction> compact(const Progress& progress) override;
  Done relink(const ParentLink& link) override;

 private:
  struct Impl;
  explicit Image(std::unique_ptr<Impl> impl);
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_zero(std::uint64_t offset, std::uint64_t length) override;
  Done do_trim(std::uint64_t offset, std::uint64_t length) override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::vhdx
