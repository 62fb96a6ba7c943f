// Journal::open() on anything.  An odd first byte has all checksums put right
// first, so that what lies behind them is met too.

#include <cstdlib>

#include "repair/journal.h"
#include "repair/journal_format.h"
#include "vhd/base/checked.h"
#include "vhd/memory_device.h"

namespace drydock::repair {
namespace {

constexpr std::uint64_t kFileSizeMax = 1 << 20;

void demand(bool truth) {
  if (!truth) std::abort();
}

template <class Sector>
void sign(ByteVector& file, std::uint64_t offset) {
  auto sector = load<Sector>(file, offset);
  if (!sector || is_zero(bytes_of(*sector))) return;
  sector->checksum = format::checksum_of(*sector);
  demand(store(file, offset, *sector));
}

// Of as many extents as there is room for.
void sign_extents(ByteVector& file, const format::Head& head,
                  const format::Layout& layout) {
  std::uint64_t place = layout.bytes_offset;
  for (std::uint64_t i = 0; i < head.extent_count; ++i) {
    std::uint64_t at = layout.table_offset + i * sizeof(format::Extent);
    auto extent = load<format::Extent>(file, at);
    if (!extent ||
        !checked::within(place, 2 * std::uint64_t{extent->length}, file.size())) {
      return;
    }
    Bytes bytes = Bytes(file).subspan(place, 2 * extent->length);
    extent->before_checksum = crc32c(bytes.first(extent->length));
    extent->after_checksum = crc32c(bytes.subspan(extent->length));
    demand(store(file, at, *extent));
    place += 2 * std::uint64_t{extent->length};
  }
}

void sign_all(ByteVector& file) {
  auto head = load<format::Head>(file);
  if (!head || head->description_size > kDescriptionSizeMax ||
      head->extent_count > kExtentCountMax || head->changed_size > kChangedSizeMax) {
    return;
  }
  format::Layout layout =
      format::layout_of(head->description_size, head->extent_count, head->changed_size);
  if (layout.end > kFileSizeMax) return;
  file.resize(layout.end);
  sign_extents(file, *head, layout);
  Bytes bytes = file;
  head->description_checksum =
      crc32c(bytes.subspan(format::kDescriptionOffset, head->description_size));
  head->table_checksum = crc32c(
      bytes.subspan(layout.table_offset, head->extent_count * sizeof(format::Extent)));
  demand(store(file, 0, *head));
  sign<format::Head>(file, 0);
  for (std::uint64_t i = 1; i <= format::kMarkCount; ++i) {
    sign<format::Mark>(file, i * format::kPartSize);
  }
}

// What settle() relies on.
void check(const Journal& journal) {
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    auto change = journal.read(i);
    if (!change) {
      demand(change.error().code() == Errc::corrupt);
      return;
    }
    demand(!change->after.empty() && change->before.size() == change->after.size());
    demand(change->offset >= end);
    demand(checked::within(change->offset, change->after.size(),
                           journal.head().virtual_size));
    end = change->offset + change->after.size();
    sum += change->after.size();
  }
  demand(sum == journal.changed_size());
}

void run(ByteVector file, bool sound) {
  if (sound) sign_all(file);
  auto device = std::make_shared<MemoryDevice>(std::move(file));
  auto journal = Journal::open(device);
  if (!journal) return;
  check(*journal);
  // Its next state is read back as such, if there is one.
  auto next = static_cast<JournalState>(static_cast<int>(journal->state()) + 1);
  if (!journal->advance(next, std::nullopt)) return;
  auto again = Journal::open(device);
  demand(again && again->state() == next);
}

}  // namespace
}  // namespace drydock::repair

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > drydock::repair::kFileSizeMax) return 0;
  auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  drydock::repair::run({bytes.begin(), bytes.end()}, data[0] % 2 == 1);
  return 0;
}
