#include "vhd/create.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/vhd1/create.h"
#include "vhd/vhdx/create.h"

namespace drydock {

namespace {

Done create_raw(BlockDevice& file, const CreateOptions& options) {
  if (options.kind != ImageKind::raw || options.parent != nullptr) {
    return Error(Errc::unsupported, "a raw image is neither dynamic nor differencing");
  }
  std::uint32_t sector_size = options.logical_sector_size.value_or(512);
  if (options.virtual_size == 0 || options.virtual_size % sector_size != 0) {
    return Error(Errc::bad_argument,
                 fmt::format("a disk of {} bytes isn't whole sectors of {}",
                             options.virtual_size, sector_size));
  }
  TRY(file.resize(options.virtual_size));
  return file.flush();
}

}  // namespace

Done create_image(BlockDevice& file, const CreateOptions& options) {
  switch (options.format) {
    case ImageFormat::raw:
      return create_raw(file, options);
    case ImageFormat::vhd:
      return vhd1::create(file, options);
    case ImageFormat::vhdx:
      return vhdx::create(file, options);
  }
  return Error(Errc::bad_argument, "there is no such format");
}

}  // namespace drydock
