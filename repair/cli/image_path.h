// A file in an image, in one word: "disk.vhdx:C:\Windows\notepad.exe".

#pragma once

#include <string>
#include <string_view>

#include "vhd/base/result.h"

namespace drydock::cli {

struct ImagePath {
  std::string image;  // a path of the host: "D:\images\disk.vhdx"
  std::string guest;  // "C:\Windows\notepad.exe"
};

// The guest's path begins at the first colon that a volume, another colon and a
// slash follow; what stands before is the image, colons and all.  bad_argument
// where there is none.
Result<ImagePath> split_image_path(std::string_view text);

}  // namespace drydock::cli
