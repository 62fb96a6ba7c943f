// The operations themselves, one function each; operations.h says what they are
// given.  Each checks the change against what is there before it moves a byte.

#pragma once

#include "ntfs/logfile/operations.h"

namespace drydock::ntfs {

// In a file record.
Done initialize_file_record(MutableBytes block, const Change& change);
Done deallocate_file_record(MutableBytes block, const Change& change);
Done create_attribute(MutableBytes block, const Change& change);
Done delete_attribute(MutableBytes block, const Change& change);
Done update_resident_value(MutableBytes block, const Change& change);
Done update_mapping_pairs(MutableBytes block, const Change& change);
Done set_new_attribute_sizes(MutableBytes block, const Change& change);
Done zero_end_of_file_record(MutableBytes block, const Change& change);

// In an index: the part of it that is in a file record, or a block of its own.
Done add_index_entry_root(MutableBytes block, const Change& change);
Done delete_index_entry_root(MutableBytes block, const Change& change);
Done update_file_name_root(MutableBytes block, const Change& change);
Done update_record_data_root(MutableBytes block, const Change& change);
Done add_index_entry_allocation(MutableBytes block, const Change& change);
Done delete_index_entry_allocation(MutableBytes block, const Change& change);
Done update_file_name_allocation(MutableBytes block, const Change& change);

// Anywhere.
Done update_nonresident_value(MutableBytes block, const Change& change);
Done set_bits(MutableBytes block, const Change& change);
Done clear_bits(MutableBytes block, const Change& change);

}  // namespace drydock::ntfs
