// One change that the log describes: how to make it again, how to take it back,
// and where.

#pragma once

#include <cstdint>
#include <vector>

#include "ntfs/logfile/log_reader.h"

namespace drydock::ntfs {

struct Action {
  std::uint64_t lsn = 0;
  std::uint16_t redo = 0;  // operations; operations.h
  std::uint16_t undo = 0;
  ByteVector redo_bytes;
  ByteVector undo_bytes;
  std::uint16_t target = 0;  // entry of the open-attribute table
  std::uint64_t vcn = 0;
  std::vector<std::uint64_t> lcns;  // from that VCN on
  std::uint64_t offset = 0;         // in bytes, from the first LCN's start
  std::uint64_t block_size = 0;     // of a file record or index block; else 0
  std::uint16_t record_offset = 0;  // in bytes
  std::uint16_t attribute_offset = 0;
};

// corrupt where the record's parts aren't all within it.
Result<Action> decode_action(const LogRecord& record);

}  // namespace drydock::ntfs
