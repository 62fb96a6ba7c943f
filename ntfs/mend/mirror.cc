// $MFT's first records and their copies in $MFTMirr.  Windows reads the copies where
// the records can't be read, and writes both.

#include "ntfs/record/mirror.h"

#include <fmt/format.h>

#include "ntfs/mend/wounds.h"
#include "ntfs/record/file_table.h"
#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

struct Pair {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  // of the record, in bytes, of the volume
  std::uint64_t copy_offset = 0;
  ByteVector record;  // as it lies
  ByteVector copy;
  MirrorState state = MirrorState::twins;
};

Result<Pair> read_pair(const BlockDevice& volume, const BootSector& boot,
                       std::uint64_t number) {
  Pair pair;
  pair.number = number;
  // Libraries, and Windows' own loader, take the first four to lie in one piece.
  pair.offset = boot.mft_offset + number * boot.record_size;
  pair.copy_offset = boot.mirror_offset + number * boot.record_size;
  pair.record = TRY(read_bytes(volume, pair.offset, boot.record_size, 64 << 10));
  pair.copy = TRY(read_bytes(volume, pair.copy_offset, boot.record_size, 64 << 10));
  pair.state = compare_mirrored(pair.record, pair.copy);
  return pair;
}

// Fails unless the record, of $MFTMirr itself, has its data where the boot sector
// says: a copy isn't written into another file's clusters.
Done check_place(const FileTable& table, const Pair& pair) {
  ByteVector record = pair.state == MirrorState::record_torn ? pair.copy : pair.record;
  if (take_fixups(record)) {
    auto data = TRY(table.find(record, kDataType, u""));
    if (data && data->locate(0) == table.boot().mirror_offset) return {};
  }
  return Error(Errc::corrupt, "$MFTMirr isn't where the boot sector says");
}

std::string words_of(const Pair& pair) {
  switch (pair.state) {
    case MirrorState::record_torn:
      return fmt::format("record {} of $MFT is torn, or none; its copy is sound",
                         pair.number);
    case MirrorState::copy_torn:
      return fmt::format("record {} of $MFT is sound; its copy is torn, or none",
                         pair.number);
    default:
      return fmt::format("record {} of $MFT and its copy differ", pair.number);
  }
}

}  // namespace

Result<std::optional<VolumeWound>> find_mirror_wound(const BlockDevice& volume,
                                                     const BootSector& boot) {
  VolumeWound wound;
  std::optional<Pair> mirror;  // of $MFTMirr's own record
  for (std::uint64_t number = 0; number < kMirroredCount; ++number) {
    Pair pair = TRY(read_pair(volume, boot, number));
    if (number == kMirrorRecord) mirror = pair;
    if (pair.state == MirrorState::twins) continue;
    if (pair.state == MirrorState::both_torn) {
      return Error(Errc::corrupt, fmt::format("record {} can be believed neither in "
                                              "$MFT nor in $MFTMirr",
                                              number));
    }
    wound.evidence.push_back(words_of(pair));
    if (pair.state == MirrorState::record_torn) {
      wound.stops_mount = true;
      wound.cure.push_back({.offset = pair.offset, .bytes = std::move(pair.copy)});
    } else {
      wound.cure.push_back(
          {.offset = pair.copy_offset, .bytes = std::move(pair.record)});
    }
  }
  if (wound.cure.empty()) return {std::nullopt};
  FileTable table = TRY(FileTable::open(volume, boot));
  TRY(check_place(table, *mirror));
  wound.what = wound.stops_mount
                   ? "$MFT's first records are torn, and $MFTMirr's aren't"
                   : "$MFTMirr isn't what $MFT's first records are";
  wound.cured = wound.stops_mount ? "$MFT's records are written anew from their copies"
                                  : "$MFTMirr is written anew";
  return std::optional(std::move(wound));
}

}  // namespace drydock::ntfs
