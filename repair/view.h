// An image file opened for looking: what its container's log and an unfinished
// journal hold is applied in memory.  Not one byte is written anywhere.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "repair/disk.h"
#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock::repair {

struct View {
  std::shared_ptr<FileDevice> file;
  // What a differencing image stands on: its parent's file, the parent's parent's.
  std::vector<std::shared_ptr<FileDevice>> parent_files;
  std::shared_ptr<Image> image;
  DevicePtr device;  // what readers see: the image, or an overlay over it
  // Of an unfinished change, which `device` shows as recover() would finish it.
  std::size_t unsettled_change_count = 0;
  // Why the journals beside the image could not be heeded, so that `device`
  // shows the image alone; "" where they were.
  std::string journal_problem;
};

// Where the parents of a differencing image are, as ChainOptions have it.
using ParentPaths = std::vector<std::filesystem::path>;

// Locks the files against writers as long as the view lasts.  Fails as opening
// the file, and the images in it and its parents, does.
Result<View> open_view(const std::filesystem::path& path,
                       const ParentPaths& parents = {});

// The same over a file that is open already.
Result<View> open_view(std::shared_ptr<FileDevice> file,
                       const ParentPaths& parents = {});

// The disk in the view, which must outlive it, for reading.
Result<std::unique_ptr<Disk>> open_disk(const View& view, VolumeOptions options = {});

}  // namespace drydock::repair
