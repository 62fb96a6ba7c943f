#include "vhd/vhdx/image.h"

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/vhdx/bat.h"
#include "vhd/vhdx/container.h"
#include "vhd/vhdx/writer.h"

namespace drydock::vhdx {

namespace {

// How many blocks one answer of extent() looks at, at the most: a caller who
// asks often doesn't pay for the whole of an empty disk each time.
constexpr std::uint64_t kExtentBlockCountMax = 16384;

std::vector<Region> places_without_blocks(const Container& container) {
  std::vector<Region> places = container.regions.all;
  const Header& header = container.headers.current();
  places.push_back(
      {.id = {}, .offset = header.log_offset, .length = header.log_length});
  return places;
}

}  // namespace

struct Image::Impl {
  std::shared_ptr<const BlockDevice> view;  // the file, its log replayed
  ImageFacts facts;
  Bat bat;
  std::optional<Writer> writer;
};

Image::Image(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Image::~Image() = default;

Result<std::shared_ptr<Image>> Image::open(DevicePtr file, ImageOptions options) {
  if (options.writable && !file->writable()) {
    return Error(Errc::read_only, "the image's file was opened for reading only");
  }
  Container container = TRY(read_container(file));
  if (auto refusal = refusal_of(container)) return Error(Errc::unsupported, *refusal);
  Bat bat = TRY(Bat::load(*container.view, container.regions.bat, container.metadata,
                          places_without_blocks(container))
                    .in("block allocation table"));
  ImageFacts facts = facts_of(container);
  std::optional<Writer> writer;
  if (options.writable) {
    MakeGuid make_guid = options.make_guid ? options.make_guid : random_guid;
    if (container.replayed) {
      TRY(settle_log(*file, container.headers, container.replayed->replay(), make_guid)
              .in("log"));
    }
    facts.log = ImageLog::clean;
    container.view = file;
    writer.emplace(file, std::move(container.headers), container.metadata.block_size,
                   std::move(make_guid));
  }
  return std::shared_ptr<Image>(
      new Image(std::make_unique<Impl>(Impl{.view = std::move(container.view),
                                            .facts = std::move(facts),
                                            .bat = std::move(bat),
                                            .writer = std::move(writer)})));
}

Result<ImageFacts> Image::examine(DevicePtr file) {
  return facts_of(TRY(read_container(std::move(file))));
}

ImageFacts Image::facts() const {
  ImageFacts facts = impl_->facts;
  if (impl_->writer) facts.data_guid = impl_->writer->header().data_write_guid;
  return facts;
}

std::uint64_t Image::size() const { return impl_->facts.virtual_size; }
std::uint32_t Image::sector_size() const { return impl_->facts.logical_sector_size; }
bool Image::writable() const { return impl_->writer.has_value(); }

Result<Mapping> Image::map(std::uint64_t offset) const {
  Extent extent = TRY(this->extent(offset));
  Bat::Run run = impl_->bat.run(offset, std::max<std::uint64_t>(extent.length, 1));
  return Mapping{.length = extent.length,
                 .depth = 0,
                 .present = run.file_offset.has_value(),
                 .zero = extent.zero,
                 .file_offset = run.file_offset};
}

Done Image::do_read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    Bat::Run run = impl_->bat.run(offset, into.size());
    MutableBytes part = into.first(run.length);
    if (run.file_offset) {
      TRY(impl_->view->read(*run.file_offset, part));
    } else {
      std::memset(part.data(), 0, part.size());
    }
    offset += run.length;
    into = into.subspan(run.length);
  }
  return {};
}

Done Image::do_write(std::uint64_t offset, Bytes from) {
  return impl_->writer->write(impl_->bat, offset, from);
}

Done Image::do_flush() { return impl_->writer->flush(impl_->bat); }

Result<Extent> Image::do_extent(std::uint64_t offset) const {
  std::uint64_t length_max = std::min(
      size() - offset, kExtentBlockCountMax * std::uint64_t{*impl_->facts.block_size});
  Bat::Run run = impl_->bat.run(offset, length_max);
  if (!run.file_offset) return Extent{.length = run.length, .zero = true};
  // A block that is there may be a hole of the host's file all the same.
  Extent extent = TRY(impl_->view->extent(*run.file_offset));
  extent.length = std::min(extent.length, run.length);
  return extent;
}

}  // namespace drydock::vhdx
