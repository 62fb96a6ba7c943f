#include "ntfs/logfile/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ntfs/logfile/apply.h"

namespace drydock::ntfs {

namespace {

// As Linux and ntfs-3g name them, by code.
constexpr auto kNames = std::to_array<std::string_view>({
    "Noop",
    "CompensationLogRecord",
    "InitializeFileRecordSegment",
    "DeallocateFileRecordSegment",
    "WriteEndOfFileRecordSegment",
    "CreateAttribute",
    "DeleteAttribute",
    "UpdateResidentValue",
    "UpdateNonresidentValue",
    "UpdateMappingPairs",
    "DeleteDirtyClusters",
    "SetNewAttributeSizes",
    "AddIndexEntryRoot",
    "DeleteIndexEntryRoot",
    "AddIndexEntryAllocation",
    "DeleteIndexEntryAllocation",
    "WriteEndOfIndexBuffer",
    "SetIndexEntryVcnRoot",
    "SetIndexEntryVcnAllocation",
    "UpdateFileNameRoot",
    "UpdateFileNameAllocation",
    "SetBitsInNonresidentBitMap",
    "ClearBitsInNonresidentBitMap",
    "HotFix",
    "EndTopLevelAction",
    "PrepareTransaction",
    "CommitTransaction",
    "ForgetTransaction",
    "OpenNonresidentAttribute",
    "OpenAttributeTableDump",
    "AttributeNamesDump",
    "DirtyPageTableDump",
    "TransactionTableDump",
    "UpdateRecordDataRoot",
    "UpdateRecordDataAllocation",
    "UpdateRelativeDataIndex",
    "UpdateRelativeDataAllocation",
    "ZeroEndOfFileRecord",
});

using Target = Operation::Target;

// Those that a log of Windows shows.  Keep the README's table in step.
constexpr auto kEnabled = std::to_array<Operation>({
    {kNoop, Target::none, nullptr},
    {kCompensationLogRecord, Target::none, nullptr},
    {kInitializeFileRecordSegment, Target::file_record, initialize_file_record},
    {kDeallocateFileRecordSegment, Target::file_record, deallocate_file_record},
    {0x05, Target::file_record, create_attribute},
    {0x06, Target::file_record, delete_attribute},
    {0x07, Target::file_record, update_resident_value},
    {kUpdateNonresidentValue, Target::bytes, update_nonresident_value},
    {0x09, Target::file_record, update_mapping_pairs},
    {0x0b, Target::file_record, set_new_attribute_sizes},
    {0x0c, Target::file_record, add_index_entry_root},
    {0x0d, Target::file_record, delete_index_entry_root},
    {0x0e, Target::index_block, add_index_entry_allocation},
    {0x0f, Target::index_block, delete_index_entry_allocation},
    {0x13, Target::file_record, update_file_name_root, false},
    {0x14, Target::index_block, update_file_name_allocation, false},
    {0x15, Target::bits, set_bits},
    {0x16, Target::bits, clear_bits},
    {kForgetTransaction, Target::none, nullptr},
    {kOpenNonresidentAttribute, Target::none, nullptr},
    {kOpenAttributeTableDump, Target::none, nullptr},
    {kAttributeNamesDump, Target::none, nullptr},
    {kDirtyPageTableDump, Target::none, nullptr},
    {0x21, Target::file_record, update_record_data_root},
    {0x25, Target::file_record, zero_end_of_file_record},
});

}  // namespace

std::string operation_name(std::uint16_t code) {
  if (code < kNames.size()) return std::string(kNames[code]);
  return fmt::format("operation 0x{:x}", code);
}

const Operation* find_operation(std::uint16_t code) {
  auto found = std::ranges::find(kEnabled, code, &Operation::code);
  return found == kEnabled.end() ? nullptr : found;
}

Result<Operation> enabled_operation(std::uint16_t code) {
  const Operation* operation = find_operation(code);
  if (operation == nullptr) {
    return Error(Errc::unsupported, fmt::format("{} isn't an operation that we replay",
                                                operation_name(code)));
  }
  return *operation;
}

}  // namespace drydock::ntfs
