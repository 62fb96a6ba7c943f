#include "ntfs/fat/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "ntfs/file.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::fat {

namespace {

constexpr std::uint32_t kSlotSize = sizeof(ShortSlot);

constexpr ShortName kSelf{'.', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
constexpr ShortName kParent{'.', '.', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};

// Slots are read in pieces of this size.
constexpr std::uint32_t kReadSize = 4096;

bool is_long(const ShortSlot& slot) {
  return (slot.attributes & kLongNameMask) == kLongName;
}

LongSlot as_long(const ShortSlot& slot) { return *load<LongSlot>(bytes_of(slot)); }

// Gathers the slots of a long name as they come by, last part first.
class LongNameReader {
 public:
  // Takes the slot at `index`; what doesn't continue the name starts it anew.
  void take(const LongSlot& slot, std::uint32_t index) {
    std::uint32_t ordinal = slot.ordinal & ~unsigned(kLastLongSlot);
    if ((slot.ordinal & kLastLongSlot) != 0) {
      forget();
      if (ordinal == 0 || ordinal > kLongSlotMax) return;
      first_ = index;
      checksum_ = slot.checksum;
      length_ = ordinal * kLettersPerSlot;
    } else if (expected_ == 0 || ordinal != expected_ || slot.checksum != checksum_) {
      return forget();
    }
    le16* letter = &letters_[(ordinal - 1) * kLettersPerSlot];
    std::memcpy(letter, slot.name_1.data(), slot.name_1.size());
    std::memcpy(letter + 5, slot.name_2.data(), slot.name_2.size());
    std::memcpy(letter + 11, slot.name_3.data(), slot.name_3.size());
    expected_ = ordinal - 1;
  }

  void forget() {
    expected_ = 0;
    length_ = 0;
  }

  // The item of the short slot at `index`, with what was gathered if that is
  // the slot's own.
  Item finish(const ShortSlot& slot, std::uint32_t index) {
    Item item{.name = {}, .slot = slot, .first = index, .last = index};
    if (length_ > 0 && expected_ == 0 && checksum_ == checksum(slot.name)) {
      auto end = std::find(letters_.begin(), letters_.begin() + length_, 0);
      item.name.assign(letters_.begin(), end);
      item.first = first_;
      if (!is_usable(item.name)) item.name.clear();
    }
    if (item.name.empty()) item.name = decode(slot.name, slot.case_flags);
    forget();
    return item;
  }

 private:
  std::array<le16, kLongSlotMax * kLettersPerSlot> letters_;
  std::uint32_t length_ = 0;    // 0: there's no long name
  std::uint32_t expected_ = 0;  // the ordinal of the next slot
  std::uint32_t first_ = 0;
  std::uint8_t checksum_ = 0;
};

LongSlot make_long(std::u16string_view name, std::uint32_t ordinal, std::uint8_t sum) {
  std::size_t start = (ordinal - 1) * kLettersPerSlot;
  std::u16string part(name.substr(start, kLettersPerSlot));
  bool last = start + kLettersPerSlot >= name.size();
  // Page 28: a NUL if there is room for it, then all ones.
  if (part.size() < kLettersPerSlot) part += u'\0';
  part.resize(kLettersPerSlot, u'\xFFFF');
  ByteVector bytes = utf16le_bytes(part);
  LongSlot slot{};
  slot.ordinal = static_cast<std::uint8_t>(ordinal | (last ? kLastLongSlot : 0u));
  slot.attributes = kLongName;
  slot.checksum = sum;
  std::copy_n(bytes.begin(), 10, slot.name_1.begin());
  std::copy_n(bytes.begin() + 10, 12, slot.name_2.begin());
  std::copy_n(bytes.begin() + 22, 4, slot.name_3.begin());
  return slot;
}

}  // namespace

Result<Directory> Directory::open(Clusters& clusters, std::uint32_t first_cluster) {
  std::uint32_t count_max = clusters.count_for(kDirectorySizeMax);
  Chain chain = TRY(clusters.chain(first_cluster, count_max));
  if (chain.empty() && clusters.geometry().root_size == 0) {
    return Error(Errc::corrupt, "a directory has no clusters at all");
  }
  return Directory(clusters, std::move(chain));
}

std::uint32_t Directory::slot_count() const {
  if (chain_.empty()) return clusters_->geometry().root_size / kSlotSize;
  std::uint64_t size =
      std::uint64_t(chain_.count()) * clusters_->geometry().cluster_size;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(size, kDirectorySizeMax) /
                                    kSlotSize);
}

Result<ShortSlot> Directory::slot(std::uint32_t index) const {
  ShortSlot slot;
  TRY(clusters_->read_structure(chain_, std::uint64_t(index) * kSlotSize,
                                std::as_writable_bytes(std::span(&slot, 1))));
  return slot;
}

Done Directory::set_slot(std::uint32_t index, const ShortSlot& slot) {
  return clusters_->write_structure(chain_, std::uint64_t(index) * kSlotSize,
                                    bytes_of(slot));
}

template <class See>
Result<std::uint32_t> Directory::scan(const See& see) const {
  ByteVector bytes;
  for (std::uint32_t first = 0; first < slot_count(); first += kReadSize / kSlotSize) {
    bytes.resize(std::min(kReadSize, (slot_count() - first) * kSlotSize));
    std::uint64_t offset = std::uint64_t(first) * kSlotSize;
    TRY(clusters_->read_structure(chain_, offset, bytes));
    for (std::uint32_t i = 0; i < bytes.size() / kSlotSize; ++i) {
      ShortSlot slot = *load<ShortSlot>(bytes, std::size_t(i) * kSlotSize);
      if (slot.name[0] == kSlotEnd || !see(slot, first + i)) return first + i;
    }
  }
  return slot_count();
}

