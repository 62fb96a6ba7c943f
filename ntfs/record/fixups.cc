#include "ntfs/record/fixups.h"

#include <optional>

#include "vhd/base/endian.h"

namespace drydock::ntfs {

namespace {

struct MultiSectorHeader {
  std::array<char, 4> magic;
  le16 fixup_offset;
  le16 fixup_count;
};

struct Fixups {
  std::size_t offset = 0;        // of the check number
  std::size_t sector_count = 0;  // and of the numbers after it
};

// Where a block keeps them, if that can be: wholly within its first sector, and
// clear of that sector's own end.
std::optional<Fixups> fixups_of(Bytes block) {
  auto header = load<MultiSectorHeader>(block);
  if (!header || block.size() % kFixupStride != 0) return std::nullopt;
  std::size_t sectors = block.size() / kFixupStride;
  std::size_t offset = header->fixup_offset;
  if (header->fixup_count != sectors + 1 || offset < sizeof(MultiSectorHeader) ||
      offset % 2 != 0 || offset + 2 * (sectors + 1) > kFixupStride - 2) {
    return std::nullopt;
  }
  return Fixups{offset, sectors};
}

std::size_t end_of_sector(std::size_t index) { return (index + 1) * kFixupStride - 2; }

}  // namespace

bool take_fixups(MutableBytes block) {
  auto fixups = fixups_of(block);
  if (!fixups) return false;
  auto check = load<le16>(block, fixups->offset);
  for (std::size_t i = 0; i < fixups->sector_count; ++i) {
    if (*load<le16>(block, end_of_sector(i)) != *check) return false;
  }
  for (std::size_t i = 0; i < fixups->sector_count; ++i) {
    auto original = *load<le16>(block, fixups->offset + 2 * (i + 1));
    static_cast<void>(store(block, end_of_sector(i), original));
  }
  return true;
}

bool put_fixups(MutableBytes block) {
  auto fixups = fixups_of(block);
  if (!fixups) return false;
  std::uint16_t number = *load<le16>(block, fixups->offset);
  // 0 and 0xffff are passed over, as Windows does: bytes of an empty or an
  // erased sector would agree with them.
  do ++number;
  while (number == 0 || number == 0xffff);
  static_cast<void>(store(block, fixups->offset, le16(number)));
  for (std::size_t i = 0; i < fixups->sector_count; ++i) {
    auto original = *load<le16>(block, end_of_sector(i));
    static_cast<void>(store(block, fixups->offset + 2 * (i + 1), original));
    static_cast<void>(store(block, end_of_sector(i), le16(number)));
  }
  return true;
}

}  // namespace drydock::ntfs
