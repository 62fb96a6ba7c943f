#include "ntfs/logfile/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "ntfs/logfile/format.h"
#include "ntfs/logfile/operations.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint64_t kReferenceMask = (std::uint64_t{1} << 48) - 1;

// The clusters of one page, of 512 bytes each.
constexpr std::uint32_t kLcnCountMax = kLogPageSize / 512;

// The table in the record at `lsn`, which `operation` wrote; nothing for LSN 0.
Result<ByteVector> table_at(LogReader& log, std::uint64_t lsn,
                            std::uint16_t operation) {
  if (lsn == 0) return ByteVector();
  LogRecord record = TRY(log.at(lsn));
  auto header = load<ActionHeader>(record.data);
  if (record.type != kActionRecord || !header || header->redo != operation ||
      header->redo_offset > record.data.size()) {
    return Error(
        Errc::corrupt,
        fmt::format("record 0x{:x} isn't the {} that a checkpoint takes it for", lsn,
                    operation_name(operation)));
  }
  // To the record's end, since a long table's length doesn't fit into the header.
  return ByteVector(record.data.begin() + header->redo_offset, record.data.end());
}

struct TableEntry {
  std::uint32_t offset = 0;
  Bytes bytes;
};

// The entries in use; none of an empty table.
Result<std::vector<TableEntry>> entries_of(Bytes table, std::size_t entry_size_min) {
  std::vector<TableEntry> entries;
  if (table.empty()) return entries;
  auto header = load<TableHeader>(table);
  std::size_t size = header ? std::size_t{header->entry_size} : 0;
  std::size_t count = header ? std::size_t{header->entry_count} : 0;
  if (size < entry_size_min ||
      !checked::within(sizeof(TableHeader), size * count, table.size())) {
    return Error(Errc::corrupt, fmt::format("a table of {} bytes can't have {} entries "
                                            "of {}",
                                            table.size(), count, size));
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t offset = sizeof(TableHeader) + i * size;
    if (*load<le32>(table, offset) != kEntryInUse) continue;
    entries.push_back(
        {static_cast<std::uint32_t>(offset), table.subspan(offset, size)});
  }
  return entries;
}

OpenAttribute decode(const OpenAttributeEntry& entry) {
  return {.file = entry.file & kReferenceMask,
          .type = entry.type,
          .block_size = entry.block_size};
}

Done add_dirty_pages(LogTables& tables, Bytes table) {
  for (const TableEntry& found : TRY(entries_of(table, sizeof(DirtyPageEntry)))) {
    auto entry = *load<DirtyPageEntry>(found.bytes);
    if (entry.lcn_count > kLcnCountMax ||
        entry.lcn_count * sizeof(le64) > found.bytes.size() - sizeof(entry)) {
      return Error(Errc::corrupt, fmt::format("a dirty page of {} clusters can't be",
                                              std::uint32_t{entry.lcn_count}));
    }
    for (std::size_t i = 0; i < entry.lcn_count; ++i) {
      std::uint64_t lcn = *load<le64>(found.bytes, sizeof(entry) + i * sizeof(le64));
      if (lcn == 0 || entry.oldest_lsn == 0) continue;
      // Pages may share a cluster, where clusters are larger.
      auto [known, is_new] = tables.dirty_clusters.emplace(lcn, entry.oldest_lsn);
      if (!is_new) {
        known->second = std::min<std::uint64_t>(known->second, entry.oldest_lsn);
      }
    }
  }
  return {};
}

}  // namespace

bool OpenAttribute::is_mft() const { return file == 0 && type == kDataType; }

Done LogTables::open_attribute(const Action& action) {
  auto entry = load<OpenAttributeEntry>(action.redo_bytes);
  if (!entry) {
    return Error(Errc::corrupt, fmt::format("an open attribute of {} bytes can't be",
                                            action.redo_bytes.size()));
  }
  open_attributes[action.target] = decode(*entry);
  return {};
}

Result<CheckpointTables> read_checkpoint(LogReader& log, std::uint64_t lsn) {
  LogRecord record = TRY(log.at(lsn));
  auto checkpoint = load<Checkpoint>(record.data);
  if (record.type != kCheckpointRecord || !checkpoint) {
    return Error(Errc::corrupt, fmt::format("record 0x{:x} isn't a checkpoint", lsn));
  }
  if (checkpoint->major_version != 1 || checkpoint->minor_version != 0) {
    return Error(Errc::unsupported,
                 fmt::format("version {}.{} of NTFS's checkpoints isn't one that we "
                             "replay",
                             std::uint32_t{checkpoint->major_version},
                             std::uint32_t{checkpoint->minor_version}));
  }
  // No log that was seen has one: checkpoints there fell between transactions.
  if (checkpoint->transactions_lsn != 0) TRY(enabled_operation(kTransactionTableDump));
  CheckpointTables found{.start_lsn = checkpoint->start_lsn, .tables = {}};
  if (found.start_lsn == 0) found.start_lsn = lsn;
  LogTables& tables = found.tables;
  auto attributes =
      TRY(table_at(log, checkpoint->open_attributes_lsn, kOpenAttributeTableDump));
  for (const TableEntry& entry :
       TRY(entries_of(attributes, sizeof(OpenAttributeEntry)))) {
    if (entry.offset > 0xffff) break;  // Actions couldn't name it.
    tables.open_attributes[static_cast<std::uint16_t>(entry.offset)] =
        decode(*load<OpenAttributeEntry>(entry.bytes));
  }
  auto pages = TRY(table_at(log, checkpoint->dirty_pages_lsn, kDirtyPageTableDump));
  TRY(add_dirty_pages(tables, pages));
  return found;
}

}  // namespace drydock::ntfs
