// Where the journals of an image are kept: beside it on the host, or, in the
// harness, on a simulated disk that loses power.
//
// A journal goes by its number, which counts up over all journals of an image
// and is never used twice while an older one is there.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/block_device.h"

namespace drydock::repair {

class JournalFolder {
 public:
  virtual ~JournalFolder() = default;

  // The numbers of this image's journals, ascending.
  virtual Result<std::vector<std::uint64_t>> list() const = 0;

  // not_found where there is none of that number.
  virtual Result<DevicePtr> open(std::uint64_t number) const = 0;
  virtual Result<DevicePtr> open_for_writing(std::uint64_t number) = 0;

  // An empty, resizable file.  bad_argument where the number is taken;
  // read_only where the folder isn't ours to write in.
  virtual Result<DevicePtr> create(std::uint64_t number) = 0;
  virtual Done remove(std::uint64_t number) = 0;

  // Makes safe which files there are: until then a power cut may lose one that
  // was created, or bring one back that was removed.
  virtual Done flush() = 0;

  // As a person would look for it.
  virtual std::string describe(std::uint64_t number) const = 0;
};

// "disk.vhdx.0001.drydock" for journal 1 of "disk.vhdx".
std::string journal_name(std::string_view image, std::uint64_t number);
// The number, where `name` is that of a journal of `image`.
std::optional<std::uint64_t> parse_journal_name(std::string_view image,
                                                std::string_view name);

// In the folder of the image's file, links followed.  not_found where there is
// no such image; unsupported for a block device of the host, which stands in a
// folder that doesn't outlive a power cut.
Result<std::unique_ptr<JournalFolder>> journals_beside(
    const std::filesystem::path& image);

}  // namespace drydock::repair
