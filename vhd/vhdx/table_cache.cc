#include "vhd/vhdx/table_cache.h"

#include <memory>

namespace drydock::vhdx {

TableCache::~TableCache() {
  for (auto& slot : slots_) std::unique_ptr<Slot>(slot.load()).reset();
}

std::optional<std::uint64_t> TableCache::find(std::uint64_t index) const {
  std::uint64_t number = index / kBatEntriesPerPage;
  const Slot* slot = slots_[number % kSlotCount].load(std::memory_order_acquire);
  if (slot == nullptr) return std::nullopt;
  std::uint64_t version = slot->version.load(std::memory_order_acquire);
  bool here =
      version % 2 == 0 && slot->number.load(std::memory_order_acquire) == number;
  if (!here) return std::nullopt;
  std::uint64_t entry =
      slot->entries[index % kBatEntriesPerPage].load(std::memory_order_acquire);
  if (slot->version.load(std::memory_order_relaxed) != version) return std::nullopt;
  return entry;
}

TableCache::Slot& TableCache::slot(std::uint64_t number) {
  std::atomic<Slot*>& place = slots_[number % kSlotCount];
  Slot* slot = place.load(std::memory_order_acquire);
  if (slot != nullptr) return *slot;
  auto made = std::make_unique<Slot>();
  if (place.compare_exchange_strong(slot, made.get(), std::memory_order_acq_rel)) {
    return *made.release();
  }
  return *slot;  // Another thread was quicker.
}

void TableCache::keep(std::uint64_t number, const BatPage& page) {
  Slot& slot = this->slot(number);
  std::uint64_t version = slot.version.load(std::memory_order_relaxed);
  bool ours = version % 2 == 0 && slot.version.compare_exchange_strong(
                                      version, version + 1, std::memory_order_acq_rel);
  if (!ours) return;  // Another thread's page comes in.
  slot.number.store(number, std::memory_order_release);
  for (std::uint64_t i = 0; i < kBatEntriesPerPage; ++i) {
    slot.entries[i].store(page[i], std::memory_order_release);
  }
  slot.version.store(version + 2, std::memory_order_release);
}

}  // namespace drydock::vhdx
