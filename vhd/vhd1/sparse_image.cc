#include "vhd/vhd1/sparse_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/parent.h"
#include "vhd/vhd1/blocks.h"
#include "vhd/vhd1/writer.h"

namespace drydock::vhd1 {

struct SparseImage::Impl {
  DevicePtr file;
  Container container;
  Blocks blocks;
  std::shared_ptr<const drydock::Image> parent;  // null: zeros
  std::optional<Writer> writer;
};

SparseImage::SparseImage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SparseImage::~SparseImage() = default;

Result<std::shared_ptr<SparseImage>> SparseImage::open(DevicePtr file,
                                                       Container container,
                                                       ImageOptions options) {
  if (container.is_differencing()) {
    TRY(check_parent(facts_of(container), options));
  } else {
    options.parent = nullptr;
  }
  Blocks blocks = TRY(Blocks::load(file, container));
  auto impl = std::make_unique<Impl>(Impl{.file = std::move(file),
                                          .container = std::move(container),
                                          .blocks = std::move(blocks),
                                          .parent = std::move(options.parent),
                                          .writer = {}});
  if (options.writable) {
    impl->writer.emplace(*impl->file, impl->container, impl->blocks,
                         impl->parent.get());
    TRY(impl->writer->begin());
  }
  return std::shared_ptr<SparseImage>(new SparseImage(std::move(impl)));
}

ImageFacts SparseImage::facts() const { return facts_of(impl_->container); }
std::uint64_t SparseImage::size() const { return impl_->container.virtual_size; }
bool SparseImage::writable() const { return impl_->writer.has_value(); }

std::uint32_t SparseImage::timestamp() const {
  return impl_->container.footers.footer.timestamp;
}

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

Done SparseImage::do_write(std::uint64_t offset, Bytes from) {
  return impl_->writer->write(offset, from);
}

Done SparseImage::do_flush() { return impl_->writer->flush(); }

Done SparseImage::do_zero(std::uint64_t offset, std::uint64_t length) {
  return impl_->writer->zero(offset, length);
}

Done SparseImage::do_trim(std::uint64_t offset, std::uint64_t length) {
  return impl_->writer->trim(offset, length);
}

Done SparseImage::do_resize(std::uint64_t size) { return impl_->writer->resize(size); }

Result<Compaction> SparseImage::compact(const Progress& progress) {
  if (!writable()) return Error(Errc::read_only, "this was opened for reading only");
  return impl_->writer->compact(progress);
}

Done SparseImage::relink(const ParentLink& link) {
  if (!writable()) return Error(Errc::read_only, "this was opened for reading only");
  if (!impl_->container.is_differencing()) return Image::relink(link);
  return impl_->writer->relink(link);
}

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
