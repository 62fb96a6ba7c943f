// A dynamic or differencing VHD: blocks, where they are needed.

#pragma once

#include <memory>

#include "vhd/vhd1/container.h"

namespace drydock::vhd1 {

class SparseImage final : public Image {
 public:
  // Of a file whose container has been read.  corrupt where its table breaks a rule
  // of the format; not_found, and bad_argument, as open_image() says of parents.
  static Result<std::shared_ptr<SparseImage>> open(DevicePtr file, Container container,
                                                   ImageOptions options);
  ~SparseImage() override;

  ImageFacts facts() const override;
  std::uint64_t size() const override;
  std::uint32_t sector_size() const override { return kSectorSize; }
  bool writable() const override;
  // When it was made, in seconds since 2000.
  std::uint32_t timestamp() const;
  Result<Mapping> map(std::uint64_t offset) const override;
  Result<Compaction> compact(const Progress& progress) override;
  Done relink(const ParentLink& link) override;

 private:
  struct Impl;
  explicit SparseImage(std::unique_ptr<Impl> impl);
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_zero(std::uint64_t offset, std::uint64_t length) override;
  Done do_trim(std::uint64_t offset, std::uint64_t length) override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::vhd1
