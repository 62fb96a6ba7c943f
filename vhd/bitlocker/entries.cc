#include "vhd/bitlocker/entries.h"

#include <fmt/format.h>

namespace drydock::bitlocker {

Result<std::vector<Entry>> read_entries(Bytes bytes) {
  std::vector<Entry> entries;
  std::size_t at = 0;
  while (auto header = load<EntryHeader>(bytes, at)) {
    if (header->size == 0) break;  // padding, seen by libbde in Windows 8
    if (header->size < sizeof(EntryHeader) || header->size > bytes.size() - at) {
      return Error(Errc::corrupt,
                   fmt::format("an entry at {:#x} has {} of {} bytes", at,
                               std::uint16_t(header->size), bytes.size() - at));
    }
    entries.push_back({.role = static_cast<Role>(std::uint16_t(header->role)),
                       .type = static_cast<Type>(std::uint16_t(header->type)),
                       .data = bytes.subspan(at + sizeof(EntryHeader),
                                             header->size - sizeof(EntryHeader))});
    at += header->size;
  }
  return entries;
}

const Entry* find(const std::vector<Entry>& entries, Type type) {
  for (const Entry& entry : entries) {
    if (entry.type == type) return &entry;
  }
  return nullptr;
}

}  // namespace drydock::bitlocker
