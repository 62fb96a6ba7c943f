// An image file opened for looking: what its container's log and an unfinished
// journal hold is applied in memory.  Not one byte is written anywhere.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "repair/disk.h"
#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock::repair {

struct View {
  std::shared_ptr<FileDevice> file;
  std::shared_ptr<Image> image;
  DevicePtr device;  // what readers see: the image, or an overlay over it
  // Of an unfinished change, which `device` shows as recover() would finish it.
  std::size_t unsettled_change_count = 0;
  // Why the journals beside the image could not be heeded, so that `device`
  // shows the image alone; "" where they were.
  std::string journal_problem;
};

// Locks the file against writers as long as the view lasts.  Fails as opening
// the file, and the image in it, does.
Result<View> open_view(const std::filesystem::path& path);

// The same over a file that is open already.
Result<View> open_view(std::shared_ptr<FileDevice> file);

// The disk in the view, which must outlive it, for reading.
Result<std::unique_ptr<Disk>> open_disk(const View& view, VolumeOptions options = {});

}  // namespace drydock::repair
