#include "vhd/vhdx/image.h"

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/parent.h"
#include "vhd/vhdx/compact.h"
#include "vhd/vhdx/container.h"
#include "vhd/vhdx/parent_locator.h"
#include "vhd/vhdx/resize.h"
#include "vhd/vhdx/structure_edits.h"
#include "vhd/vhdx/writer.h"

namespace drydock::vhdx {

namespace {

// How many blocks one answer of extent() looks at, at the most: a caller who
// asks often doesn't pay for the whole of an empty disk each time.
constexpr std::uint64_t kExtentBlockCountMax = 16384;

// The largest table that is read whole where nothing is to be written: what 512 GiB
// have in blocks of 1 MiB, and 16 TiB in blocks of 32.  It takes a few milliseconds,
// and 20 MiB while it is checked.
constexpr std::uint64_t kWholeTableSizeMax = 4 * kMiB;

}  // namespace

struct Image::Impl {
  DevicePtr file;
  ImageFacts facts;
  Blocks blocks;
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
  ImageFacts facts = facts_of(container);
  if (container.metadata.has_parent) TRY(check_parent(facts, options));
  BatOptions table;
  if (!options.writable) table.whole_size_max = kWholeTableSizeMax;
  Blocks blocks = TRY(read_blocks(container, std::move(options.parent), table));
  std::optional<Writer> writer;
  if (options.writable) {
    MakeGuid make_guid = options.make_guid ? options.make_guid : random_guid;
    if (container.replayed) {
      TRY(settle_log(*file, container.headers, container.replayed->replay(), make_guid)
              .in("log"));
    }
    facts.log = ImageLog::clean;
    blocks.file = file;
    bool leave = container.metadata.leave_blocks_allocated;
    writer.emplace(file, std::move(container.headers),
                   WriterOptions{.leave_blocks_allocated = leave && !blocks.parent,
                                 .make_guid = std::move(make_guid),
                                 .data_guid = options.data_guid});
  }
  return std::shared_ptr<Image>(
      new Image(std::make_unique<Impl>(Impl{.file = std::move(file),
                                            .facts = std::move(facts),
                                            .blocks = std::move(blocks),
                                            .writer = std::move(writer)})));
}

Result<ImageFacts> Image::examine(DevicePtr file) {
  return facts_of(TRY(read_container(std::move(file))));
}

ImageFacts Image::facts() const {
  ImageFacts facts = impl_->facts;
  if (impl_->writer) {
    facts.data_guid = impl_->writer->header().data_write_guid;
    facts.link_id = facts.data_guid;
  }
  return facts;
}

std::uint64_t Image::size() const { return impl_->blocks.virtual_size; }
std::uint32_t Image::sector_size() const { return impl_->blocks.sector_size; }
bool Image::writable() const { return impl_->writer.has_value(); }

Done Image::do_read(std::uint64_t offset, MutableBytes into) const {
  return impl_->blocks.read(offset, into);
}

Done Image::do_write(std::uint64_t offset, Bytes from) {
  return impl_->writer->write(impl_->blocks, offset, from);
}

Done Image::do_zero(std::uint64_t offset, std::uint64_t length) {
  return impl_->writer->zero(impl_->blocks, offset, length);
}

Done Image::do_trim(std::uint64_t offset, std::uint64_t length) {
  return impl_->writer->trim(impl_->blocks, offset, length);
}

// What the file says of the disk is read again.
Done Image::do_resize(std::uint64_t size) {
  TRY(vhdx::resize(impl_->file, impl_->blocks, *impl_->writer, size));
  impl_->facts = facts_of(TRY(read_container(impl_->file)));
  return cut_file(*impl_->file, impl_->blocks);
}

Result<Compaction> Image::compact(const Progress& progress) {
  if (!writable()) {
    return Error(Errc::read_only, "the image was opened for reading only");
  }
  if (impl_->facts.kind == ImageKind::fixed) return drydock::Image::compact(progress);
  return vhdx::compact(*impl_->file, impl_->blocks, *impl_->writer, progress);
}

// The disk shows what it showed, if the link is a true one: DataWriteGuid stays.
Done Image::relink(const ParentLink& link) {
  if (!writable()) {
    return Error(Errc::read_only, "the image was opened for reading only");
  }
  if (!impl_->blocks.parent) return drydock::Image::relink(link);
  ByteVector locator = TRY(make_parent_locator(link));
  TRY(impl_->writer->begin(Writer::Change::structures));
  Container container = TRY(read_container(impl_->file));
  StructureEdits edits(*impl_->file);
  TRY(edits.put_parent_locator(container.regions.metadata, locator));
  TRY(impl_->writer->flush_with(impl_->blocks, edits.pages()));
  impl_->facts = facts_of(TRY(read_container(impl_->file)));
  return {};
}

Done Image::do_flush() { return impl_->writer->flush(impl_->blocks); }

Result<Mapping> Image::map(std::uint64_t offset) const {
  if (offset >= size()) {
    TRY(this->extent(offset));  // bad_argument past the end
    return Mapping{};
  }
  std::uint64_t length_max =
      kExtentBlockCountMax * std::uint64_t{*impl_->facts.block_size};
  return impl_->blocks.map(offset, std::min(size() - offset, length_max));
}

Result<Extent> Image::do_extent(std::uint64_t offset) const {
  std::uint64_t length_max =
      kExtentBlockCountMax * std::uint64_t{*impl_->facts.block_size};
  Mapping mapping =
      TRY(impl_->blocks.map(offset, std::min(size() - offset, length_max)));
  return Extent{.length = mapping.length, .zero = mapping.zero};
}

}  // namespace drydock::vhdx
