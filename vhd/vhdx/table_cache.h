// Pages of a large block allocation table that were read lately.
//
// A page has one slot where it can be kept, and shares that with others: the last
// one to come has it.  So memory is bounded whatever the table's size, and nobody
// waits for anybody: who finds a slot in use by another thread reads the table
// itself.
//
// Threads: all members may be called by many at once.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

inline constexpr std::uint64_t kBatEntriesPerPage = kPageSize / sizeof(le64);
using BatPage = std::array<le64, kBatEntriesPerPage>;

class TableCache {
 public:
  // 16 MiB: what 2 TiB of a disk have in blocks of 1 MiB, and 64 TiB in blocks of 32.
  static constexpr std::uint64_t kSlotCount = 4096;

  TableCache() = default;
  ~TableCache();

  // The entry, if its page is here.
  std::optional<std::uint64_t> find(std::uint64_t index) const;

  void keep(std::uint64_t number, const BatPage& page);

 private:
  // What is read while `version` is even, and is the same before and after, belongs
  // together.  Entries are stored and loaded so that whoever sees a new one sees the
  // version that came before it.
  struct Slot {
    std::atomic<std::uint64_t> version = 0;  // odd while a page comes in
    std::atomic<std::uint64_t> number = ~std::uint64_t{0};
    std::array<std::atomic<std::uint64_t>, kBatEntriesPerPage> entries = {};
  };
  Slot& slot(std::uint64_t number);

  std::array<std::atomic<Slot*>, kSlotCount> slots_ = {};  // come, and never go
};

}  // namespace drydock::vhdx
