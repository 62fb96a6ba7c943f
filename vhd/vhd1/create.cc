#include "vhd/vhd1/create.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhd1/container.h"
#include "vhd/vhd1/fixed_image.h"
#include "vhd/vhd1/parent_names.h"
#include "vhd/vhd1/space.h"
#include "vhd/vhd1/sparse_image.h"

namespace drydock::vhd1 {

namespace {

constexpr std::uint32_t kBlockSizeUsual = 2 << 20;
constexpr std::uint64_t kAzureUnit = 1 << 20;
// Of each structure, so that none shares a sector of 4096 bytes with another.
constexpr std::uint64_t kAlignment = 4096;
constexpr std::uint64_t kHeaderOffset = kFooterSize;  // As all writers have it.
// How much of a table is written at once.
constexpr std::uint64_t kPieceSize = 64 * 1024;

// From 1970 to 2000, in seconds: timestamps count from there.
constexpr std::int64_t kSecondsTo2000 = 946'684'800;

Result<std::uint32_t> footer_kind(const CreateOptions& options) {
  bool differencing = options.kind == ImageKind::differencing;
  if (differencing != (options.parent != nullptr)) {
    return Error(Errc::bad_argument, differencing
                                         ? "a differencing image is made of a parent"
                                         : "only a differencing image has a parent");
  }
  if (differencing && options.parent->facts().format != ImageFormat::vhd) {
    return Error(Errc::bad_argument, "the parent of a VHD is a VHD");
  }
  if (options.azure && options.kind != ImageKind::fixed) {
    return Error(Errc::bad_argument, "Azure takes fixed VHDs only");
  }
  if (options.kind == ImageKind::fixed) return kFixed;
  if (options.kind == ImageKind::dynamic) return kDynamic;
  if (differencing) return kDifferencing;
  return Error(Errc::unsupported, "a VHD is fixed, dynamic or differencing");
}

Result<std::uint64_t> size_of_disk(const CreateOptions& options) {
  std::uint64_t size = options.virtual_size;
  if (size == 0 && options.parent) size = options.parent->size();
  if (size == 0 || size % kSectorSize != 0 || size > kDiskSizeMax) {
    return Error(
        Errc::bad_argument,
        fmt::format("a VHD can't have {} bytes: multiples of {} up to {} can be", size,
                    kSectorSize, kDiskSizeMax));
  }
  if (options.azure && size % kAzureUnit != 0) {
    return Error(
        Errc::bad_argument,
        fmt::format("{} bytes aren't whole MiB, and Azure takes no others", size));
  }
  if (options.logical_sector_size.value_or(kSectorSize) != kSectorSize) {
    return Error(Errc::bad_argument,
                 fmt::format("the sectors of a VHD have {} bytes", kSectorSize));
  }
  return size;
}

Result<std::uint32_t> size_of_blocks(const CreateOptions& options) {
  std::uint32_t size = options.block_size.value_or(kBlockSizeUsual);
  if (options.kind == ImageKind::fixed && options.block_size) {
    return Error(Errc::bad_argument, "a fixed VHD has no blocks");
  }
  if (std::has_single_bit(size) && size >= kBlockSizeMin && size <= kBlockSizeMax) {
    return size;
  }
  return Error(Errc::bad_argument,
               fmt::format("blocks of {} bytes; powers of two from {} to {} can be",
                           size, kBlockSizeMin, kBlockSizeMax));
}

Result<Footer> make_footer(const CreateOptions& options) {
  Footer footer{};
  footer.kind = TRY(footer_kind(options));
  std::uint64_t size = TRY(size_of_disk(options));
  std::ranges::copy(std::string_view("conectix"), footer.cookie.begin());
  footer.features = 2;
  footer.version = kVersion;
  footer.header_offset = options.kind == ImageKind::fixed ? kNoOffset : kHeaderOffset;
  if (options.made_at > kSecondsTo2000) {
    footer.timestamp = static_cast<std::uint32_t>(options.made_at - kSecondsTo2000);
  }
  // The maker by whom all readers, and Azure, take the disk's size in bytes.
  footer.creator = {'w', 'i', 'n', ' '};
  footer.creator_version = 0x000A0000;
  footer.host = {'W', 'i', '2', 'k'};
  footer.original_size = size;
  set_disk_size(footer, size);
  footer.id = TRY(options.make_guid ? options.make_guid() : random_guid()).bytes;
  seal(footer);
  return footer;
}

std::uint32_t timestamp_of(const Image& image) {
  if (auto* fixed = dynamic_cast<const FixedImage*>(&image)) return fixed->timestamp();
  if (auto* sparse = dynamic_cast<const SparseImage*>(&image)) {
    return sparse->timestamp();
  }
  return 0;
}

DynamicHeader make_header(const Footer& footer, std::uint32_t block_size) {
  DynamicHeader header{};
  std::ranges::copy(std::string_view("cxsparse"), header.cookie.begin());
  header.next = kNoOffset;
  header.version = kVersion;
  header.entry_count =
      static_cast<std::uint32_t>(checked::div_up(footer.current_size, block_size));
  header.block_size = block_size;
  return header;
}

// What the paths need, each with room for a longer one, from `offset` on; returns where
// they end.
std::uint64_t place_paths(DynamicHeader& header, const std::vector<ParentPath>& paths,
                          std::uint64_t offset) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::uint64_t space = *checked::align_up(paths[i].bytes.size(), kAlignment);
    header.locators[i] = {.code = paths[i].code,
                          .space = static_cast<std::uint32_t>(space),
                          .length = static_cast<std::uint32_t>(paths[i].bytes.size()),
                          .reserved = 0,
                          .offset = offset};
    offset += space;
  }
  return offset;
}

