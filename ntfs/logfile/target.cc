#include "ntfs/logfile/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ntfs/record/file_record.h"
#include "ntfs/record/fixups.h"
#include "ntfs/logfile/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

using Kind = Operation::Target;

constexpr std::size_t kLsnOffset = offsetof(FileRecordHeader, lsn);
static_assert(kLsnOffset == offsetof(IndexBlockHeader, lsn));
// As large as a boot sector may say.
constexpr std::uint32_t kBlockSizeMax = 64 << 10;

bool is_index_block(Bytes block) { return as_text(block.first(4)) == "INDX"; }

// Which kind of bytes `operation` finds in that attribute.
Result<Kind> kind_in(const OpenAttribute& attribute, const Operation& operation) {
  bool index = attribute.type == kIndexAllocationType;
  Kind kind = operation.target;
  if (kind == Kind::bytes && index) kind = Kind::index_block;
  bool fits = kind == Kind::file_record ? attribute.is_mft()
                                        : (kind == Kind::index_block) == index;
  // File records are changed by operations of their own alone.
  if (kind != Kind::file_record && attribute.is_mft()) fits = false;
  if (!fits) {
    return Error(
        Errc::corrupt,
        fmt::format("{} can't be in attribute 0x{:x} of record {}",
                    operation_name(operation.code), attribute.type, attribute.file));
  }
  return kind;
}

// Calls `piece` with each part of `place` that lies together on the volume: its
// offset there, how much came before, its length.
template <class Piece>
Done for_pieces(const TargetPlace& place, std::uint32_t cluster_size, Piece piece) {
  for (std::uint64_t done = 0; done < place.size;) {
    std::uint64_t at = place.offset + done;
    std::uint64_t part = std::min(place.size - done, cluster_size - at % cluster_size);
    std::uint64_t lcn = place.lcns[at / cluster_size];
    TRY(piece(lcn * cluster_size + at % cluster_size, done, part));
    done += part;
  }
  return {};
}

}  // namespace

Result<TargetPlace> Target::place(const BootSector& boot, const LogTables& tables,
                                  const Action& action, const Operation& operation,
                                  std::size_t length) {
  auto attribute = tables.open_attributes.find(action.target);
  if (attribute == tables.open_attributes.end()) {
    return Error(Errc::corrupt,
                 fmt::format("no attribute is open as 0x{:x}", action.target));
  }
  Kind kind = TRY(kind_in(attribute->second, operation));
  TargetPlace place{.kind = kind, .lcns = action.lcns, .offset = action.offset};
  std::uint64_t room = action.lcns.size() * boot.cluster_size;
  switch (kind) {
    case Kind::file_record:
      place.size = boot.record_size;
      break;
    case Kind::index_block:
      place.size = attribute->second.block_size;
      break;
    case Kind::bits:
      place.offset += action.record_offset;
      place.size = room - std::min(room, place.offset);
      break;
    case Kind::bytes:
      place.offset += action.record_offset;
      place.size = length;
      break;
    case Kind::none:
      break;
  }
  bool block = kind == Kind::file_record || kind == Kind::index_block;
  if (block && (place.size < kFixupStride || place.size > kBlockSizeMax ||
                !std::has_single_bit(place.size) ||
                (action.block_size != 0 && action.block_size != place.size))) {
    return Error(Errc::corrupt,
                 fmt::format("a block of {} bytes, logged as {}, can't be", place.size,
                             action.block_size));
  }
  if (!checked::within(place.offset, place.size, room)) {
    return Error(Errc::corrupt,
                 fmt::format("{} bytes at {} aren't in {} clusters", place.size,
                             place.offset, action.lcns.size()));
  }
  std::uint64_t cluster_count = boot.volume_size / boot.cluster_size;
  for (std::uint64_t lcn : action.lcns) {
    if (lcn >= cluster_count) {
      return Error(Errc::corrupt, fmt::format("cluster {} isn't on a volume of {}", lcn,
                                              cluster_count));
    }
  }
  return place;
}

Result<Target> Target::read(BlockDevice& volume, const BootSector& boot,
                            TargetPlace place) {
  Target target(std::move(place), {});
  target.bytes_.resize(target.place_.size);
  TRY(for_pieces(target.place_, boot.cluster_size,
                 [&](std::uint64_t at, std::uint64_t done, std::uint64_t part) {
                   return volume.read(at,
                                      MutableBytes(target.bytes_).subspan(done, part));
                 }));
  if (target.place_.kind == Kind::file_record) {
    target.sound_ = take_fixups(target.bytes_) && check_file_record(target.bytes_);
  }
  if (target.place_.kind == Kind::index_block) {
    target.sound_ = is_index_block(target.bytes_) && take_fixups(target.bytes_);
  }
  return target;
}

bool Target::has_lsn() const {
  return place_.kind == Kind::file_record || place_.kind == Kind::index_block;
}

std::uint64_t Target::lsn() const {
  if (!has_lsn() || !sound_) return 0;
  return *load<le64>(bytes_, kLsnOffset);
}

Done Target::write(BlockDevice& volume, const BootSector& boot, std::uint64_t lsn) {
  if (has_lsn()) {
    bool marked = place_.kind == Kind::file_record ? check_file_record(bytes_)
                                                   : is_index_block(bytes_);
    static_cast<void>(store(bytes_, kLsnOffset, le64(lsn)));
    if (!marked || !put_fixups(bytes_)) {
      return Error(Errc::corrupt, "what was logged makes no sound record or block");
    }
  }
  return for_pieces(place_, boot.cluster_size,
                    [&](std::uint64_t at, std::uint64_t done, std::uint64_t part) {
                      return volume.write(at, Bytes(bytes_).subspan(done, part));
                    });
}

}  // namespace drydock::ntfs
