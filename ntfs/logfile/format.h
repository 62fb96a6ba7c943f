// The layout of $LogFile.  Microsoft has published none of it; the names are
// those of the Linux and ntfs-3g headers, and each field was seen in logs of
// Windows 7, 10 and Server 2022 unless its comment says otherwise.

#pragma once

#include <array>

#include "ntfs/record/layout.h"
#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::ntfs {

// One of the two pages at the start of $LogFile; the other is a page further.
// "RSTR", or "CHKD" once chkdsk has been there.
struct RestartPage {
  std::array<char, 4> magic;
  le16 fixup_offset;         // +0x04
  le16 fixup_count;          // +0x06  one more than the page has sectors
  le64 chkdsk_lsn;           // +0x08
  le32 page_size;            // +0x10  SystemPageSize
  le32 log_page_size;        // +0x14
  le16 restart_area_offset;  // +0x18
  le16 minor_version;        // +0x1a
  le16 major_version;        // +0x1c  1.1 dismounted; 2.0 in use by Windows 8 and
                             //        later; 3.0 where it is byte-addressable
};
static_assert(OnDisk<RestartPage> && sizeof(RestartPage) == 0x1e);

// Within that page.
struct RestartArea {
  le64 current_lsn;            // +0x00  the newest that is known to be on the disk
  le16 client_count;           // +0x08  always 1: NTFS
  le16 client_free_list;       // +0x0a
  le16 client_in_use_list;     // +0x0c  0xffff: nobody has the log open
  le16 flags;                  // +0x0e  0x0002: dismounted in order
  le32 sequence_bits;          // +0x10  of an LSN, at its upper end
  le16 length;                 // +0x14  RestartAreaLength
  le16 client_offset;          // +0x16  of the clients, from this area's start
  le64 log_size;               // +0x18  FileSize
  le32 last_data_length;       // +0x20  of the record at current_lsn
  le16 record_header_size;     // +0x24
  le16 data_offset;            // +0x26  where a page's records begin
  le32 open_count;             // +0x28
  std::array<le32, 5> unused;  // +0x2c
};
static_assert(OnDisk<RestartArea> && sizeof(RestartArea) == 0x40);

inline constexpr std::uint16_t kNoLogClient = 0xffff;
inline constexpr std::uint16_t kLogIsClean = 0x0002;

// Follows it: who uses the log.  It has always been NTFS alone.
struct LogClient {
  le64 oldest_lsn;               // +0x00
  le64 restart_lsn;              // +0x08  of its newest checkpoint
  le16 previous;                 // +0x10
  le16 next;                     // +0x12
  le16 sequence;                 // +0x14
  std::array<std::byte, 6> pad;  // +0x16
  le32 name_size;                // +0x1c
  std::array<le16, 64> name;     // +0x20
};
static_assert(OnDisk<LogClient> && sizeof(LogClient) == 0xa0);

// Each later page: "RCRD".
struct RecordPage {
  std::array<char, 4> magic;
  le16 fixup_offset;             // +0x04
  le16 fixup_count;              // +0x06
  le64 last_lsn;                 // +0x08  of the records that begin here or went on;
                                 //        in a tail page of 1.1, its true offset
  le32 flags;                    // +0x10  1: a record ends here
  le16 page_count;               // +0x14  of the one write that this was part of
  le16 page_position;            // +0x16  in that, from 1
  le16 next_record_offset;       // +0x18
  std::array<std::byte, 6> pad;  // +0x1a
  le64 last_end_lsn;             // +0x20  of the records that end here
  std::array<le16, 10> fixups;   // +0x28
  le32 file_offset;              // +0x3c  2.0: where a fast page belongs
};
static_assert(OnDisk<RecordPage> && sizeof(RecordPage) == 0x40);

inline constexpr std::uint32_t kRecordEndsHere = 1;

