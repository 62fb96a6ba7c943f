#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/apply.h"
#include "ntfs/record/file_record.h"
#include "ntfs/logfile/format.h"
#include "ntfs/logfile/resize_attribute.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// Before the IndexHeader in $INDEX_ROOT: type, collation, block size.
constexpr std::uint32_t kRootPrefix = 16;
// A $FILE_NAME repeats times and sizes after its parent's reference.
constexpr std::size_t kNameCopies = 8;
constexpr std::size_t kNameCopiesSize = 0x38;

// An index within a block, all offsets from the block's start.
struct Index {
  std::size_t header = 0;  // of its IndexHeader
  std::size_t begin = 0;   // of the first entry
  std::size_t end = 0;     // after the last
  std::size_t limit = 0;   // to which it may grow
};

struct EntryPlace {
  std::size_t offset = 0;
  std::size_t length = 0;
  IndexEntry entry;
};

Error does_not_fit(std::string_view what, std::size_t size, std::size_t offset) {
  return Error(Errc::corrupt, fmt::format("{} of {} bytes at {} doesn't fit the index",
                                          what, size, offset));
}

// Of the index whose header is at `at`, within the first `size` bytes.
Result<Index> index_at(Bytes block, std::size_t at, std::size_t size) {
  auto header = load<IndexHeader>(block.first(size), at);
  if (!header || header->entries_offset < sizeof(IndexHeader) ||
      header->entries_offset > header->used_size ||
      header->used_size > header->allocated_size ||
      header->allocated_size > size - at) {
    return Error(Errc::corrupt, fmt::format("an index's sizes at {} can't be", at));
  }
  return Index{.header = at,
               .begin = at + header->entries_offset,
               .end = at + header->used_size,
               .limit = at + header->allocated_size};
}

// The entry that begins at `offset`: a walk from the first must come by it.
Result<EntryPlace> entry_at(Bytes block, const Index& index, std::size_t offset) {
  for (std::size_t at = index.begin; at <= offset;) {
    auto entry = load<IndexEntry>(block.first(index.end), at);
    std::size_t length = entry ? std::size_t{entry->length} : 0;
    if (length < sizeof(IndexEntry) || length % 8 != 0 || length > index.end - at)
      break;
    if (at == offset) return EntryPlace{at, length, *entry};
    at += length;
  }
  return Error(Errc::corrupt, fmt::format("no index entry begins at {}", offset));
}

// The bytes of an entry that is to be added.
Done check_new_entry(Bytes bytes) {
  auto entry = load<IndexEntry>(bytes);
  if (!entry || entry->length != bytes.size() || bytes.size() % 8 != 0 ||
      (entry->flags & kEntryIsLast) != 0) {
    return does_not_fit("an entry", bytes.size(), 0);
  }
  return {};
}

void set_sizes(MutableBytes block, const Index& index, std::size_t end,
               std::size_t limit) {
  auto header = *load<IndexHeader>(block, index.header);
  header.used_size = static_cast<std::uint32_t>(end - index.header);
  header.allocated_size = static_cast<std::uint32_t>(limit - index.header);
  static_cast<void>(store(block, index.header, header));
}

Done write_name_copies(MutableBytes block, const EntryPlace& place, Bytes bytes) {
  if (bytes.size() != kNameCopiesSize ||
      place.length < sizeof(IndexEntry) + kNameCopies + kNameCopiesSize) {
    return does_not_fit("a name's copies", bytes.size(), place.offset);
  }
  std::ranges::copy(bytes,
                    block.begin() + place.offset + sizeof(IndexEntry) + kNameCopies);
  return {};
}

// An $INDEX_ROOT in a file record, and the index in it.
struct Root {
  AttributePlace place;
  ResidentAttribute attribute;
  Index index;
};

Result<Root> root_at(Bytes block, std::uint32_t offset) {
  auto place = TRY(attribute_at(block, offset));
  auto attribute = load<ResidentAttribute>(block, place.offset);
  if (place.type != kIndexRootType || !attribute || attribute->header.nonresident ||
      !checked::within(attribute->value_offset, attribute->value_length,
                       place.length)) {
    return Error(Errc::corrupt, fmt::format("no index root is at {}", offset));
  }
  std::size_t value = place.offset + attribute->value_offset;
  auto index =
      TRY(index_at(block, value + kRootPrefix, value + attribute->value_length));
  return Root{place, *attribute, index};
}

