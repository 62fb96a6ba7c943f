// A fixed VHD: the disk, then a footer.

#pragma once

#include "vhd/vhd1/container.h"

namespace drydock::vhd1 {

class FixedImage final : public Image {
 public:
  // Of a file whose container has been read.
  static Result<std::shared_ptr<FixedImage>> open(DevicePtr file,
                                                  const Container& container,
                                                  bool writable);

  ImageFacts facts() const override { return facts_; }
  std::uint64_t size() const override { return facts_.virtual_size; }
  std::uint32_t sector_size() const override { return kSectorSize; }
  bool writable() const override { return writable_; }
  // When it was made, in seconds since 2000.
  std::uint32_t timestamp() const { return footers_.footer.timestamp; }
  Result<Mapping> map(std::uint64_t offset) const override;

 private:
  FixedImage(DevicePtr file, const Container& container, bool writable)
      : file_(std::move(file)),
        footers_(container.footers),
        facts_(facts_of(container)),
        writable_(writable) {}
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_zero(std::uint64_t offset, std::uint64_t length) override;
  Done do_trim(std::uint64_t offset, std::uint64_t length) override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  Done check_usable() const;
  Done grow(std::uint64_t size);
  Done shrink(std::uint64_t size);
  Done put_footer(std::uint64_t offset, std::uint64_t disk_size);

  DevicePtr file_;
  Footers footers_;
  ImageFacts facts_;
  bool writable_;
  // True while the size is being changed; an Error leaves it so.
  bool broken_ = false;
};

}  // namespace drydock::vhd1
