// Where the bytes of a VHDX's disk come from: a block of the file, its parent, or
// nowhere at all.
//
// Threads: const members may be called by many at once.

#pragma once

#include <memory>
#include <optional>

#include "vhd/image.h"
#include "vhd/vhdx/bat.h"
#include "vhd/vhdx/container.h"
#include "vhd/vhdx/sector_bitmaps.h"

namespace drydock::vhdx {

struct Blocks {
  // What the blocks are read from: the file, or the file with its log replayed.
  std::shared_ptr<const BlockDevice> file;
  Bat bat;
  std::unique_ptr<SectorBitmaps> bitmaps;        // of a differencing file
  std::shared_ptr<const drydock::Image> parent;  // of a differencing file
  std::uint32_t sector_size = 512;               // logical, in bytes
  std::uint64_t virtual_size = 0;

  // As Bat::run(), but never Source::mixed.
  Result<Bat::Run> run(std::uint64_t offset, std::uint64_t length_max) const;

  Done read(std::uint64_t offset, MutableBytes into) const;
  Result<Mapping> map(std::uint64_t offset, std::uint64_t length_max) const;
};

// Those of a container that was read, and of its parent if it has one.  Fails as
// Bat::load() does.
Result<Blocks> read_blocks(const Container& container,
                           std::shared_ptr<const drydock::Image> parent,
                           BatOptions options = {});

}  // namespace drydock::vhdx