Result<Index> block_index(Bytes block) {
  return index_at(block, offsetof(IndexBlockHeader, index), block.size());
}

// Where an attribute's index changes by some bytes: the record too.
Done resize_root(MutableBytes block, const Root& root, std::size_t value_length) {
  TRY(resize_attribute(block, root.place, root.attribute.value_offset + value_length));
  auto attribute = *load<ResidentAttribute>(block, root.place.offset);
  attribute.value_length = static_cast<std::uint32_t>(value_length);
  static_cast<void>(store(block, root.place.offset, attribute));
  return {};
}

}  // namespace

Done add_index_entry_root(MutableBytes block, const Change& change) {
  TRY(check_new_entry(change.bytes));
  auto root = TRY(root_at(block, change.record_offset));
  std::size_t size = change.bytes.size();
  auto place =
      TRY(entry_at(block, root.index, root.place.offset + change.attribute_offset));
  TRY(resize_root(block, root, root.attribute.value_length + size));
  std::copy_backward(block.begin() + place.offset, block.begin() + root.index.end,
                     block.begin() + root.index.end + size);
  std::ranges::copy(change.bytes, block.begin() + place.offset);
  set_sizes(block, root.index, root.index.end + size, root.index.limit + size);
  return {};
}

Done delete_index_entry_root(MutableBytes block, const Change& change) {
  auto root = TRY(root_at(block, change.record_offset));
  auto place =
      TRY(entry_at(block, root.index, root.place.offset + change.attribute_offset));
  if ((place.entry.flags & kEntryIsLast) != 0) {
    return does_not_fit("the end", place.length, place.offset);
  }
  std::copy(block.begin() + place.offset + place.length, block.begin() + root.index.end,
            block.begin() + place.offset);
  set_sizes(block, root.index, root.index.end - place.length,
            root.index.limit - place.length);
  return resize_root(block, root, root.attribute.value_length - place.length);
}

Done update_file_name_root(MutableBytes block, const Change& change) {
  auto root = TRY(root_at(block, change.record_offset));
  auto place =
      TRY(entry_at(block, root.index, root.place.offset + change.attribute_offset));
  return write_name_copies(block, place, change.bytes);
}

Done update_record_data_root(MutableBytes block, const Change& change) {
  auto root = TRY(root_at(block, change.record_offset));
  auto place =
      TRY(entry_at(block, root.index, root.place.offset + change.attribute_offset));
  if (place.entry.data_offset < sizeof(IndexEntry) ||
      !checked::within(place.entry.data_offset, change.bytes.size(), place.length)) {
    return does_not_fit("an entry's data", change.bytes.size(), place.offset);
  }
  std::ranges::copy(change.bytes,
                    block.begin() + place.offset + place.entry.data_offset);
  return {};
}

Done add_index_entry_allocation(MutableBytes block, const Change& change) {
  TRY(check_new_entry(change.bytes));
  auto index = TRY(block_index(block));
  auto place = TRY(entry_at(block, index, change.attribute_offset));
  std::size_t size = change.bytes.size();
  if (size > index.limit - index.end) {
    return does_not_fit("an entry", size, place.offset);
  }
  std::copy_backward(block.begin() + place.offset, block.begin() + index.end,
                     block.begin() + index.end + size);
  std::ranges::copy(change.bytes, block.begin() + place.offset);
  set_sizes(block, index, index.end + size, index.limit);
  return {};
}

Done delete_index_entry_allocation(MutableBytes block, const Change& change) {
  auto index = TRY(block_index(block));
  auto place = TRY(entry_at(block, index, change.attribute_offset));
  if ((place.entry.flags & kEntryIsLast) != 0) {
    return does_not_fit("the end", place.length, place.offset);
  }
  std::copy(block.begin() + place.offset + place.length, block.begin() + index.end,
            block.begin() + place.offset);
  set_sizes(block, index, index.end - place.length, index.limit);
  return {};
}

Done update_file_name_allocation(MutableBytes block, const Change& change) {
  auto index = TRY(block_index(block));
  auto place = TRY(entry_at(block, index, change.attribute_offset));
  return write_name_copies(block, place, change.bytes);
}

}  // namespace drydock::ntfs
