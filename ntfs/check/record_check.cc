#include "ntfs/check/record_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"
#include "ntfs/record/name.h"
#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

class RecordCheck {
 public:
  RecordCheck(Survey& survey, std::uint64_t number, MutableBytes record)
      : survey_(survey), number_(number), record_(record) {}

  void run();

 private:
  void error(std::string_view rule, std::string what, std::string part = {}) {
    survey_.report.error(rule, {.record = number_, .part = std::move(part)},
                         std::move(what));
  }
  void warning(std::string_view rule, std::string what, std::string part = {}) {
    survey_.report.warning(rule, {.record = number_, .part = std::move(part)},
                           std::move(what));
  }

  std::optional<bool> marked() const;
  bool check_itself();
  void check_header();
  void check_attributes();
  void check_attribute(const RecordAttribute& attribute);
  void check_name(const RecordAttribute& attribute);
  void check_information(const RecordAttribute& attribute);
  void check_clusters(const RecordAttribute& attribute);
  void check_sizes(const RecordAttribute& attribute);
  void check_whole();

  Survey& survey_;
  std::uint64_t number_;
  MutableBytes record_;
  FileRecordHeader header_ = {};
  Reference self_;
  Reference file_;  // whose record this is: self_ of a base record
  bool has_list_ = false;
  bool has_information_ = false;
  bool has_names_index_ = false;
  bool whole_ = true;  // every attribute could be taken apart
};

// What $MFT's bitmap says of it; nothing where that isn't known.
std::optional<bool> RecordCheck::marked() const {
  const auto& bitmap = survey_.facts.record_bitmap;
  if (!bitmap || number_ / 8 >= bitmap->size()) return std::nullopt;
  return (std::to_integer<unsigned>((*bitmap)[number_ / 8]) >> number_ % 8 & 1) != 0;
}

// Whether it is a record that is in use, and can be looked into.
bool RecordCheck::check_itself() {
  header_ = *load<FileRecordHeader>(record_);
  bool named = as_text(Bytes(record_).first(header_.magic.size())) == "FILE";
  bool in_use = named && (header_.flags & kRecordInUse) != 0;
  // Windows marks the records that it reserves for itself, and uses few of them.
  bool reserved = number_ < kFirstUserRecord;
  if (marked() == true && !in_use && !reserved) {
    if (!named) {
      error("record.mark", "$MFT's bitmap says that it is in use, and it is no record");
    } else {
      warning("record.unused",
              "$MFT's bitmap says that it is in use, and it says that it isn't");
    }
  }
  if (!in_use) return false;
  if (marked() == false) {
    error("record.bitmap", "it is in use, and $MFT's bitmap says that it is free");
  }
  if (!take_fixups(record_)) {
    error("record.torn", "its sectors aren't of one write");
    return false;
  }
  header_ = *load<FileRecordHeader>(record_);
  if (!check_file_record(record_)) {
    error("record.header",
          fmt::format("{} bytes used, attributes from {} on: this "
                      "can't be in a record of {}",
                      std::uint32_t{header_.used_size},
                      std::uint16_t{header_.attributes_offset}, record_.size()));
    return false;
  }
  return true;
}

void RecordCheck::check_header() {
  if (header_.allocated_size != record_.size()) {
    error("record.header",
          fmt::format("it says that it has {} bytes, and has {}",
                      std::uint32_t{header_.allocated_size}, record_.size()));
  }
  if (header_.fixup_offset >= kRecordNumberOffset + sizeof(le32)) {
    std::uint32_t number = *load<le32>(record_, kRecordNumberOffset);
    if (number != static_cast<std::uint32_t>(number_)) {
      error("record.number", fmt::format("it says that it is record {}", number));
    }
  }
  self_ = {.record = number_, .sequence = header_.sequence};
  file_ = header_.base == 0 ? self_ : Reference::unpack(header_.base);
  if (header_.base == 0) {
    survey_.witness.links(self_, header_.link_count);
  } else {
    survey_.witness.extension(self_, file_);
    if (file_.record >= survey_.table.record_count()) {
      error("record.base", fmt::format("it belongs to record {} of an $MFT of {}",
                                       file_.record, survey_.table.record_count()));
    }
  }
}

