// What a log's actions can be, and which of them we make.
//
// Only an operation that a log made by Windows shows in the tests is here: the
// README of this folder publishes which log that is.  Everything else is known by
// name alone, and ends a replay.

#pragma once

#include <cstdint>
#include <string>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

inline constexpr std::uint16_t kNoop = 0x00;
inline constexpr std::uint16_t kCompensationLogRecord = 0x01;
inline constexpr std::uint16_t kInitializeFileRecordSegment = 0x02;
inline constexpr std::uint16_t kDeallocateFileRecordSegment = 0x03;
inline constexpr std::uint16_t kUpdateNonresidentValue = 0x08;
inline constexpr std::uint16_t kForgetTransaction = 0x1b;
inline constexpr std::uint16_t kOpenNonresidentAttribute = 0x1c;
inline constexpr std::uint16_t kOpenAttributeTableDump = 0x1d;
inline constexpr std::uint16_t kAttributeNamesDump = 0x1e;
inline constexpr std::uint16_t kDirtyPageTableDump = 0x1f;
inline constexpr std::uint16_t kTransactionTableDump = 0x20;

// "UpdateResidentValue"; "operation 0x2a" where nobody has named it.
std::string operation_name(std::uint16_t code);

// One half of an action, as an operation sees it.
struct Change {
  Bytes bytes;
  std::uint16_t record_offset = 0;     // in bytes, in the block
  std::uint16_t attribute_offset = 0;  // in bytes, from there
  bool same_length = false;            // whether the action's other half is as long
};

// Makes `change` in `block`: a file record or index block whose fixups are off,
// or just the bytes to be changed.  corrupt, and the block is of no use, where
// the change doesn't fit what is there.
using Apply = Done (*)(MutableBytes block, const Change& change);

struct Operation {
  enum class Target : std::uint8_t {
    none,         // it concerns the log itself
    file_record,  // in $MFT
    index_block,  // of an $INDEX_ALLOCATION
    bytes,        // of any other attribute; an index block where it has such
    bits          // of a bitmap
  };
  std::uint16_t code = 0;
  Target target = Target::none;
  Apply apply = nullptr;  // null: nothing is to be made
  // Whether Windows gives the record or block the change's LSN.  It doesn't when
  // it only freshens a name's times and sizes in an index: making that twice does
  // no harm.
  bool stamps = true;
};

// Nothing for one that isn't enabled.
const Operation* find_operation(std::uint16_t code);

// As find_operation(); unsupported, naming the operation, where it isn't enabled.
Result<Operation> enabled_operation(std::uint16_t code);

}  // namespace drydock::ntfs
