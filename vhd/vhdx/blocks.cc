#include "vhd/vhdx/blocks.h"

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/parent.h"

namespace drydock::vhdx {

namespace {

std::vector<Region> places_without_blocks(const Container& container) {
  std::vector<Region> places = container.regions.all;
  const Header& header = container.headers.current();
  places.push_back(
      {.id = {}, .offset = header.log_offset, .length = header.log_length});
  return places;
}

}  // namespace

Result<Blocks> read_blocks(const Container& container,
                           std::shared_ptr<const drydock::Image> parent,
                           BatOptions options) {
  const Metadata& metadata = container.metadata;
  Bat bat = TRY(Bat::load(container.view, container.regions.bat, metadata,
                          places_without_blocks(container), options)
                    .in("block allocation table"));
  Blocks blocks{.file = container.view,
                .bat = std::move(bat),
                .bitmaps = nullptr,
                .parent = nullptr,
                .sector_size = metadata.logical_sector_size,
                .virtual_size = metadata.virtual_size};
  if (metadata.has_parent) {
    blocks.bitmaps = std::make_unique<SectorBitmaps>(blocks.bat.chunk_count());
    blocks.parent = std::move(parent);
  }
  return blocks;
}

Result<Bat::Run> Blocks::run(std::uint64_t offset, std::uint64_t length_max) const {
  Bat::Run run = TRY(bat.run(offset, length_max));
  if (run.source != Source::mixed) return run;
  std::uint64_t within = offset % sector_size;
  auto sectors = TRY(bitmaps->run(*file, bat, offset / sector_size,
                                  checked::div_up(within + run.length, sector_size)));
  run.length = std::min(run.length, sectors.count * sector_size - within);
  run.source = sectors.here ? Source::file : Source::parent;
  return run;
}

Done Blocks::read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    Bat::Run run = TRY(this->run(offset, into.size()));
    MutableBytes part = into.first(run.length);
    if (run.source == Source::file) {
      TRY(file->read(run.file_offset, part));
    } else if (run.source == Source::parent) {
      TRY(read_parent(*parent, offset, part));
    } else {
      std::memset(part.data(), 0, part.size());
    }
    offset += run.length;
    into = into.subspan(run.length);
  }
  return {};
}

Result<Mapping> Blocks::map(std::uint64_t offset, std::uint64_t length_max) const {
  Bat::Run run = TRY(this->run(offset, length_max));
  if (run.source == Source::parent) return map_parent(*parent, offset, run.length);
  Mapping mapping{.length = run.length,
                  .depth = 0,
                  .present = true,
                  .zero = true,
                  .file_offset = {}};
  if (run.source == Source::zeros) {
    // In a file that has no parent, not to be there and to be zero are the same.
    mapping.present = parent != nullptr;
    return mapping;
  }
  // A block that is there may be a hole of the host's file all the same.
  Extent extent = TRY(file->extent(run.file_offset));
  mapping.length = std::min(extent.length, run.length);
  mapping.zero = extent.zero;
  mapping.file_offset = run.file_offset;
  return mapping;
}

}  // namespace drydock::vhdx
