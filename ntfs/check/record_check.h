// The check of one file record: itself, its attributes and where their clusters
// are, its attribute list, and where it is a base record, its indexes.

#pragma once

#include "ntfs/check/survey.h"

namespace drydock::ntfs {

// Of record `number`, whose bytes as they lie are `raw`: its fixups are taken off.
void check_record(Survey& survey, std::uint64_t number, MutableBytes raw);

// Of the list of the file whose base record is `base`: its entries, and that it
// tells of all that is in the records that it names.
void check_attribute_list(Survey& survey, Reference file, Bytes base);

// Of the file's indexes, those of names and all others.
void check_indexes(Survey& survey, Reference file, Bytes base);

}  // namespace drydock::ntfs
