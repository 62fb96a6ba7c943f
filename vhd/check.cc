#include "vhd/check.h"

#include "vhd/base/try.h"
#include "vhd/vhd1/check.h"
#include "vhd/vhdx/check.h"

namespace drydock {

std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

namespace {

// Its mark alone says what a file wants to be: what is broken can't be asked more.
Result<ImageFormat> format_of(const DevicePtr& file) {
  if (TRY(vhdx::is_marked(*file))) return ImageFormat::vhdx;
  return TRY(examine_image(file)).format;
}

}  // namespace

Result<std::vector<Problem>> check_image(const DevicePtr& file) {
  switch (TRY(format_of(file))) {
    case ImageFormat::vhdx:
      return vhdx::check(file);
    case ImageFormat::vhd:
      return vhd1::check(*file);
    case ImageFormat::raw:
      break;
  }
  return std::vector<Problem>();
}

Done mend_image(const DevicePtr& file, const MakeGuid& make_guid) {
  switch (TRY(format_of(file))) {
    case ImageFormat::vhdx:
      return vhdx::mend(file, make_guid ? make_guid : random_guid);
    case ImageFormat::vhd:
      return vhd1::mend(file);
    case ImageFormat::raw:
      break;
  }
  return {};
}

}  // namespace drydock
