#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "repair/journal.h"
#include "repair/journal_format.h"
#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

Done check_changes(const std::vector<Overlay::Change>& changes, std::uint64_t size) {
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (const Overlay::Change& change : changes) {
    if (change.after.empty() || change.after.size() != change.before.size()) {
      return Error(Errc::bad_argument,
                   fmt::format("a change of {} bytes replaces {}", change.after.size(),
                               change.before.size()));
    }
    if (change.offset < end ||
        !checked::within(change.offset, change.after.size(), size)) {
      return Error(Errc::bad_argument,
                   fmt::format("a change of {} bytes at {} comes after one that ends "
                               "at {}, on a disk of {}",
                               change.after.size(), change.offset, end, size));
    }
    end = change.offset + change.after.size();
    sum += change.after.size();
  }
  if (sum > kChangedSizeMax) {
    return Error(Errc::unsupported,
                 fmt::format("{} bytes change, more than the {} that a journal takes",
                             sum, kChangedSizeMax));
  }
  return {};
}

// One stretch of a change, as the table will have it.
struct Piece {
  std::uint64_t offset;
  Bytes before;
  Bytes after;
};

std::vector<Piece> pieces_of(const std::vector<Overlay::Change>& changes) {
  std::vector<Piece> pieces;
  for (const Overlay::Change& change : changes) {
    for (std::uint64_t at = 0; at < change.after.size(); at += kExtentSizeMax) {
      std::uint64_t length = std::min(kExtentSizeMax, change.after.size() - at);
      pieces.push_back({.offset = change.offset + at,
                        .before = Bytes(change.before).subspan(at, length),
                        .after = Bytes(change.after).subspan(at, length)});
    }
  }
  return pieces;
}

// Head, marks (none yet), description and table: all before the bytes.
ByteVector front_of(const JournalHead& head, const std::vector<Piece>& pieces,
                    std::uint64_t changed_size, const format::Layout& layout) {
  ByteVector front(layout.bytes_offset);
  std::uint64_t at = layout.table_offset;
  bool fits = true;
  for (const Piece& piece : pieces) {
    format::Extent extent;
    extent.offset = piece.offset;
    extent.length = static_cast<std::uint32_t>(piece.after.size());
    extent.before_checksum = crc32c(piece.before);
    extent.after_checksum = crc32c(piece.after);
    fits &= store(front, at, extent);
    at += sizeof extent;
  }
  std::ranges::copy(bytes_of(head.description),
                    front.begin() + format::kDescriptionOffset);
  format::Head first;
  first.signature = format::kHeadSignature;
  first.version = format::kVersion;
  first.id = head.id;
  first.number = head.number;
  first.time = head.time;
  first.virtual_size = head.virtual_size;
  first.has_data_guid = head.data_guid ? 1 : 0;
  first.data_guid = head.data_guid.value_or(Guid{});
  first.description_size = static_cast<std::uint32_t>(head.description.size());
  first.description_checksum = crc32c(bytes_of(head.description));
  first.extent_count = static_cast<std::uint32_t>(pieces.size());
  first.table_checksum =
      crc32c(Bytes(front).subspan(layout.table_offset, at - layout.table_offset));
  first.changed_size = changed_size;
  first.checksum = format::checksum_of(first);
  fits &= store(front, 0, first);
  assert(fits);
  return front;
}

// Gathers small pieces into writes that are worth their while.
class Appender {
 public:
  Appender(BlockDevice& file, std::uint64_t offset) : file_(&file), offset_(offset) {}
  Done add(Bytes bytes) {
    gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
    return gathered_.size() < kGatherSize ? Done() : finish();
  }
  Done finish() {
    TRY(file_->write(offset_, gathered_));
    offset_ += gathered_.size();
    gathered_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kGatherSize = 1 << 20;
  BlockDevice* file_;
  std::uint64_t offset_;
  ByteVector gathered_;
};

}  // namespace

Result<Journal> Journal::write(DevicePtr file, const JournalHead& head,
                               const std::vector<Overlay::Change>& changes) {
  TRY(check_changes(changes, head.virtual_size));
  if (head.description.size() > kDescriptionSizeMax) {
    return Error(Errc::unsupported,
                 fmt::format("the description has {} bytes, more than {}",
                             head.description.size(), kDescriptionSizeMax));
  }
  std::vector<Piece> pieces = pieces_of(changes);
  if (pieces.size() > kExtentCountMax) {
    return Error(Errc::unsupported,
                 fmt::format("{} extents change, more than the {} that a journal takes",
                             pieces.size(), kExtentCountMax));
  }
  std::uint64_t changed_size = 0;
  for (const Piece& piece : pieces) changed_size += piece.after.size();
  format::Layout layout =
      format::layout_of(head.description.size(), pieces.size(), changed_size);
  ByteVector front = front_of(head, pieces, changed_size, layout);

  // All of the file is written now, its future marks as zeros: when one of them
  // is due the image has changed already, and a full host must not refuse it.
  TRY(file->resize(layout.end));
  Appender appender(*file, 0);
  TRY(appender.add(front));
  for (const Piece& piece : pieces) {
    TRY(appender.add(piece.before));
    TRY(appender.add(piece.after));
  }
  TRY(appender.add(ByteVector(layout.end - layout.bytes_offset - 2 * changed_size)));
  TRY(appender.finish());
  // A mark says that the body was whole.  Were both made safe at once, a torn
  // body could bear one, and nobody could tell it from one that rotted.
  TRY(file->flush());
  TRY(mark(*file, head.id, JournalState::complete, head.data_guid));
  return open(std::move(file));
}

Done Journal::mark(BlockDevice& file, const Guid& id, JournalState state,
                   const std::optional<Guid>& data_guid) {
  format::Mark mark;
  mark.signature = format::kMarkSignature;
  mark.state = static_cast<std::uint32_t>(state);
  mark.journal = id;
  mark.has_data_guid = data_guid ? 1 : 0;
  mark.data_guid = data_guid.value_or(Guid{});
  mark.checksum = format::checksum_of(mark);
  TRY(file.write(format::mark_offset(state), bytes_of(mark)));
  return file.flush();
}

Done Journal::advance(JournalState state, const std::optional<Guid>& data_guid) {
  bool next = state_ != JournalState::incomplete && state_ != JournalState::undone &&
              static_cast<int>(state) == static_cast<int>(state_) + 1;
  bool rolled_back = state_ == JournalState::complete && state == JournalState::undone;
  if (!next && !rolled_back) {
    return Error(Errc::bad_argument,
                 fmt::format("a journal that is {} doesn't become {}",
                             to_string(state_), to_string(state)));
  }
  TRY(mark(*file_, head_.id, state, data_guid));
  state_ = state;
  data_guid_ = data_guid;
  return {};
}

}  // namespace drydock::repair
