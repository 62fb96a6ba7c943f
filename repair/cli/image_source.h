// An image that a verb reads: its chain opened, and what a guest sees of it.

#pragma once

#include <string>
#include <vector>

#include "repair/cli/image_commands.h"
#include "vhd/chain.h"

namespace drydock::cli {

struct ImageSource {
  Chain chain;
  // The image; for a raw one its file, whose end needn't be a whole sector.
  DevicePtr device;

  const Image& image() const { return *chain.image; }
  std::vector<std::string> file_names() const;
};

// Fails as open_chain() does; bad_argument where the image isn't of the format that
// was said, unless that is raw: whatever the file holds, its bytes are the disk.
Result<ImageSource> open_source(const ImageChoice& choice, Report& report);

// The raw disk in a file that is open already.
Result<ImageSource> raw_source(std::shared_ptr<FileDevice> file);

}  // namespace drydock::cli
