// From a disk's raw bytes to an image file, by qemu-img, and back.
//
// So that VHDX files here are never made by the code that reads them.

#pragma once

#include <filesystem>
#include <functional>

#include "harness/images/spec.h"
#include "vhd/block_device.h"

namespace drydock::images {

// Makes `image` of the disk in `raw`, which is gone afterwards.  An image of
// that name is replaced, but only by a whole one, on which `finish` was done.
using Finish = std::function<Done(const std::filesystem::path&)>;
Done pack(const std::filesystem::path& raw, const std::filesystem::path& image,
          Container container, std::uint64_t block_size, const Finish& finish = {});

// What unpack() met, for packing it again.
struct Packing {
  Container container = Container::vhdx;
  std::uint64_t block_size = 0;  // in bytes
};

// The disk in `image` as a sparse file of raw bytes.
Result<Packing> unpack(const std::filesystem::path& image,
                       const std::filesystem::path& raw);

// A copy of a host's file with the same holes.
Done copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to);

// Writes what isn't zero of `from` to `to`, from `offset` on; `to` is zero
// there before.
Done copy_content(const BlockDevice& from, BlockDevice& to, std::uint64_t offset);

}  // namespace drydock::images
