// A walk over an index of NTFS, in its own order: the root in the record first, and
// each block below where it belongs.
//
// An index from a stranger may lead in circles, or a thousand levels down: each
// block is entered once, and the depth is bounded.

#pragma once

#include <functional>
#include <string>

#include "ntfs/check/survey.h"

namespace drydock::ntfs {

// What an index has beside its root.
struct IndexParts {
  std::uint64_t record = 0;  // whose index it is
  std::string name;          // "index $I30", for the words
  ByteVector root;           // $INDEX_ROOT's value
  std::optional<AttributeData> blocks;
  ByteVector bitmap;  // of the blocks; empty where there are none
};

struct IndexHooks {
  // Each entry but the end marks: its bytes, and its key within them.
  std::function<void(Bytes entry, Bytes key)> visit;
  // Whether `key` may follow `before`; empty: any order will do.
  std::function<bool(Bytes before, Bytes key)> in_order;
};

// Finds the parts of the index `name` of the file whose base record is `base`;
// corrupt where they can't be told.
Result<IndexParts> find_index(const FileTable& table, std::uint64_t number, Bytes base,
                              std::u16string_view name);

// Reports what it meets to `survey`, and goes on behind it where it can.
void walk_index(Survey& survey, const IndexParts& parts, const IndexHooks& hooks);

}  // namespace drydock::ntfs