Done Directory::visit(const Visit& visit) const {
  LongNameReader long_name;
  TRY(scan([&](const ShortSlot& slot, std::uint32_t index) {
    if (slot.name[0] == kSlotFree) {
      long_name.forget();
      return true;
    }
    if (is_long(slot)) {
      long_name.take(as_long(slot), index);
      return true;
    }
    Item item = long_name.finish(slot, index);
    bool listed = (slot.attributes & kVolumeLabel) == 0 && slot.name != kSelf &&
                  slot.name != kParent;
    return !listed || visit(item);
  }));
  return {};
}

Result<std::optional<Item>> Directory::find(std::u16string_view name) const {
  std::optional<Item> found;
  std::optional<ShortName> form = short_form(name);
  TRY(visit([&](const Item& item) {
    if (item.slot.name == form || same_name(item.name, name)) found = item;
    return !found;
  }));
  return found;
}

Result<bool> Directory::empty() const {
  bool empty = true;
  TRY(visit([&](const Item&) { return empty = false; }));
  return empty;
}

Result<std::optional<ShortName>> Directory::label() const {
  std::optional<ShortName> label;
  TRY(scan([&](const ShortSlot& slot, std::uint32_t) {
    bool is_label = slot.name[0] != kSlotFree && !is_long(slot) &&
                    (slot.attributes & kVolumeLabel) != 0;
    if (is_label) label = slot.name;
    return !is_label;
  }));
  return label;
}

Result<ShortName> Directory::choose_alias(std::u16string_view name) const {
  // An alias mustn't be another file's long name either.
  std::set<ShortName> taken;
  TRY(visit([&](const Item& item) {
    taken.insert(item.slot.name);
    if (auto form = short_form(item.name)) taken.insert(*form);
    return true;
  }));
  return make_alias(name,
                    [&](const ShortName& alias) { return taken.contains(alias); });
}

Done Directory::grow() {
  if (chain_.empty()) {
    return Error(
        Errc::no_space,
        fmt::format("the root of this volume holds {} slots, and these are in use",
                    slot_count()));
  }
  std::uint32_t per_cluster = clusters_->geometry().cluster_size / kSlotSize;
  if (slot_count() + per_cluster > kDirectorySizeMax / kSlotSize) {
    return Error(Errc::no_space,
                 fmt::format("a directory holds {} slots at most, and these are in use",
                             slot_count()));
  }
  TRY(clusters_->extend(chain_, 1));
  ByteVector zeros(clusters_->geometry().cluster_size);
  std::uint64_t size = std::uint64_t(chain_.count()) * zeros.size();
  return clusters_->write_structure(chain_, size - zeros.size(), zeros);
}

// The first of `count` free slots in a row, of which those from the directory's
// end marker on are zero.
Result<std::uint32_t> Directory::find_room(std::uint32_t count) {
  std::uint32_t free = 0;
  std::uint32_t end = TRY(scan([&](const ShortSlot& slot, std::uint32_t) {
    free = slot.name[0] == kSlotFree ? free + 1 : 0;
    return free < count;
  }));
  if (free == count) return end + 1 - count;
  std::uint32_t first = end - free;
  while (slot_count() < first + count) TRY(grow());
  // Whatever lies behind the end marker isn't to come to life: the marker moves
  // behind the new entry.
  if (first + count < slot_count()) TRY(set_slot(first + count, ShortSlot{}));
  return first;
}

Result<Item> Directory::insert(std::u16string_view name, ShortSlot slot) {
  std::uint32_t long_count = 0;
  if (auto plain = plain_short_name(name)) {
    slot.name = *plain;
  } else {
    slot.name = TRY(choose_alias(name));
    long_count =
        static_cast<std::uint32_t>(checked::div_up(name.size(), kLettersPerSlot));
  }
  slot.case_flags = 0;
  std::uint32_t first = TRY(find_room(long_count + 1));
  std::uint32_t last = first + long_count;
  for (std::uint32_t i = 0; i < long_count; ++i) {
    LongSlot part = make_long(name, long_count - i, checksum(slot.name));
    TRY(set_slot(first + i, *load<ShortSlot>(bytes_of(part))));
  }
  TRY(set_slot(last, slot));
  return Item{.name = std::u16string(name), .slot = slot, .first = first, .last = last};
}

Done Directory::erase(const Item& item) {
  for (std::uint32_t i = item.first; i <= item.last; ++i) {
    ShortSlot slot = TRY(this->slot(i));
    slot.name[0] = kSlotFree;
    TRY(set_slot(i, slot));
  }
  return {};
}

Done Directory::format(Clusters& clusters, const Chain& chain, ShortSlot slot,
                       std::uint32_t parent) {
  ByteVector zeros(clusters.geometry().cluster_size);
  TRY(clusters.write_structure(chain, 0, zeros));
  slot.name = kSelf;
  slot.case_flags = 0;
  slot.set_cluster(chain.first());
  TRY(clusters.write_structure(chain, 0, bytes_of(slot)));
  slot.name = kParent;
  slot.set_cluster(parent);
  return clusters.write_structure(chain, kSlotSize, bytes_of(slot));
}

}  // namespace drydock::fat
