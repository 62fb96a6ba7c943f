// An image is a file that holds a disk: raw, VHD or VHDX, told apart by its
// own first bytes and never by its name.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vhd/base/guid.h"
#include "vhd/base/random_guid.h"
#include "vhd/block_device.h"
#include "vhd/progress.h"

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
  // What a child names this image by: VHDX's DataWriteGuid, a VHD's unique id.
  std::optional<Guid> link_id;
  // Of the disk, whatever holds it: VHDX's virtual disk id (SCSI page 83).
  std::optional<Guid> disk_id;
  // Of a differencing image: the link_id that its parent must have, and a second
  // that it may have instead, while a merge is under way (VHDX's parent_linkage2).
  std::optional<Guid> parent_link_id;
  std::optional<Guid> parent_link_id2;
  // Where a differencing image says that its parent is, in the words of its maker
  // and the order in which they are to be tried.  UTF-8; a stranger's: nothing
  // here follows them.
  std::vector<std::string> parent_paths;
  // What isn't as it should be, and doesn't keep the image from being opened.
  std::vector<std::string> notes;
  // Why open_image() won't open it, if that is so, and the code that it fails with.
  std::optional<std::string> refusal;
  Errc refusal_code = Errc::unsupported;
};

// Where a run of a disk's bytes is.
struct Mapping {
  std::uint64_t length = 0;  // in bytes; 0 only at the disk's end
  // How many images down it is decided: 0 in this one, 1 in its parent.
  std::uint32_t depth = 0;
  // That image speaks for them, if only to say that they are zeros; false where
  // no image of the chain does.
  bool present = false;
  bool zero = false;  // they read as zeros, wherever they are
  // In that image's file; nothing where they are stored nowhere.
  std::optional<std::uint64_t> file_offset;
};

// What a compaction came to.
struct Compaction {
  std::uint64_t dropped_block_count = 0;  // they were all zeros
  std::uint64_t moved_block_count = 0;
  std::uint64_t size_before = 0;  // of the file
  std::uint64_t size_after = 0;
};

// What a differencing image records of its parent.
struct ParentLink {
  Guid link_id;
  std::optional<Guid> link_id2;  // VHDX only
  // As the child's own system writes them; a path that is empty isn't recorded.
  std::string relative_path;
  std::string absolute_path;
};

// The disk inside.  size(), read() and write() are about that disk.
class Image : public BlockDevice {
 public:
  // As it stands now: data_guid changes at the first write, log after it.
  virtual ImageFacts facts() const = 0;

  // Where the bytes from `offset` on are; the answer may stop short, and the next
  // call goes on.  bad_argument past the end.
  virtual Result<Mapping> map(std::uint64_t offset) const = 0;

  // Makes the file as short as it can be with what the disk holds: blocks of
  // zeros are dropped, those at the file's end moved into the holes.  No byte of
  // the disk changes, and a power cut at any moment leaves the image whole.
  // unsupported where a container has no blocks to move.
  virtual Result<Compaction> compact(const Progress& progress);

  // Names another parent, or the same one anew; the image must be opened again to
  // read it.  unsupported for an image that isn't differencing.
  virtual Done relink(const ParentLink& link);
};

struct ImageOptions {
  bool writable = false;
  MakeGuid make_guid = {};  // for what a writer marks with new ones; random_guid()
  // What data_guid becomes at the first write; one of make_guid's if there is none.
  std::optional<Guid> data_guid = {};
  // What a differencing image stands on; open_chain() finds it.
  std::shared_ptr<const Image> parent = {};
  // Opens it also where the parent isn't the one that it was made from, or has
  // been written to since.
  bool accept_any_parent = false;
};

// Opens what `file` holds.  Reading never changes a byte of it; a writable
// image needs a writable `file` and first finishes what its last writer left
// in the log.
//
// not_found for a differencing image without options.parent; bad_argument where
// that isn't the parent it was made from, or has changed since.  unsupported names
// what was recognised and can't be opened.  corrupt for a container that breaks
// its format's rules.  Whatever bears no known mark is a raw disk; an empty or
// sub-sector file is corrupt.
Result<std::shared_ptr<Image>> open_image(DevicePtr file, ImageOptions options = {});

// What `file` says of itself, also where open_image() would refuse it: then
// `refusal` has the words.  Fails only where it can't be understood.
Result<ImageFacts> examine_image(DevicePtr file);

}  // namespace drydock
