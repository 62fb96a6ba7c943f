// Another program's opinion of an image: libvhdi reads the same file, and what it
// shows is compared with what we show.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "vhd/image.h"

namespace drydock::cli {

struct SecondReading {
  std::string reader;  // "libvhdi 20210425"
  // Why its opinion isn't asked: it is known to show such an image wrongly.
  std::optional<std::string> not_asked;
  std::optional<std::uint64_t> first_difference;  // nothing: the same
};

// `image` is what we make of the file at `path`.  unsupported where this program was
// built without libvhdi, and io with its words where it can't read the file; else
// fails as reading and `progress` do.
Result<SecondReading> read_again(const std::filesystem::path& path, const Image& image,
                                 const Progress& progress);

}  // namespace drydock::cli
