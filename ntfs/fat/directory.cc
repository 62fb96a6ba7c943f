#include "ntfs/fat/directory.h"

#include <fmt/format.h>

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
    } else if (expected_ == 0 || ordinal != expected_ || slot.checksum != checksum_) {
      return forget();
    }
    name_.insert(0, utf16le(slot.name_1) + utf16le(slot.name_2) + utf16le(slot.name_3));
    expected_ = ordinal - 1;
    whole_ = expected_ == 0;
  }

  void forget() {
    name_.clear();
    expected_ = 0;
    whole_ = false;
  }

  // The item of the short slot at `index`, with what was gathered if that is
  // the slot's own.
  Item finish(const ShortSlot& slot, std::uint32_t index) {
    Item item{.name = {}, .slot = slot, .first = index, .last = index};
    if (whole_ && checksum_ == checksum(slot.name)) {
      name_.resize(std::min(name_.find(u'\0'), name_.size()));
      item.first = first_;
      if (is_usable(name_) && name_.size() <= kNameLengthMax) item.name = name_;
    }
    if (item.name.empty()) item.name = decode(slot.name, slot.case_flags);
    forget();
    return item;
  }

 private:
  std::u16string name_;
  std::uint32_t first_ = 0;
  std::uint32_t expected_ = 0;  // the ordinal of the next slot
  std::uint8_t checksum_ = 0;
  bool whole_ = false;
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
  if (chain.empty()) {
    return Error(Errc::corrupt, "a directory has no clusters at all");
  }
  return Directory(clusters, std::move(chain));
}

std::uint32_t Directory::slot_count() const {
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

Done Directory::visit(const Visit& visit) const {
  LongNameReader long_name;
  for (std::uint32_t i = 0; i < slot_count(); ++i) {
    ShortSlot slot = TRY(this->slot(i));
    if (slot.name[0] == kSlotEnd) break;
    if (slot.name[0] == kSlotFree) {
      long_name.forget();
    } else if (is_long(slot)) {
      long_name.take(as_long(slot), i);
    } else {
      Item item = long_name.finish(slot, i);
      bool listed = (slot.attributes & kVolumeLabel) == 0 && slot.name != kSelf &&
                    slot.name != kParent;
      if (listed && !visit(item)) break;
    }
  }
  return {};
}

Result<std::optional<Item>> Directory::find(std::u16string_view name) const {
  std::optional<Item> found;
  TRY(visit([&](const Item& item) {
    if (same_name(item.name, name) || same_name(decode(item.slot.name, 0), name)) {
      found = item;
    }
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
  for (std::uint32_t i = 0; i < slot_count(); ++i) {
    ShortSlot slot = TRY(this->slot(i));
    if (slot.name[0] == kSlotEnd) break;
    if (slot.name[0] == kSlotFree || is_long(slot)) continue;
    if ((slot.attributes & kVolumeLabel) != 0) return std::optional(slot.name);
  }
  return std::optional<ShortName>();
}

Result<ShortName> Directory::choose_alias(std::u16string_view name) const {
  // Both names of every file: an alias mustn't find another file's long name.
  std::set<std::u16string> taken;
  TRY(visit([&](const Item& item) {
    taken.insert(fold(item.name));
    taken.insert(fold(decode(item.slot.name, 0)));
    return true;
  }));
  return make_alias(name, [&](const ShortName& alias) {
    return taken.contains(fold(decode(alias, 0)));
  });
}

Done Directory::grow() {
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
  std::uint32_t i = 0;
  for (; i < slot_count(); ++i) {
    ShortSlot slot = TRY(this->slot(i));
    if (slot.name[0] == kSlotEnd) break;
    free = slot.name[0] == kSlotFree ? free + 1 : 0;
    if (free == count) return i + 1 - count;
  }
  std::uint32_t first = i - free;
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
