#include "ntfs/record/mirror.h"

#include <algorithm>

#include "ntfs/record/file_record.h"
#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"

namespace drydock::ntfs {

namespace {

// Takes the fixups off.
bool believe(MutableBytes record) {
  return take_fixups(record) && check_file_record(record);
}

// What two copies of a record may differ in: check numbers of their fixups, and
// what lies behind the bytes that are used.
bool same_record(MutableBytes a, MutableBytes b) {
  auto header = *load<FileRecordHeader>(a);
  std::size_t fixups = header.fixup_offset;
  std::size_t fixups_size = 2 * std::size_t{header.fixup_count};
  if (load<FileRecordHeader>(b)->used_size != header.used_size) return false;
  for (MutableBytes record : {a, b}) {
    std::ranges::fill(record.subspan(fixups, fixups_size), std::byte{0});
  }
  return std::ranges::equal(a.first(header.used_size), b.first(header.used_size));
}

}  // namespace

MirrorState compare_mirrored(ByteVector record, ByteVector copy) {
  bool sound = believe(record);
  bool copy_sound = believe(copy);
  if (!sound) return copy_sound ? MirrorState::record_torn : MirrorState::both_torn;
  if (!copy_sound) return MirrorState::copy_torn;
  return same_record(record, copy) ? MirrorState::twins : MirrorState::differ;
}

}  // namespace drydock::ntfs
