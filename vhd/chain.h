// An image with everything that it stands on: a differencing image, its parent, the
// parent's parent, down to one that has none.
//
// An image doesn't choose which file is opened next: of the paths that it records
// only the last component counts, and only where a file of that name lies beside
// it.  Another place has to be named by whoever asks.

#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock {

// No honest chain is longer: Hyper-V's own checkpoints end at 50.
inline constexpr std::size_t kChainLengthMax = 64;

struct ChainOptions {
  bool writable = false;    // the first image; its parents are only ever read
  MakeGuid make_guid = {};  // as ImageOptions has it
  // Where the parents are, from the first image's on; an empty path, and what is
  // beyond the end: beside its child.
  std::vector<std::filesystem::path> parents = {};
  bool accept_any_parent = false;  // as ImageOptions has it
};

struct Chain {
  // The files, the first image's first.  As long as the chain lives nobody else
  // writes to them.
  std::vector<std::shared_ptr<FileDevice>> files;
  std::shared_ptr<Image> image;
};

// Opens the image in `file`, and its parents.  Fails as open_image() does;
// not_found where a parent isn't beside its child; corrupt for a chain that comes
// back to itself, or is longer than kChainLengthMax.
Result<Chain> open_chain(std::shared_ptr<FileDevice> file, ChainOptions options = {});

// Where `parent` is, in the words that a child at `child` records: a path from the
// child's folder, as Windows writes one.  Only the path is set.  not_found where the
// host knows no way from one to the other.
Result<ParentLink> link_to_parent(const std::filesystem::path& parent,
                                  const std::filesystem::path& child);

// The images beside `image` that name it as their parent and would be broken by a
// write to it.  What can't be read is no child.
Result<std::vector<std::filesystem::path>> find_children(
    const std::filesystem::path& image);

// Before a change of what `image` shows: busy, with their names, where
// find_children() knows any but `except`.
Done check_no_children(const std::filesystem::path& image,
                       const std::filesystem::path& except = {});

}  // namespace drydock
