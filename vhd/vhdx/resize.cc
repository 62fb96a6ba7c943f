#include "vhd/vhdx/resize.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/structure_edits.h"

namespace drydock::vhdx {

namespace {

// How much of a table is copied at once.
constexpr std::uint64_t kCopySize = kMiB;

// What of the last block is past the disk's end may hold anything.
Done zero_past_end(BlockDevice& file, const Blocks& blocks) {
  std::uint64_t block_size = blocks.bat.block_size();
  std::uint64_t within = blocks.virtual_size % block_size;
  auto place = blocks.bat.place_of(blocks.bat.block_count() - 1);
  if (within == 0 || !place) return {};
  // A fixed file may end with the disk.
  std::uint64_t end = *place + block_size;
  if (file.size() < end) TRY(file.resize(*checked::align_up(end, kAlignment)));
  return file.zero(*place + within, block_size - within);
}

// What lies in the table's region past its end may be anything, too, and is about to
// be believed.
Done clear_past_end(BlockDevice& file, const Region& region, Blocks& blocks,
                    Writer& writer, std::uint64_t entry_count) {
  std::uint64_t begin = region.offset + blocks.bat.entry_count() * sizeof(le64);
  std::uint64_t end = region.offset + entry_count * sizeof(le64);
  while (begin < end) {
    StructureEdits edits(file);
    ByteVector now(std::min(kCopySize, end - begin));
    TRY(file.read(begin, now));
    for (std::uint64_t at = 0; at < now.size(); at += kPageSize) {
      std::uint64_t length = std::min<std::uint64_t>(kPageSize, now.size() - at);
      if (is_zero(Bytes(now).subspan(at, length))) continue;
      TRY(edits.put(begin + at, ByteVector(length)));
    }
    if (auto pages = edits.pages(); !pages.empty()) {
      TRY(writer.flush_with(blocks, std::move(pages)));
    }
    begin += now.size();
  }
  return {};
}

// A longer table, where nothing points at it yet.
Result<Region> copy_table(BlockDevice& file, const Region& old, const Blocks& blocks,
                          Writer& writer, std::uint64_t entry_count) {
  Region table{.id = old.id, .offset = 0, .length = 0};
  table.length = *checked::align_up(entry_count * sizeof(le64), kAlignment);
  table.offset = TRY(writer.find_space(blocks, table.length));
  TRY(file.zero(table.offset, table.length));
  std::uint64_t length = blocks.bat.entry_count() * sizeof(le64);
  for (std::uint64_t at = 0; at < length;) {
    Extent extent = TRY(file.extent(old.offset + at));
    std::uint64_t part = std::min({extent.length, length - at, kCopySize});
    if (!extent.zero) {
      ByteVector bytes = TRY(read_bytes(file, old.offset + at, part, kCopySize));
      TRY(file.write(table.offset + at, bytes));
    }
    at += part;
  }
  return table;
}

Done grow(BlockDevice& file, const Container& container, Blocks& blocks, Writer& writer,
          std::uint64_t size) {
  const Region& old = container.regions.bat;
  std::uint64_t entry_count = blocks.bat.entry_count_for(size);
  TRY(zero_past_end(file, blocks));
  StructureEdits edits(file);
  if (entry_count * sizeof(le64) <= old.length) {
    TRY(clear_past_end(file, old, blocks, writer, entry_count));
  } else {
    Region table = TRY(copy_table(file, old, blocks, writer, entry_count));
    blocks.bat.set_structures_end(
        std::max(blocks.bat.structures_end(), table.offset + table.length));
    TRY(edits.put_bat_region(table));
  }
  TRY(edits.put_virtual_size(container.regions.metadata, size));
  return writer.flush_with(blocks, edits.pages());
}

Done shrink(BlockDevice& file, const Container& container, Blocks& blocks,
            Writer& writer, std::uint64_t size) {
  blocks.bat.drop_from(checked::div_up(size, blocks.bat.block_size()));
  StructureEdits edits(file);
  TRY(edits.put_virtual_size(container.regions.metadata, size));
  return writer.flush_with(blocks, edits.pages());
}

// Where the parent's disk goes on past the child's old end, it isn't to be seen.
Done hide_parent(Blocks& blocks, Writer& writer, std::uint64_t old_size,
                 std::uint64_t size) {
  if (!blocks.parent || blocks.parent->size() <= old_size) return {};
  std::uint64_t end = std::min(size, blocks.parent->size());
  TRY(writer.zero(blocks, old_size, end - old_size));
  return writer.flush(blocks);
}

}  // namespace

Done resize(const std::shared_ptr<BlockDevice>& file, Blocks& blocks, Writer& writer,
            std::uint64_t size) {
  if (size == 0 || size > kDiskSizeMax || size % blocks.sector_size != 0) {
    return Error(
        Errc::bad_argument,
        fmt::format("a disk of {} bytes isn't whole sectors of {} up to 64 TiB", size,
                    blocks.sector_size));
  }
  TRY(writer.begin(Writer::Change::data));
  TRY(writer.flush(blocks));
  Container container = TRY(read_container(file));
  std::uint64_t old_size = blocks.virtual_size;
  bool grows = size > old_size;
  TRY(grows ? grow(*file, container, blocks, writer, size)
            : shrink(*file, container, blocks, writer, size));
  writer.forget_space();
  blocks = TRY(read_blocks(TRY(read_container(file)), blocks.parent));
  return grows ? hide_parent(blocks, writer, old_size, size) : Done();
}

}  // namespace drydock::vhdx
