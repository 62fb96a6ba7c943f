// What a VHDX file says of itself, up to but without its blocks.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "vhd/image.h"
#include "vhd/vhdx/headers.h"
#include "vhd/vhdx/metadata.h"
#include "vhd/vhdx/region_table.h"
#include "vhd/vhdx/replayed_file.h"

namespace drydock::vhdx {

struct Container {
  std::string creator;  // UTF-8; may be empty
  Headers headers;
  // The log that there is to replay, laid over the file; null where there is none.
  std::shared_ptr<const ReplayedFile> replayed;
  // What everything from here on is read from: the file, or `replayed`.
  std::shared_ptr<const BlockDevice> view;
  RegionTable regions;
  Metadata metadata;
};

// Reads and checks it, changing nothing.  Fails as Headers::read(), read_log(),
// read_region_table() and read_metadata() do.
Result<Container> read_container(DevicePtr file);

ImageFacts facts_of(const Container& container);

// Why a sound container can't be opened here, as a clause; nothing if it can.
std::optional<std::string> refusal_of(const Container& container);

}  // namespace drydock::vhdx
