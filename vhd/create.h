// New images.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "vhd/image.h"

namespace drydock {

struct CreateOptions {
  ImageFormat format = ImageFormat::vhdx;
  ImageKind kind = ImageKind::dynamic;  // raw for ImageFormat::raw
  std::uint64_t virtual_size = 0;       // in bytes; 0: the parent's
  // In bytes; unless said otherwise 32 MiB in a VHDX, 2 MiB in a differencing one
  // and in a VHD, as Windows has it.
  std::optional<std::uint32_t> block_size = {};
  // Of a VHDX: 512 or 4096; unless said otherwise the parent's, or 512 and 4096.
  std::optional<std::uint32_t> logical_sector_size = {};
  std::optional<std::uint32_t> physical_sector_size = {};
  // Of a differencing image: what it stands on, and where that is, in the words
  // of the system that will open it.  link_id is taken from the parent.
  std::shared_ptr<const Image> parent = {};
  ParentLink parent_link = {};
  // Of a VHD: when it is made, in seconds since 1970; 0: it doesn't say.
  std::int64_t made_at = 0;
  // Of a VHD: only such as Azure takes, which is fixed and whole MiB.
  bool azure = false;
  MakeGuid make_guid = {};  // random_guid()
};

// Makes `file`, which is empty, an image whose disk is all zeros, or what the
// parent holds.  Everything is safe when this returns; until then the file isn't
// taken for a whole image.
//
// bad_argument for a size, a block size or a sector size that the format can't
// have, or a parent of another format; unsupported for a kind that it doesn't know.
Done create_image(BlockDevice& file, const CreateOptions& options);

}  // namespace drydock
