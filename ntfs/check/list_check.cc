#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ntfs/check/record_check.h"
#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

class ListCheck {
 public:
  ListCheck(Survey& survey, Reference file, Bytes base)
      : survey_(survey), file_(file), base_(base) {}

  void run();

 private:
  // A record that the list names, taken apart.
  struct Listed {
    ByteVector bytes;
    std::vector<RecordAttribute> attributes;
    std::size_t listed_count = 0;
    bool sound = false;
  };

  void error(std::string_view rule, std::string what, const ListedAttribute* entry) {
    std::string part = "attribute list";
    if (entry != nullptr) part += fmt::format(", entry at {}", entry->offset);
    survey_.report.error(rule, {.record = file_.record, .part = std::move(part)},
                         std::move(what));
  }
  void check_entry(const ListedAttribute& entry);
  Listed& open(const ListedAttribute& entry);
  void check_record_of(const ListedAttribute& entry, Listed& listed);
  void check_next(const ListedAttribute& entry, const RecordAttribute& piece);
  void check_end();
  void check_all_listed();

  Survey& survey_;
  Reference file_;
  Bytes base_;
  std::map<std::uint64_t, Listed> records_;
  // The attribute whose pieces are being followed.
  const ListedAttribute* first_ = nullptr;
  std::uint64_t allocated_size_ = 0;
  std::uint64_t next_vcn_ = 0;
  bool resident_ = false;
  bool whole_ = true;  // no entry was without its attribute
};

void ListCheck::check_record_of(const ListedAttribute& entry, Listed& listed) {
  std::string what = fmt::format("record {} of sequence {}", entry.record.record,
                                 entry.record.sequence);
  auto record = survey_.table.read(entry.record.record);
  if (!record) return error("list.record", record.error().describe(), &entry);
  auto header = *load<FileRecordHeader>(*record);
  bool is_base = entry.record.record == file_.record;
  if ((header.flags & kRecordInUse) == 0) {
    return error("list.record", what + " isn't in use", &entry);
  }
  if (header.sequence != entry.record.sequence) {
    return error(
        "list.record",
        fmt::format("{} is of sequence {} now", what, std::uint16_t{header.sequence}),
        &entry);
  }
  if (!is_base && header.base != file_.pack()) {
    return error("list.record",
                 fmt::format("{} belongs to record {}", what,
                             Reference::unpack(header.base).record),
                 &entry);
  }
  listed.bytes = std::move(*record);
  auto attributes = decode_attributes(listed.bytes);
  if (!attributes) return;  // Told where that record itself is checked.
  listed.attributes = std::move(*attributes);
  listed.sound = true;
  if (!is_base) survey_.witness.listed(entry.record, file_);
}

ListCheck::Listed& ListCheck::open(const ListedAttribute& entry) {
  auto [found, fresh] = records_.try_emplace(entry.record.record);
  if (fresh) check_record_of(entry, found->second);
  return found->second;
}

void ListCheck::check_entry(const ListedAttribute& entry) {
  if (entry.name_offset != kListNameOffset) {
    error("list.name-offset",
          fmt::format("its name is said to begin at 0x{:x}; newer versions of Windows "
                      "refuse all but 0x{:x}",
                      entry.name_offset, kListNameOffset),
          &entry);
  }
  if (survey_.budget.listed_attributes > 0) --survey_.budget.listed_attributes;
  Listed& listed = open(entry);
  if (!listed.sound) {
    whole_ = false;
    return;
  }
  auto is_meant = [&](const RecordAttribute& one) {
    return one.is(entry.type, entry.name) && one.id == entry.id;
  };
  auto attribute = std::ranges::find_if(listed.attributes, is_meant);
  if (attribute == listed.attributes.end()) {
    whole_ = false;
    return error("list.attribute",
                 fmt::format("record {} has no attribute 0x{:x} of id {}",
                             entry.record.record, entry.type, entry.id),
                 &entry);
  }
  ++listed.listed_count;
  check_next(entry, *attribute);
}

// The pieces of one attribute follow each other, and each goes on where the one
// before it ends.
void ListCheck::check_next(const ListedAttribute& entry, const RecordAttribute& piece) {
  std::uint64_t lowest = piece.resident ? 0 : piece.lowest_vcn;
  if (lowest != entry.lowest_vcn) {
    return error("list.vcn",
                 fmt::format("VCN {} is listed, the piece begins with {}",
                             entry.lowest_vcn, lowest),
                 &entry);
  }
  if (lowest == 0) {
    check_end();
    first_ = &entry;
    resident_ = piece.resident;
    allocated_size_ = piece.allocated_size;
  } else if (first_ == nullptr || first_->type != entry.type ||
             first_->name != entry.name || lowest != next_vcn_) {
    error("list.vcn",
          fmt::format("a piece begins with VCN {}, the one before it ends at {}",
                      lowest, first_ == nullptr ? 0 : next_vcn_),
          &entry);
  }
  next_vcn_ = piece.next_vcn;
}

void ListCheck::check_end() {
  if (first_ == nullptr || resident_ || !whole_) return;
  auto mapped = checked::mul(next_vcn_, survey_.table.boot().cluster_size);
  if (mapped == allocated_size_) return;
  error("attribute.sizes",
        fmt::format("{} bytes of attribute 0x{:x} are allocated, and its mapping ends "
                    "with cluster {}",
                    allocated_size_, first_->type, next_vcn_),
        first_);
}

// A record that is listed has no attribute that isn't.
void ListCheck::check_all_listed() {
  for (const auto& [number, listed] : records_) {
    if (!listed.sound) continue;
    auto is_list = [](const RecordAttribute& one) {
      return one.type() == kAttributeListType;
    };
    std::size_t count = listed.attributes.size();
    if (std::ranges::any_of(listed.attributes, is_list)) --count;
    if (listed.listed_count == count) continue;
    error("list.attribute",
          fmt::format("{} attributes of record {} are listed, and it has {}",
                      listed.listed_count, number, count),
          nullptr);
  }
}

void ListCheck::run() {
  if (survey_.budget.listed_attributes == 0) {
    return survey_.report.unchecked(
        "attribute lists tell of more attributes than $MFT can hold; the rest wasn't "
        "followed");
  }
  auto entries = survey_.table.list_of(base_);
  if (!entries) return error("list.entry", entries.error().describe(), nullptr);
  for (const ListedAttribute& entry : *entries) check_entry(entry);
  check_end();
  if (whole_) check_all_listed();
}

}  // namespace

void check_attribute_list(Survey& survey, Reference file, Bytes base) {
  ListCheck(survey, file, base).run();
}

}  // namespace drydock::ntfs
