// The footer of a VHD, and the copy at the file's start: which one is believed, and
// how large it says that the disk is.

#pragma once

#include <optional>
#include <string>

#include "vhd/block_device.h"
#include "vhd/vhd1/format.h"

namespace drydock::vhd1 {

// What was found at the places where footers are.
struct Footers {
  // The one that is believed: the one at the end if that is sound, else the copy at the
  // start.
  Footer footer;
  bool sound = false;       // false: neither is
  bool copy_sound = false;  // the one at the start
  bool tail_sound = false;  // the one at the end
  bool differ = false;      // both are sound, and not the same
  // Neither is, and that isn't damage: whoever wrote them left the sums as they were.
  // Good enough to read by.
  bool unsealed = false;
  // The one at the end is that of a fixed VHD which was about to grow, and its file
  // goes on after it.
  bool left_behind = false;
  std::uint64_t tail_offset = 0;  // of the one at the end, be it sound or not
  std::uint64_t tail_size = 0;    // 511 or 512; 0: nothing at the end bears the mark

  bool is_fixed() const { return footer.kind == kFixed; }
};

// Nothing where neither place bears the mark: then the file is no VHD.
Result<std::optional<Footers>> find_footers(const BlockDevice& file);

std::uint32_t checksum_of(Footer footer);
void seal(Footer& footer);

// The size of the disk in bytes, as its maker counted it: by cylinders, heads and
// sectors where that was Virtual PC or an old QEMU, and as `current_size` says where
// it was anyone else, or the count is at its limit.
std::uint64_t disk_size(const Footer& footer);

// Whether disk_size() of a footer by this maker goes by cylinders.
bool counts_cylinders(const Footer& footer);

// Makes the footer one of a disk of `size` bytes, whoever reads it.
void set_disk_size(Footer& footer, std::uint64_t size);

// "win": without what fills it up to four letters.
std::string creator_of(const Footer& footer);

}  // namespace drydock::vhd1
