// An image is a file that holds a disk: raw, VHD or VHDX, told apart by its
// own first bytes and never by its name.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vhd/base/guid.h"
#include "vhd/base/random_guid.h"
#include "vhd/block_device.h"

namespace drydock {

enum class ImageFormat : std::uint8_t { raw, vhd, vhdx };
enum class ImageKind : std::uint8_t { raw, fixed, dynamic, differencing };
enum class ImageLog : std::uint8_t { none, clean, pending };

std::string_view to_string(ImageFormat format);
std::string_view to_string(ImageKind kind);
std::string_view to_string(ImageLog log);

// What a container says of itself.
struct ImageFacts {
  ImageFormat format = ImageFormat::raw;
  ImageKind kind = ImageKind::raw;
  std::uint64_t virtual_size = 0;  // in bytes, of the disk inside
  std::optional<std::uint32_t> block_size;
  std::uint32_t logical_sector_size = 512;
  std::optional<std::uint32_t> physical_sector_size;
  std::optional<std::string> creator;  // UTF-8
  ImageLog log = ImageLog::none;
  std::uint64_t log_entry_count = 0;  // of a pending one: entries that count
  // Changes whenever the bytes of the disk may have: VHDX's DataWriteGuid.
  std::optional<Guid> data_guid;
  // Where a differencing image says that its parent is, in the words and the
  // order of its maker.  UTF-8; a stranger's: nothing here follows them.
  std::vector<std::string> parent_paths;
  // Why open_image() won't open it, if that is so, and the code that it fails with.
  std::optional<std::string> refusal;
  Errc refusal_code = Errc::unsupported;
};

// The disk inside.  size(), read() and write() are about that disk.
class Image : public BlockDevice {
 public:
  // As it stands now: data_guid changes at the first write, log after it.
  virtual ImageFacts facts() const = 0;
};

struct ImageOptions {
  bool writable = false;
  MakeGuid make_guid = {};  // for what a writer marks with new ones; random_guid()
};

// Opens what `file` holds.  Reading never changes a byte of it; a writable
// image needs a writable `file` and first finishes what its last writer left
// in the log.
//
// unsupported names what was recognised and can't be opened yet: a VHD, a
// differencing VHDX, 4096-byte logical sectors.  corrupt for a container that
// breaks its format's rules.  Whatever bears no known mark is a raw disk; an
// empty or sub-sector file is corrupt.
Result<std::shared_ptr<Image>> open_image(DevicePtr file, ImageOptions options = {});

// What `file` says of itself, also where open_image() would refuse it: then
// `refusal` has the words.  Fails only where it can't be understood.
Result<ImageFacts> examine_image(DevicePtr file);

}  // namespace drydock
