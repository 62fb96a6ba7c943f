#include "harness/power_cut/content.h"

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::power_cut {

namespace {

class ContentDevice final : public BlockDevice {
 public:
  explicit ContentDevice(Content content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return false; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    return content_.read(offset, into);
  }
  Done do_write(std::uint64_t, Bytes) override {
    return Error(Errc::read_only, "this was opened for reading only");
  }
  Done do_flush() override { return {}; }

  Content content_;
};

}  // namespace

Content::Content(DevicePtr base)
    : base_(std::move(base)), base_size_(base_->size()), size_(base_size_) {}

Content::Content(ByteVector bytes)
    : Content(std::make_shared<MemoryDevice>(std::move(bytes))) {}

Done Content::read(std::uint64_t offset, MutableBytes into) const {
  std::uint64_t end = offset + into.size();
  auto page = pages_.lower_bound(offset / kPageSize);
  for (std::uint64_t at = offset; at < end;) {
    std::uint64_t page_start = page == pages_.end() ? end : page->first * kPageSize;
    if (at < page_start) {  // A stretch that was never touched: base, then zeros.
      std::uint64_t stop = std::min(end, page_start);
      std::uint64_t base_stop = std::clamp(base_size_, at, stop);
      if (at < base_stop) {
        TRY(base_->read(at, into.subspan(at - offset, base_stop - at)));
      }
      std::memset(into.data() + (base_stop - offset), 0, stop - base_stop);
      at = stop;
      continue;
    }
    std::uint64_t stop = std::min(end, page_start + kPageSize);
    std::memcpy(into.data() + (at - offset), page->second->data() + (at - page_start),
                stop - at);
    at = stop;
    ++page;
  }
  return {};
}

Done Content::write(std::uint64_t offset, Bytes from) {
  std::uint64_t end = offset + from.size();
  for (std::uint64_t at = offset; at < end;) {
    std::uint64_t page_start = at / kPageSize * kPageSize;
    std::uint64_t stop = std::min(end, page_start + kPageSize);
    std::shared_ptr<ByteVector>& page = pages_[at / kPageSize];
    if (page == nullptr) {
      auto fresh = std::make_shared<ByteVector>(kPageSize);
      if (page_start < base_size_) {
        std::uint64_t length = std::min(kPageSize, base_size_ - page_start);
        Done read = base_->read(page_start, MutableBytes(*fresh).first(length));
        if (!read) {
          pages_.erase(at / kPageSize);
          return read;
        }
      }
      page = std::move(fresh);
    } else if (page.use_count() > 1) {
      page = std::make_shared<ByteVector>(*page);
    }
    std::memcpy(page->data() + (at - page_start), from.data() + (at - offset),
                stop - at);
    at = stop;
  }
  return {};
}

Done Content::resize(std::uint64_t size) {
  if (size < size_) {
    // What is cut off must not come back when the file grows again.
    std::uint64_t rest = size % kPageSize;
    if (rest != 0) {
      std::uint64_t stop = std::min(size_, size - rest + kPageSize);
      TRY(write(size, ByteVector(stop - size)));
    }
    pages_.erase(pages_.lower_bound((size + kPageSize - 1) / kPageSize), pages_.end());
    base_size_ = std::min(base_size_, size);
  }
  size_ = size;
  return {};
}

DevicePtr Content::device() const { return std::make_shared<ContentDevice>(*this); }

}  // namespace drydock::power_cut
