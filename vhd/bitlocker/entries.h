// The entries that BitLocker's metadata is made of, and startup keys' files.

#pragma once

#include <optional>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"
#include "vhd/bitlocker/format.h"

namespace drydock::bitlocker {

struct Entry {
  Role role{};
  Type type{};
  Bytes data;  // a view of what it was read from
};

// All entries that `bytes` hold, one after the other, up to its end or to a size of
// zero.  corrupt where one is smaller than its own header or runs past the end.
Result<std::vector<Entry>> read_entries(Bytes bytes);

// The first of that type; nullptr where there is none.
const Entry* find(const std::vector<Entry>& entries, Type type);

// A header of type T at the start of an entry's data, and what follows it.  corrupt
// where the entry is too short.
template <OnDisk T>
Result<T> head_of(const Entry& entry) {
  auto head = load<T>(entry.data);
  if (head) return *head;
  return Error(Errc::corrupt, "an entry ends within its own header");
}
template <OnDisk T>
Bytes after(const Entry& entry) {
  return entry.data.subspan(sizeof(T));  // head_of() has checked the size
}

}  // namespace drydock::bitlocker
