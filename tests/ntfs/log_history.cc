#include "tests/ntfs/log_history.h"

#include "ntfs/logfile/format.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// Takes in the table that a checkpoint wrote.
void take_dump(LogTables& tables, const LogRecord& record) {
  auto header = *load<ActionHeader>(record.data);
  Bytes table = Bytes(record.data).subspan(header.redo_offset);
  auto shape = *load<TableHeader>(table);
  for (std::size_t i = 0; i < shape.entry_count; ++i) {
    std::size_t offset = sizeof(TableHeader) + i * shape.entry_size;
    auto entry = *load<OpenAttributeEntry>(table, offset);
    if (entry.in_use != kEntryInUse) continue;
    tables.open_attributes[static_cast<std::uint16_t>(offset)] = {
        .file = entry.file & ((std::uint64_t{1} << 48) - 1),
        .type = entry.type,
        .block_size = entry.block_size};
  }
}

}  // namespace

Result<LogReader> reader_of(const SystemFile& log) {
  ByteVector start(kLogStartSize);
  TRY(log.read(0, start));
  auto restart = read_restart(start);
  if (!restart) return Error(Errc::corrupt, "no restart page");
  auto layout = TRY(log_layout(*restart, log.size()));
  return LogReader(TRY(RecordPages::open(log, layout)));
}

std::map<std::uint64_t, LogRecord> records_of(LogReader& log) {
  std::map<std::uint64_t, LogRecord> records;
  const LogLayout& layout = log.layout();
  for (auto i = layout.first_record_page(); i < layout.page_count(); ++i) {
    auto page = log.pages().page(i);
    if (!page || page->empty()) continue;
    ByteVector bytes(page->begin(), page->end());
    for (std::size_t at = layout.data_offset; at <= kLogPageSize - 0x30; at += 8) {
      std::uint64_t lsn = *load<le64>(bytes, at);
      if (lsn == 0 || !layout.believes(lsn) ||
          layout.offset_of(lsn) != i * kLogPageSize + at) {
        continue;
      }
      auto record = log.find(lsn);
      if (record && *record) records.emplace(lsn, std::move(**record));
    }
  }
  return records;
}

std::map<std::string, int> operations_in(LogReader& log) {
  std::map<std::string, int> counts;
  for (const auto& [lsn, record] : records_of(log)) {
    if (record.type != kActionRecord) continue;
    auto action = decode_action(record);
    if (!action) continue;
    ++counts[operation_name(action->redo) + "/" + operation_name(action->undo)];
  }
  return counts;
}

Result<std::vector<Step>> history_of(BlockDevice& volume) {
  auto found = TRY(find_log(volume));
  auto log = TRY(reader_of(found.file));
  std::vector<Step> steps;
  LogTables tables;
  for (const auto& [lsn, record] : records_of(log)) {
    if (record.type != kActionRecord) continue;
    auto action = TRY(decode_action(record));
    if (action.redo == kOpenNonresidentAttribute) TRY(tables.open_attribute(action));
    if (action.redo == kOpenAttributeTableDump) take_dump(tables, record);
    // The oldest records may come before the first table.
    if (!action.lcns.empty() && tables.open_attributes.contains(action.target))
      steps.push_back({std::move(action), tables});
  }
  return steps;
}

}  // namespace drydock::ntfs
