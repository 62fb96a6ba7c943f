// The journal of one change: where, the old bytes, the new bytes.
//
// It is a file beside the image, written and flushed before the image is
// touched.  Its states follow from what it holds, and from nothing else:
//
//   incomplete  its body isn't whole: the image was not touched yet
//   complete    the body is whole, no seal: a commit may be under way
//   sealed      every new byte is in the image, and safe
//   undoing     an undo may be under way
//   undone      every old byte is back, and safe
//
// README.md beside this file draws the layout.  All integers little-endian,
// checksums CRC-32C; a state is one whole sector, so that none can be torn.

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
  std::uint64_t sequence = 0;  // counts up over all journals of an image
  FileTime time = 0;
  std::uint64_t virtual_size = 0;  // in bytes, of the disk that it is about
  // The image's data_guid before the change; after the seal or the undoing
  // see Journal::data_guid().
  std::optional<Guid> data_guid;
  std::string description;  // JSON: what was done, for `history`
};

class Journal {
 public:
  // Lays out head and changes in `file`, which is empty and resizable, and
  // flushes.  The result is complete.
  static Result<Journal> write(DevicePtr file, const JournalHead& head,
                               const std::vector<Overlay::Change>& changes);

  // Reads what is there and checks it.  A journal whose body isn't whole opens
  // as incomplete, with an empty head.  corrupt for a file that is no journal
  // at all, or whose whole body contradicts itself.
  static Result<Journal> open(DevicePtr file);

  JournalState state() const { return state_; }
  const JournalHead& head() const { return head_; }
  // The image's data_guid as of the last state; nothing where it has none.
  const std::optional<Guid>& data_guid() const { return data_guid_; }
  // Offsets ascending, not overlapping, within virtual_size.
  const std::vector<Overlay::Change>& changes() const { return changes_; }

  // Appends a state and flushes: complete -> sealed -> undoing -> undone, or
  // complete -> undone (rolled back).  bad_argument for another step.
  Done advance(JournalState state, const std::optional<Guid>& data_guid);

 private:
  Journal() = default;

  DevicePtr file_;
  JournalState state_ = JournalState::incomplete;
  JournalHead head_;
  std::optional<Guid> data_guid_;
  std::vector<Overlay::Change> changes_;
  std::uint64_t state_offset_ = 0;  // where the next state goes
};

}  // namespace drydock::repair
