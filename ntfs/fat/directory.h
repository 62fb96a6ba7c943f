// A directory: a chain of 32-byte slots in which files have their names.
//
// A file's entry is one short slot, after the slots of its long name if it has
// one.  Long slots that don't belong to the short one behind them -- left over
// by something that knew no long names -- are passed over.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ntfs/fat/clusters.h"
#include "ntfs/fat/names.h"

namespace drydock::fat {

// One file's entry in a directory.
struct Item {
  std::u16string name;  // the long one, else the short one
  ShortSlot slot;
  std::uint32_t first = 0;  // slot of the entry, counted from the directory's start
  std::uint32_t last = 0;   // the short one's; inclusive
};

class Directory {
 public:
  // Borrows `clusters`, which must outlive it.  0 is the root of FAT12 and FAT16.
  // corrupt where the chain can't be believed.
  static Result<Directory> open(Clusters& clusters, std::uint32_t first_cluster);

  std::uint32_t first_cluster() const { return chain_.first(); }

  // Calls `visit` for each file, "." and ".." and the volume label left out,
  // until it returns false.
  using Visit = std::function<bool(const Item&)>;
  Done visit(const Visit& visit) const;

  // By either of its names.
  Result<std::optional<Item>> find(std::u16string_view name) const;

  Result<bool> empty() const;

  // The volume's label, if this is the root and it has one.
  Result<std::optional<ShortName>> label() const;

  // Adds an entry with `slot` for all but its name.  The name is one that
  // check_name() allows and find() doesn't find.  Where there's no room the
  // directory grows; no_space where it can't.
  Result<Item> insert(std::u16string_view name, ShortSlot slot);

  Done erase(const Item& item);

  Result<ShortSlot> slot(std::uint32_t index) const;
  Done set_slot(std::uint32_t index, const ShortSlot& slot);

  // Makes the first cluster of a new directory: zeros, "." and "..".
  // `parent` is 0 for the root.
  static Done format(Clusters& clusters, const Chain& chain, ShortSlot slot,
                     std::uint32_t parent);

 private:
  Directory(Clusters& clusters, Chain chain)
      : clusters_(&clusters), chain_(std::move(chain)) {}

  std::uint32_t slot_count() const;
  // Shows each slot with its index to `see`, up to the end marker or until it
  // returns false; the index where that was.
  template <class See>
  Result<std::uint32_t> scan(const See& see) const;
  Result<std::uint32_t> find_room(std::uint32_t count);
  Result<ShortName> choose_alias(std::u16string_view name) const;
  Done grow();

  Clusters* clusters_;
  Chain chain_;
};

}  // namespace drydock::fat