Done write_empty_table(BlockDevice& file, std::uint64_t offset, std::uint64_t end) {
  ByteVector none(kPieceSize, std::byte{0xFF});
  while (offset < end) {
    std::uint64_t length = std::min(kPieceSize, end - offset);
    TRY(file.write(offset, Bytes(none).first(length)));
    offset += length;
  }
  return {};
}

Done create_sparse(BlockDevice& file, const CreateOptions& options,
                   const Footer& footer) {
  DynamicHeader header = make_header(footer, TRY(size_of_blocks(options)));
  std::vector<ParentPath> paths;
  if (options.parent) {
    ParentNames names = TRY(parent_names(options.parent_link));
    header.parent_id = options.parent->facts().link_id->bytes;
    header.parent_timestamp = timestamp_of(*options.parent);
    header.parent_name = names.name;
    paths = std::move(names.paths);
  }
  header.table_offset = place_paths(header, paths, kAlignment);
  seal(header);
  std::uint64_t table_size = std::uint64_t{header.entry_count} * sizeof(be32);
  std::uint64_t end = *checked::align_up(header.table_offset + table_size, kAlignment);
  std::uint64_t tail = best_footer_place(end);

  TRY(file.resize(tail + kFooterSize));
  TRY(file.write(kHeaderOffset, bytes_of(header)));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    TRY(file.write(header.locators[i].offset, paths[i].bytes));
  }
  TRY(write_empty_table(file, header.table_offset, end));
  TRY(file.flush());
  TRY(file.write(0, bytes_of(footer)));
  TRY(file.write(tail, bytes_of(footer)));
  return file.flush();
}

}  // namespace

Done create(BlockDevice& file, const CreateOptions& options) {
  Footer footer = TRY(make_footer(options));
  TRY(size_of_blocks(options));
  if (options.kind != ImageKind::fixed) return create_sparse(file, options, footer);
  std::uint64_t size = footer.current_size;
  TRY(file.resize(size + kFooterSize));
  TRY(file.write(size, bytes_of(footer)));
  return file.flush();
}

}  // namespace drydock::vhd1
