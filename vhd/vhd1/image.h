// A VHD, seen as the disk that it holds.

#pragma once

#include <memory>

#include "vhd/image.h"
#include "vhd/vhd1/footer.h"

namespace drydock::vhd1 {

// Opens `file`, in which these footers were found.  Fails as open_image() says.
Result<std::shared_ptr<Image>> open(DevicePtr file, const Footers& footers,
                                    ImageOptions options = {});

}  // namespace drydock::vhd1
