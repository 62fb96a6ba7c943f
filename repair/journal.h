// The journal of one change: where, the old bytes, the new bytes.
//
// It is a file beside the image, written and flushed before the image is
// touched.  Its states follow from which marks it bears, and from nothing else:
//
//   incomplete  no mark: the image was not touched yet
//   complete    the body is whole: a commit may be under way
//   sealed      every new byte is in the image, and safe
//   undoing     an undo may be under way
//   undone      every old byte is back, and safe
//
// JOURNAL.md beside this file draws the layout.  All integers little-endian,
// checksums CRC-32C; a mark is one whole sector, so that none can be torn.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ntfs/file.h"
#include "vhd/base/guid.h"
#include "vhd/block_device.h"
#include "vhd/overlay.h"

namespace drydock::repair {

namespace format {
struct Layout;
}

// Bounds on what is written, and on what is believed.  A repair changes a few
// MiB; the removal of a service pack, some hundred.
inline constexpr std::uint64_t kChangedSizeMax = std::uint64_t{1} << 30;
// Longer changes are kept as several extents, so that whoever reads a journal
// holds one of them in memory, and not all.
inline constexpr std::uint64_t kExtentSizeMax = std::uint64_t{1} << 20;
// One for each changed sector of the longest change, if no two are neighbours.
inline constexpr std::uint64_t kExtentCountMax = kChangedSizeMax / 512;
// A list of edits, as JSON: a few hundred bytes each.
inline constexpr std::uint64_t kDescriptionSizeMax = std::uint64_t{4} << 20;

enum class JournalState : std::uint8_t {
  incomplete,
  complete,
  sealed,
  undoing,
  undone
};

std::string_view to_string(JournalState state);

// What a journal says of itself, whatever its state but incomplete.
struct JournalHead {
  Guid id;
  std::uint64_t number = 0;  // its place among all journals of an image, from 1
  FileTime time = 0;
  std::uint64_t virtual_size = 0;  // in bytes, of the disk that it is about
  // The image's data_guid before the change; for that after it, see
  // Journal::data_guid().
  std::optional<Guid> data_guid;
  std::string description;  // JSON: what was done, for `history`
};

class Journal {
 public:
  // Lays out head and changes in `file`, which is empty and resizable, and
  // flushes.  The result is complete, and its file as long as it will ever be.
  // bad_argument for changes that don't ascend, overlap, are empty or run past
  // virtual_size, or whose halves differ in length; unsupported for more than
  // the bounds allow.
  static Result<Journal> write(DevicePtr file, const JournalHead& head,
                               const std::vector<Overlay::Change>& changes);

  // Reads the marks, the head and the table of extents, and checks them.  A
  // journal without a mark opens as incomplete, with an empty head.  corrupt
  // for a file that is no journal at all, and where a marked journal
  // contradicts itself; unsupported for one of a newer version.
  static Result<Journal> open(DevicePtr file);

  JournalState state() const { return state_; }
  const JournalHead& head() const { return head_; }
  // The image's data_guid as of the last state; nothing where it has none.
  const std::optional<Guid>& data_guid() const { return data_guid_; }
  // Whether a power cut has left work: complete or undoing.
  bool is_unfinished() const;

  std::size_t extent_count() const { return extents_.size(); }
  std::uint64_t changed_size() const { return changed_size_; }
  // One extent: offsets ascend, don't overlap, and lie within virtual_size.
  // corrupt where its bytes don't match their checksums.
  Result<Overlay::Change> read(std::size_t index) const;

  // Marks a new state and flushes: complete -> sealed -> undoing -> undone, or
  // complete -> undone (rolled back).  bad_argument for another step.
  Done advance(JournalState state, const std::optional<Guid>& data_guid);

 private:
  struct Extent {
    std::uint64_t offset = 0;  // in the image
    std::uint32_t length = 0;
    std::uint32_t before_checksum = 0;
    std::uint32_t after_checksum = 0;
    std::uint64_t place = 0;  // in the journal, of the old bytes; then the new
  };

  Journal() = default;
  static Done mark(BlockDevice& file, const Guid& id, JournalState state,
                   const std::optional<Guid>& data_guid);
  Done read_marks(Bytes front);
  Done read_head(Bytes front);
  Done read_table(const format::Layout& layout, std::uint64_t count,
                  std::uint32_t checksum);

  DevicePtr file_;
  JournalState state_ = JournalState::incomplete;
  JournalHead head_;
  std::optional<Guid> data_guid_;
  std::uint64_t changed_size_ = 0;
  std::vector<Extent> extents_;
};

}  // namespace drydock::repair
