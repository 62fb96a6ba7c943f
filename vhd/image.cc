#include "vhd/image.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/raw_image.h"
#include "vhd/vhd1/container.h"
#include "vhd/vhd1/image.h"
#include "vhd/vhdx/image.h"

namespace drydock {

namespace {

constexpr std::string_view kVhdxMark = "vhdxfile";  // [MS-VHDX] 2.2.1

Result<bool> is_vhdx(const BlockDevice& file) {
  if (file.size() < kVhdxMark.size()) return false;
  ByteVector start = TRY(read_bytes(file, 0, kVhdxMark.size(), kVhdxMark.size()));
  return as_text(start) == kVhdxMark;
}

}  // namespace

std::string_view to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::raw:
      return "raw";
    case ImageFormat::vhd:
      return "vhd";
    case ImageFormat::vhdx:
      return "vhdx";
  }
  return "";
}

std::string_view to_string(ImageKind kind) {
  switch (kind) {
    case ImageKind::raw:
      return "raw";
    case ImageKind::fixed:
      return "fixed";
    case ImageKind::dynamic:
      return "dynamic";
    case ImageKind::differencing:
      return "differencing";
  }
  return "";
}

std::string_view to_string(ImageLog log) {
  switch (log) {
    case ImageLog::none:
      return "none";
    case ImageLog::clean:
      return "clean";
    case ImageLog::pending:
      return "pending";
  }
  return "";
}

Result<Compaction> Image::compact(const Progress&) {
  return Error(Errc::unsupported,
               fmt::format("a {} {} image can't be compacted", to_string(facts().kind),
                           to_string(facts().format)));
}

Done Image::relink(const ParentLink&) {
  return Error(Errc::unsupported, "this image has no parent");
}

Result<std::shared_ptr<Image>> open_image(DevicePtr file, ImageOptions options) {
  if (TRY(is_vhdx(*file))) {
    return TRY(vhdx::Image::open(std::move(file), std::move(options)));
  }
  if (auto footers = TRY(vhd1::find_footers(*file))) {
    return vhd1::open(std::move(file), *footers, std::move(options));
  }
  return TRY(RawImage::open(std::move(file), std::move(options)));
}

Result<ImageFacts> examine_image(DevicePtr file) {
  if (TRY(is_vhdx(*file))) return vhdx::Image::examine(std::move(file));
  if (auto facts = TRY(vhd1::examine(*file))) return *facts;
  return RawImage::examine(*file);
}

}  // namespace drydock
