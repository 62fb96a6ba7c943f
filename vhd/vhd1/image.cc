#include "vhd/vhd1/image.h"

#include "vhd/base/try.h"
#include "vhd/vhd1/fixed_image.h"
#include "vhd/vhd1/sparse_image.h"

namespace drydock::vhd1 {

Result<std::shared_ptr<Image>> open(DevicePtr file, const Footers& footers,
                                    ImageOptions options) {
  if (options.writable && !file->writable()) {
    return Error(Errc::read_only, "the image's file was opened for reading only");
  }
  Container container = TRY(read_container(*file, footers));
  if (options.writable && footers.unsealed) {
    return Error(Errc::corrupt, std::string(kUnsealed));
  }
  if (container.header) {
    return TRY(
        SparseImage::open(std::move(file), std::move(container), std::move(options)));
  }
  return TRY(FixedImage::open(std::move(file), container, options.writable));
}

}  // namespace drydock::vhd1
