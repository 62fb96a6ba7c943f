#include "ntfs/check/survey.h"

#include "ntfs/record/layout.h"
#include "ntfs/record/name.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// Deeper than any path that Windows can name: 32767 units, two for each folder.
constexpr int kDepthMax = 16 << 10;
// Of the words; a longer path is told by its end.
constexpr std::size_t kPathSizeMax = 2048;

// Takes the better of the names in `record`: the long one where there are two.
void take_name(Bytes record, std::optional<RecordName>& best) {
  auto attributes = decode_attributes(record);
  if (!attributes) return;
  for (const RecordAttribute& attribute : *attributes) {
    if (attribute.type() != kFileNameType) continue;
    auto name = decode_name(attribute.value);
    if (name && (!best || best->space == kDosName)) best = *std::move(name);
  }
}

std::optional<RecordName> name_of(const FileTable& table, std::uint64_t number) {
  auto record = table.read(number);
  if (!record || (load<FileRecordHeader>(*record)->flags & kRecordInUse) == 0) {
    return std::nullopt;
  }
  std::optional<RecordName> best;
  take_name(*record, best);
  auto entries = table.list_of(*record);
  if (best || !entries) return best;
  for (const ListedAttribute& entry : *entries) {
    if (entry.type != kFileNameType) continue;
    auto other = table.read(entry.record.record);
    if (other) take_name(*other, best);
  }
  return best;
}

}  // namespace

WalkBudget::WalkBudget(const FileTable& table)
    // An index block is of 512 bytes or more, and no cluster is in two.
    : index_blocks(table.boot().volume_size / 512),
      // No two entries tell of one attribute, of which each has 24 bytes or more.
      listed_attributes(table.record_count() * (table.boot().record_size / 24)) {}

std::string path_of(const FileTable& table, std::uint64_t number) {
  if (number == kRootRecord) return "\\";
  std::string path;
  for (int depth = 0; depth < kDepthMax && number != kRootRecord; ++depth) {
    auto name = name_of(table, number);
    if (!name) return path.empty() ? "" : "..." + path;
    path = "\\" + to_utf8(name->name) + path;
    if (path.size() > kPathSizeMax) return "..." + path;
    number = name->directory.record;
  }
  return path;
}

}  // namespace drydock::ntfs