// Before each record.  Its data may go on over any number of pages.
struct LogRecordHeader {
  le64 lsn;                      // +0x00
  le64 previous_lsn;             // +0x08  of the same transaction
  le64 undo_next_lsn;            // +0x10
  le32 data_length;              // +0x18
  le16 client_sequence;          // +0x1c
  le16 client_index;             // +0x1e
  le32 type;                     // +0x20
  le32 transaction;              // +0x24
  le16 flags;                    // +0x28
  std::array<std::byte, 6> pad;  // +0x2a
};
static_assert(OnDisk<LogRecordHeader> && sizeof(LogRecordHeader) == 0x30);

inline constexpr std::uint32_t kActionRecord = 1;      // LfsClientRecord
inline constexpr std::uint32_t kCheckpointRecord = 2;  // LfsClientRestart
// The redo (or undo) bytes are not in the record, whatever their length: zeros.
inline constexpr std::uint16_t kNoRedoBytes = 2;
inline constexpr std::uint16_t kNoUndoBytes = 4;

// The start of an action's data.  `lcn_count` LCNs (le64) follow.
struct ActionHeader {
  le16 redo;              // +0x00  operations
  le16 undo;              // +0x02
  le16 redo_offset;       // +0x04  from here
  le16 redo_length;       // +0x06
  le16 undo_offset;       // +0x08
  le16 undo_length;       // +0x0a
  le16 target;            // +0x0c  entry of the open-attribute table
  le16 lcn_count;         // +0x0e
  le16 record_offset;     // +0x10  in the file record or index block; else bytes
  le16 attribute_offset;  // +0x12  from there
  le16 cluster_block;     // +0x14  512 bytes each, from the first LCN
  le16 block_count;       // +0x16  of a file record or index block; else 0
  le64 vcn;               // +0x18
};
static_assert(OnDisk<ActionHeader> && sizeof(ActionHeader) == 0x20);

// The data of a checkpoint.  Windows 10's has 112 bytes; the rest isn't ours.
struct Checkpoint {
  le32 major_version;           // +0x00  0 before Vista, on 32-bit; else 1
  le32 minor_version;           // +0x04
  le64 start_lsn;               // +0x08  where the analysis begins
  le64 open_attributes_lsn;     // +0x10  0: there is no such table
  le64 attribute_names_lsn;     // +0x18
  le64 dirty_pages_lsn;         // +0x20
  le64 transactions_lsn;        // +0x28
  le32 open_attributes_length;  // +0x30
  le32 attribute_names_length;  // +0x34
  le32 dirty_pages_length;      // +0x38
  le32 transactions_length;     // +0x3c
};
static_assert(OnDisk<Checkpoint> && sizeof(Checkpoint) == 0x40);

// A table within a record's data.  Entries are named by their offset from here.
struct TableHeader {
  le16 entry_size;             // +0x00
  le16 entry_count;            // +0x02
  le16 allocated_count;        // +0x04
  std::array<le16, 3> unused;  // +0x06
  le32 free_goal;              // +0x0c
  le32 first_free;             // +0x10
  le32 last_free;              // +0x14
};
static_assert(OnDisk<TableHeader> && sizeof(TableHeader) == 0x18);

// What an allocated entry of any table begins with.
inline constexpr std::uint32_t kEntryInUse = 0xffffffff;

struct OpenAttributeEntry {
  le32 in_use;      // +0x00
  le32 block_size;  // +0x04  of $INDEX_ALLOCATION; else 0
  le32 type;        // +0x08
  le32 unused;      // +0x0c
  le64 file;        // +0x10  a Reference, packed
  le64 open_lsn;    // +0x18
  le64 pointer;     // +0x20  in the memory of a machine that is gone
};
static_assert(OnDisk<OpenAttributeEntry> && sizeof(OpenAttributeEntry) == 0x28);

// `lcn_count` LCNs follow; 0 for a cluster that isn't there.
struct DirtyPageEntry {
  le32 in_use;      // +0x00
  le32 target;      // +0x04
  le32 length;      // +0x08
  le32 lcn_count;   // +0x0c
  le64 vcn;         // +0x10
  le64 oldest_lsn;  // +0x18  before which the page on the disk is sound
};
static_assert(OnDisk<DirtyPageEntry> && sizeof(DirtyPageEntry) == 0x20);

}  // namespace drydock::ntfs
