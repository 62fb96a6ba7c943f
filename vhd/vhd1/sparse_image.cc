#include "vhd/vhd1/sparse_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/parent.h"
#include "vhd/vhd1/blocks.h"

namespace drydock::vhd1 {

struct SparseImage::Impl {
  DevicePtr file;
  Container container;
  Blocks blocks;
  std::shared_ptr<const drydock::Image> parent;  // null: zeros
};

SparseImage::SparseImage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SparseImage::~SparseImage() = default;

Result<std::shared_ptr<SparseImage>> SparseImage::open(DevicePtr file,
                                                       Container container,
                                                       ImageOptions options) {
  if (options.writable) {
    return Error(Errc::unsupported,
                 "a dynamic or differencing VHD can't be written to yet; convert it to "
                 "VHDX");
  }
  if (container.is_differencing()) {
    TRY(check_parent(facts_of(container), options));
  } else {
    options.parent = nullptr;
  }
  Blocks blocks = TRY(Blocks::load(file, container));
  return std::shared_ptr<SparseImage>(new SparseImage(
      std::make_unique<Impl>(Impl{.file = std::move(file),
                                  .container = std::move(container),
                                  .blocks = std::move(blocks),
                                  .parent = std::move(options.parent)})));
}

ImageFacts SparseImage::facts() const { return facts_of(impl_->container); }
std::uint64_t SparseImage::size() const { return impl_->container.virtual_size; }
bool SparseImage::writable() const { return false; }

Done SparseImage::do_read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    Blocks::Run run = TRY(impl_->blocks.run(offset, into.size()));
    MutableBytes part = into.first(run.length);
    if (run.file_offset) {
      TRY(impl_->file->read(*run.file_offset, part));
    } else if (impl_->parent) {
      TRY(read_parent(*impl_->parent, offset, part).in("parent"));
    } else {
      std::memset(part.data(), 0, part.size());
    }
    offset += run.length;
    into = into.subspan(run.length);
  }
  return {};
}

Done SparseImage::do_write(std::uint64_t, Bytes) { return {}; }
Done SparseImage::do_flush() { return {}; }

Result<Extent> SparseImage::do_extent(std::uint64_t offset) const {
  Mapping mapping = TRY(map(offset));
  return Extent{.length = mapping.length, .zero = mapping.zero};
}

Result<Mapping> SparseImage::map(std::uint64_t offset) const {
  if (offset >= size()) {
    if (offset == size()) return Mapping{};
    return Error(Errc::bad_argument,
                 fmt::format("{} is past the end of the disk at {}", offset, size()));
  }
  Blocks::Run run = TRY(impl_->blocks.run(offset, size() - offset));
  if (!run.file_offset && impl_->parent) {
    return map_parent(*impl_->parent, offset, run.length).in("parent");
  }
  Mapping mapping{.length = run.length,
                  .depth = 0,
                  .present = run.file_offset.has_value(),
                  .zero = !run.file_offset,
                  .file_offset = run.file_offset};
  if (!run.file_offset) return mapping;
  // What is there may be a hole of the host's file all the same.
  Extent extent = TRY(impl_->file->extent(*run.file_offset));
  mapping.length = std::min(mapping.length, extent.length);
  mapping.zero = extent.zero;
  return mapping;
}

}  // namespace drydock::vhd1
