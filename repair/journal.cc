#include "repair/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/journal_format.h"
#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

constexpr JournalState kMarkedStates[format::kMarkCount] = {
    JournalState::complete, JournalState::sealed, JournalState::undoing,
    JournalState::undone};

Error corrupt(std::string words) { return Error(Errc::corrupt, std::move(words)); }

// The mark of `state`, if `front` has it.
Result<std::optional<format::Mark>> find_mark(Bytes front, JournalState state) {
  auto mark = load<format::Mark>(front, format::mark_offset(state));
  if (!mark || is_zero(bytes_of(*mark))) return std::optional<format::Mark>();
  bool sound = mark->signature == format::kMarkSignature &&
               mark->checksum == format::checksum_of(*mark) &&
               mark->state == static_cast<std::uint32_t>(state) &&
               mark->has_data_guid <= 1;
  // One sector isn't torn by a power cut: this one was damaged otherwise, and
  // perhaps when the image had already been written to.
  if (!sound) {
    return corrupt(fmt::format("the mark that says whether it is {} is damaged",
                               to_string(state)));
  }
  return mark;
}

// Whether these marks, one bit each from complete on, can have been made.
bool is_possible(unsigned marks) {
  constexpr unsigned kPossible[] = {0b0000, 0b0001, 0b0011, 0b0111, 0b1111, 0b1001};
  return std::ranges::find(kPossible, marks) != std::end(kPossible);
}

}  // namespace

std::string_view to_string(JournalState state) {
  switch (state) {
    case JournalState::incomplete:
      return "incomplete";
    case JournalState::complete:
      return "complete";
    case JournalState::sealed:
      return "sealed";
    case JournalState::undoing:
      return "undoing";
    case JournalState::undone:
      return "undone";
  }
  return "unknown";
}

bool Journal::is_unfinished() const {
  return state_ == JournalState::complete || state_ == JournalState::undoing;
}

Result<Journal> Journal::open(DevicePtr file) {
  Journal journal;
  std::uint64_t front_size = std::min(file->size(), format::kDescriptionOffset);
  ByteVector front(front_size);
  TRY(file->read(0, front));
  journal.file_ = std::move(file);
  Bytes signature =
      Bytes(front).first(std::min(front.size(), sizeof(format::Signature)));
  if (!is_zero(signature) &&
      !std::ranges::equal(signature,
                          bytes_of(std::string_view(format::kHeadSignature.data(),
                                                    signature.size())))) {
    return corrupt("this is no journal of drydock's");
  }
  TRY(journal.read_marks(front));
  if (journal.state_ == JournalState::incomplete) return journal;
  TRY(journal.read_head(front));
  return journal;
}

Done Journal::read_marks(Bytes front) {
  unsigned marks = 0;
  for (std::size_t i = 0; i < format::kMarkCount; ++i) {
    auto mark = TRY(find_mark(front, kMarkedStates[i]));
    if (!mark) continue;
    if (marks != 0 && mark->journal != head_.id) {
      return corrupt("its marks are of two journals");
    }
    marks |= 1u << i;
    head_.id = mark->journal;
    state_ = kMarkedStates[i];
    data_guid_.reset();
    if (mark->has_data_guid == 1) data_guid_ = mark->data_guid;
  }
  if (is_possible(marks)) return {};
  return corrupt(fmt::format("it is marked {}, but a mark before that is missing",
                             to_string(state_)));
}

// Only of a marked journal, whose body was whole once.
Done Journal::read_head(Bytes front) {
  auto head = load<format::Head>(front);
  if (!head || head->signature != format::kHeadSignature ||
      head->checksum != format::checksum_of(*head)) {
    return corrupt("its head is damaged");
  }
  if (head->version != format::kVersion) {
    return Error(Errc::unsupported,
                 fmt::format("a journal of version {}; this program knows version {}",
                             std::uint32_t{head->version}, format::kVersion));
  }
  if (head->id != head_.id) return corrupt("its marks are of another journal");
  if (head->description_size > kDescriptionSizeMax ||
      head->extent_count > kExtentCountMax || head->changed_size > kChangedSizeMax ||
      head->has_data_guid > 1 || head->number == 0) {
    return corrupt("its head holds numbers that none may hold");
  }
  format::Layout layout =
      format::layout_of(head->description_size, head->extent_count, head->changed_size);
  if (layout.end != file_->size()) {
    return corrupt(fmt::format("it has {} bytes, and its head says {}", file_->size(),
                               layout.end));
  }
  head_.number = head->number;
  head_.time = head->time;
  head_.virtual_size = head->virtual_size;
  if (head->has_data_guid == 1) head_.data_guid = head->data_guid;
  ByteVector description = TRY(read_bytes(*file_, format::kDescriptionOffset,
                                          head->description_size, kDescriptionSizeMax));
  if (crc32c(description) != head->description_checksum) {
    return corrupt("its description is damaged");
  }
  head_.description = as_text(description);
  changed_size_ = head->changed_size;
  return read_table(layout, head->extent_count, head->table_checksum);
}

Done Journal::read_table(const format::Layout& layout, std::uint64_t count,
                         std::uint32_t checksum) {
  ByteVector table =
      TRY(read_bytes(*file_, layout.table_offset, count * sizeof(format::Extent),
                     kExtentCountMax * sizeof(format::Extent)));
  if (crc32c(table) != checksum) return corrupt("its table of extents is damaged");
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = *load<format::Extent>(table, i * sizeof(format::Extent));
    if (entry.length == 0 || entry.length > kExtentSizeMax ||
        entry.length > changed_size_ - sum || entry.offset < end ||
        !checked::within(entry.offset, entry.length, head_.virtual_size)) {
      return corrupt(fmt::format("extent {} of {}, {} bytes at {}, can't be there", i,
                                 count, std::uint32_t{entry.length},
                                 std::uint64_t{entry.offset}));
    }
    extents_.push_back({.offset = entry.offset,
                        .length = entry.length,
                        .before_checksum = entry.before_checksum,
                        .after_checksum = entry.after_checksum,
                        .place = layout.bytes_offset + 2 * sum});
    end = entry.offset + entry.length;
    sum += entry.length;
  }
  if (sum == changed_size_) return {};
  return corrupt(fmt::format("its extents have {} bytes, and its head says {}", sum,
                             changed_size_));
}

Result<Overlay::Change> Journal::read(std::size_t index) const {
  if (index >= extents_.size()) {
    return Error(Errc::bad_argument,
                 fmt::format("extent {} of {} was asked for", index, extents_.size()));
  }
  const Extent& extent = extents_[index];
  Overlay::Change change{.offset = extent.offset,
                         .before = ByteVector(extent.length),
                         .after = ByteVector(extent.length)};
  TRY(file_->read(extent.place, change.before));
  TRY(file_->read(extent.place + extent.length, change.after));
  if (crc32c(change.before) != extent.before_checksum ||
      crc32c(change.after) != extent.after_checksum) {
    return corrupt(fmt::format("the bytes of extent {} are damaged", index));
  }
  return change;
}

}  // namespace drydock::repair