void RecordCheck::check_attributes() {
  auto places = attribute_places(record_);
  if (!places) {
    whole_ = false;
    return error("record.attributes", places.error().describe());
  }
  std::uint32_t before = 0;
  for (const AttributePlace& place : *places) {
    auto attribute = decode_attribute(record_, place);
    if (!attribute) {
      whole_ = false;
      error("attribute.bounds", attribute.error().describe(),
            fmt::format("attribute 0x{:x} at {}", place.type, place.offset));
      continue;
    }
    if (place.type < before || place.type % 0x10 != 0 || place.type == 0) {
      error("record.order", fmt::format("it comes after an attribute 0x{:x}", before),
            describe(*attribute));
    }
    before = place.type;
    check_attribute(*attribute);
  }
}

void RecordCheck::check_attribute(const RecordAttribute& attribute) {
  switch (attribute.type()) {
    case kStandardInformationType:
      has_information_ = true;
      check_information(attribute);
      break;
    case kAttributeListType:
      has_list_ = true;
      break;
    case kFileNameType:
      check_name(attribute);
      break;
    case kIndexRootType:
      has_names_index_ |= attribute.name == u"$I30";
      break;
    default:
      break;
  }
  if (!attribute.resident) check_clusters(attribute);
}

void RecordCheck::check_name(const RecordAttribute& attribute) {
  if (!attribute.resident) {
    return error("names.name", "it isn't in its record", describe(attribute));
  }
  auto name = decode_name(attribute.value);
  if (!name) {
    return error("names.name", name.error().describe(), describe(attribute));
  }
  survey_.witness.name(file_, name->directory, name->name);
}

void RecordCheck::check_information(const RecordAttribute& attribute) {
  auto information = load<StandardInformation>(attribute.value);
  const auto& ids = survey_.facts.security_ids;
  if (!information || !ids || information->security_id == 0) return;
  std::uint32_t id = information->security_id;
  if (std::ranges::binary_search(*ids, id)) return;
  error("secure.id", fmt::format("it has security id {}, which $Secure doesn't", id));
}

void RecordCheck::check_clusters(const RecordAttribute& attribute) {
  auto runs = runs_of(attribute, survey_.table.cluster_count());
  if (!runs) {
    return error("attribute.runs", runs.error().describe(), describe(attribute));
  }
  for (const Run& run : *runs) {
    if (run.lcn != kHole) survey_.witness.clusters(number_, attribute, run);
  }
  if (attribute.lowest_vcn == 0) check_sizes(attribute);
}

void RecordCheck::check_sizes(const RecordAttribute& attribute) {
  if (attribute.valid_size > attribute.data_size ||
      attribute.data_size > attribute.allocated_size) {
    error("attribute.sizes",
          fmt::format("{} bytes valid of {} in {} allocated", attribute.valid_size,
                      attribute.data_size, attribute.allocated_size),
          describe(attribute));
  }
  if (has_list_ || header_.base != 0) return;  // There may be other pieces.
  auto mapped = checked::mul(attribute.next_vcn, survey_.table.boot().cluster_size);
  if (mapped == attribute.allocated_size) return;
  error("attribute.sizes",
        fmt::format("{} bytes are allocated, and its mapping ends with cluster {}",
                    attribute.allocated_size, attribute.next_vcn),
        describe(attribute));
}

// What only a base record has to have.
void RecordCheck::check_whole() {
  bool directory = (header_.flags & kRecordIsDirectory) != 0;
  ++(directory ? survey_.counts.directories : survey_.counts.files);
  if (!whole_) return;
  if (!has_information_) {
    error("record.information", "it has no $STANDARD_INFORMATION");
  }
  if (has_list_) {
    check_attribute_list(survey_, self_, record_);
  } else if (directory != has_names_index_) {
    error("record.directory", directory
                                  ? "it is a directory without an index of names"
                                  : "it has an index of names and is no directory");
  }
  if (header_.link_count == 0 && number_ >= kFirstUserRecord) {
    warning("names.none", "it is in use and has no name: nobody can open it");
  }
  check_indexes(survey_, self_, record_);
}

void RecordCheck::run() {
  if (!check_itself()) return;
  check_header();
  check_attributes();
  if (header_.base == 0) check_whole();
}

}  // namespace

void check_record(Survey& survey, std::uint64_t number, MutableBytes raw) {
  RecordCheck(survey, number, raw).run();
}

}  // namespace drydock::ntfs
