#include "ntfs/logfile/action.h"

#include <fmt/format.h>

#include "ntfs/logfile/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint64_t kBlock = 512;  // The unit of offsets in an action.

Result<ByteVector> part(Bytes data, std::uint32_t offset, std::uint32_t length,
                        bool absent) {
  // Windows 10 logs a run of zeros as its length alone: the slack that it clears
  // in a file record, or at the end of a page of $Secure's $SDS.
  if (absent || length == 0) return ByteVector(length);
  if (offset < sizeof(ActionHeader) || !checked::within(offset, length, data.size())) {
    return Error(Errc::corrupt, fmt::format("{} bytes at {} aren't in a record of {}",
                                            length, offset, data.size()));
  }
  Bytes bytes = data.subspan(offset, length);
  return ByteVector(bytes.begin(), bytes.end());
}

}  // namespace

Result<Action> decode_action(const LogRecord& record) {
  auto header = load<ActionHeader>(record.data);
  if (!header) {
    return Error(Errc::corrupt,
                 fmt::format("an action of {} bytes can't be", record.data.size()));
  }
  Action action;
  action.lsn = record.lsn;
  action.redo = header->redo;
  action.undo = header->undo;
  action.target = header->target;
  action.vcn = header->vcn;
  action.offset = header->cluster_block * kBlock;
  action.block_size = header->block_count * kBlock;
  action.record_offset = header->record_offset;
  action.attribute_offset = header->attribute_offset;
  for (std::size_t i = 0; i < header->lcn_count; ++i) {
    auto lcn = load<le64>(record.data, sizeof(ActionHeader) + i * sizeof(le64));
    if (!lcn) return Error(Errc::corrupt, "an action's LCNs go past its end");
    action.lcns.push_back(*lcn);
  }
  action.redo_bytes = TRY(part(record.data, header->redo_offset, header->redo_length,
                               (record.flags & kNoRedoBytes) != 0));
  action.undo_bytes = TRY(part(record.data, header->undo_offset, header->undo_length,
                               (record.flags & kNoUndoBytes) != 0));
  return action;
}

}  // namespace drydock::ntfs
