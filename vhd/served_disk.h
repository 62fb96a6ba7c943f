// A disk as it is shown to others, over NBD: an image with all that it stands on, or
// one of its partitions; to be read, or with what is written kept apart from it.
//
// The image and its parents are never written to.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/file_device.h"

namespace drydock {

// As an overlay's name: in memory, and gone in the end.
inline constexpr std::string_view kMemoryOverlay = ":memory:";

struct ServeOptions {
  std::optional<std::uint32_t> partition;  // its number; nothing: the whole disk
  // Where writes go: kMemoryOverlay, or a differencing image whose parent the image
  // is.  It is made where there is no such file.  Nothing: there are no writes.
  std::optional<std::filesystem::path> overlay;
  // Of a differencing image: where its parents are, as ChainOptions has it.
  std::vector<std::filesystem::path> parents;
};

struct ServedDisk {
  std::vector<std::shared_ptr<FileDevice>> files;  // locked as long as this lives
  DevicePtr device;                                // what is shown
};

// Fails as open_chain() and read_table() do.  not_found for a partition that isn't
// there; unsupported for an overlay's file over an image that can't have children:
// one that is raw.
Result<ServedDisk> open_served_disk(const std::filesystem::path& image,
                                    const ServeOptions& options = {});

}  // namespace drydock
