#include "ntfs/logfile/analysis.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/format.h"
#include "ntfs/logfile/operations.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// The transactions, as `action` leaves them.
void follow_transaction(LogTables& tables, const LogRecord& record,
                        const Action& action) {
  if (action.redo == kForgetTransaction) {
    tables.transactions.erase(record.transaction);
    return;
  }
  auto& transaction = tables.transactions[record.transaction];
  // A compensation is a change that was taken back already, before the end: what
  // is next to be undone lies before what it undid.
  transaction.undo_next_lsn =
      action.undo == kCompensationLogRecord ? record.undo_next_lsn : record.lsn;
}

bool is_dump(std::uint16_t code) {
  return code >= kOpenAttributeTableDump && code <= kTransactionTableDump;
}

Done follow(LogTables& tables, const LogRecord& record) {
  if (record.type != kActionRecord) return {};
  auto action = TRY(decode_action(record));
  // Both halves, before anything is written: what was redone may have to be
  // undone.
  auto operation = TRY(enabled_operation(action.redo));
  TRY(enabled_operation(action.undo));
  // A checkpoint's tables are no transaction's.
  if (is_dump(action.redo)) return {};
  follow_transaction(tables, record, action);
  if (action.redo == kOpenNonresidentAttribute) return tables.open_attribute(action);
  if (operation.target == Operation::Target::none) return {};
  for (std::uint64_t lcn : action.lcns) {
    if (lcn != 0) tables.dirty_clusters.emplace(lcn, record.lsn);
  }
  return {};
}

}  // namespace

Result<Analysis> analyse(LogReader& log, std::uint64_t checkpoint_lsn,
                         std::uint64_t current_lsn) {
  Analysis analysis;
  auto checkpoint = TRY(read_checkpoint(log, checkpoint_lsn).in("checkpoint"));
  analysis.tables = std::move(checkpoint.tables);
  analysis.at_checkpoint.open_attributes = analysis.tables.open_attributes;
  analysis.checkpoint_lsn = checkpoint.start_lsn;
  LogRecord record = TRY(log.at(checkpoint.start_lsn));
  while (true) {
    auto next = TRY(log.next(record));
    if (!next) break;
    record = std::move(*next);
    TRY(follow(analysis.tables, record).in(fmt::format("record 0x{:x}", record.lsn)));
  }
  analysis.last_lsn = record.lsn;
  if (record.lsn < current_lsn) {
    return Error(Errc::corrupt,
                 fmt::format("the log ends with record 0x{:x}, but 0x{:x} was written",
                             record.lsn, current_lsn));
  }
  TRY(log.check_end(record));
  for (const auto& [lcn, oldest_lsn] : analysis.tables.dirty_clusters) {
    if (analysis.redo_lsn == 0 || oldest_lsn < analysis.redo_lsn) {
      analysis.redo_lsn = oldest_lsn;
    }
  }
  return analysis;
}

}  // namespace drydock::ntfs
