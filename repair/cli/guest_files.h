// Files in an image, opened for reading: what ls, cat, stat, get, find and cp share.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "repair/cli/commands.h"
#include "repair/disk.h"
#include "repair/view.h"

namespace drydock::cli {

// Of what is put into an image at once: all of it is held in memory, and in the
// journal.
inline constexpr std::uint64_t kPutSizeMax = std::uint64_t{1} << 30;

// All of `device`, to be put into an image with `held` bytes that were read already.
// bad_argument where these are more than kPutSizeMax together.
Result<ByteVector> read_to_put(const BlockDevice& device, std::uint64_t held);

struct OpenImage {
  repair::View view;
  std::unique_ptr<repair::Disk> disk;
};

Result<OpenImage> open_image_file(const std::string& image, const DiskChoice& choice,
                                  Report& report);

struct Found {
  FileSystemPtr volume;
  repair::GuestPath path;
  File file;
};

Result<Found> find_file(const repair::Disk& disk, const std::string& text,
                        std::size_t installation, Report& report);

// Gives the file's data to `sink`, piece by piece.
Done copy_out(const File& file, const std::function<Done(Bytes)>& sink);

}  // namespace drydock::cli
