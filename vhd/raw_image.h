// An image with nothing around the disk: byte for byte what a guest sees.

#pragma once

#include "vhd/image.h"

namespace drydock {

class RawImage final : public Image {
 public:
  // The whole sectors of `file`.  corrupt where there is none.
  static Result<std::shared_ptr<RawImage>> open(DevicePtr file, ImageOptions options);
  static Result<ImageFacts> examine(const BlockDevice& file);

  ImageFacts facts() const override { return facts_; }
  std::uint64_t size() const override { return facts_.virtual_size; }
  std::uint32_t sector_size() const override { return facts_.logical_sector_size; }
  bool writable() const override { return writable_; }
  Result<Mapping> map(std::uint64_t offset) const override;

 private:
  RawImage(DevicePtr file, ImageFacts facts, bool writable)
      : file_(std::move(file)), facts_(std::move(facts)), writable_(writable) {}
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_zero(std::uint64_t offset, std::uint64_t length) override;
  Done do_trim(std::uint64_t offset, std::uint64_t length) override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  DevicePtr file_;
  ImageFacts facts_;
  bool writable_;
};

}  // namespace drydock
