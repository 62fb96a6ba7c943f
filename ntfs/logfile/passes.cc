#include "ntfs/logfile/passes.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/format.h"
#include "ntfs/logfile/operations.h"
#include "ntfs/logfile/target.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// Operations that make a record or block out of whatever was there.
bool makes_anew(const Operation& operation) {
  return operation.code == kInitializeFileRecordSegment ||
         operation.code == kUpdateNonresidentValue;
}

std::string place_of(std::uint64_t lsn, std::uint16_t code) {
  return fmt::format("{} in record 0x{:x}", operation_name(code), lsn);
}

Error not_sound(const Target& target) {
  return Error(Errc::corrupt, target.kind() == Operation::Target::file_record
                                  ? "the file record that it changes is torn or none"
                                  : "the index block that it changes is torn or none");
}

// The clusters of `action` that may lag behind it: in earnest all or none, since
// whatever is logged again names the same ones.  Where it is only the first few,
// the change won't fit into them, and is refused.
std::vector<std::uint64_t> lagging_lcns(const Action& action, const LogTables& tables) {
  std::vector<std::uint64_t> lcns;
  for (std::uint64_t lcn : action.lcns) {
    auto dirty = tables.dirty_clusters.find(lcn);
    if (dirty == tables.dirty_clusters.end() || action.lsn < dirty->second) break;
    lcns.push_back(lcn);
  }
  return lcns;
}

}  // namespace

Result<bool> redo_action(BlockDevice& volume, const BootSector& boot,
                         const LogTables& tables, const Action& action) {
  auto operation = TRY(enabled_operation(action.redo));
  if (operation.target == Operation::Target::none || action.lcns.empty()) return false;
  auto place =
      TRY(Target::place(boot, tables, action, operation, action.redo_bytes.size()));
  auto target = TRY(Target::read(volume, boot, std::move(place)));
  if (!target.sound() && !makes_anew(operation)) return not_sound(target);
  if (target.has_lsn() && target.lsn() >= action.lsn) return false;
  ByteVector before(target.bytes().begin(), target.bytes().end());
  TRY(operation.apply(target.bytes(), {.bytes = action.redo_bytes,
                                       .record_offset = action.record_offset,
                                       .attribute_offset = action.attribute_offset,
                                       .same_length = action.redo_bytes.size() ==
                                                      action.undo_bytes.size()}));
  if ((!target.has_lsn() || !operation.stamps) &&
      std::ranges::equal(before, target.bytes())) {
    return false;
  }
  TRY(target.write(volume, boot, operation.stamps ? action.lsn : target.lsn()));
  return true;
}

Result<bool> undo_action(BlockDevice& volume, const BootSector& boot,
                         const LogTables& tables, const Action& action) {
  auto operation = TRY(enabled_operation(action.undo));
  if (operation.target == Operation::Target::none || action.lcns.empty()) return false;
  auto place =
      TRY(Target::place(boot, tables, action, operation, action.undo_bytes.size()));
  auto target = TRY(Target::read(volume, boot, std::move(place)));
  if (!target.sound()) {
    // Where there was nothing to redo, as for a record that was only about to be
    // made, there may be nothing yet.
    if (action.redo == kNoop) return false;
    return not_sound(target);
  }
  // Its LSN says nothing: whatever was to be redone has been, and not all stamps.
  std::uint64_t lsn = target.lsn();
  TRY(operation.apply(target.bytes(), {.bytes = action.undo_bytes,
                                       .record_offset = action.record_offset,
                                       .attribute_offset = action.attribute_offset,
                                       .same_length = action.redo_bytes.size() ==
                                                      action.undo_bytes.size()}));
  TRY(target.write(volume, boot, lsn));
  return true;
}

Done redo(BlockDevice& volume, const BootSector& boot, LogReader& log,
          const Analysis& analysis, Tally& tally) {
  if (analysis.redo_lsn == 0) return {};
  // What an entry of the table names may change while the log goes on.
  LogTables tables = analysis.at_checkpoint;
  LogRecord record = TRY(log.at(std::min(analysis.redo_lsn, analysis.checkpoint_lsn)));
  while (true) {
    if (record.lsn >= analysis.redo_lsn) ++tally.record_count;
    if (record.type == kActionRecord) {
      auto action =
          TRY(decode_action(record).in(fmt::format("record 0x{:x}", record.lsn)));
      if (action.redo == kOpenNonresidentAttribute &&
          (record.lsn > analysis.checkpoint_lsn ||
           !tables.open_attributes.contains(action.target))) {
        TRY(tables.open_attribute(action));
      }
      action.lcns = lagging_lcns(action, analysis.tables);
      bool made = TRY(redo_action(volume, boot, tables, action)
                          .in(place_of(record.lsn, action.redo)));
      if (made) {
        ++tally.redone_count;
        ++tally.operations[action.redo];
      }
    }
    auto next = TRY(log.next(record));
    if (!next) return {};
    record = std::move(*next);
  }
}

Done undo(BlockDevice& volume, const BootSector& boot, LogReader& log,
          const LogTables& tables, Tally& tally) {
  for (const auto& [number, transaction] : tables.transactions) {
    if (transaction.undo_next_lsn == 0) continue;
    ++tally.transaction_count;
    for (std::uint64_t lsn = transaction.undo_next_lsn; lsn != 0;) {
      LogRecord record = TRY(log.at(lsn));
      auto action = TRY(decode_action(record).in(fmt::format("record 0x{:x}", lsn)));
      bool made =
          TRY(undo_action(volume, boot, tables, action).in(place_of(lsn, action.undo)));
      if (made) {
        ++tally.undone_count;
        ++tally.operations[action.undo];
      }
      if (record.undo_next_lsn >= lsn) {
        return Error(Errc::corrupt, fmt::format("after record 0x{:x} a later one, "
                                                "0x{:x}, is to be undone",
                                                lsn, record.undo_next_lsn));
      }
      lsn = record.undo_next_lsn;
    }
  }
  return {};
}

}  // namespace drydock::ntfs
