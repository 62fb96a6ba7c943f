#include "vhd/vhdx/create.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/vhdx/checksum.h"
#include "vhd/vhdx/format.h"
#include "vhd/vhdx/parent_locator.h"

namespace drydock::vhdx {

namespace {

// Where Windows puts them, and as large as it makes them.
constexpr std::uint64_t kLogOffset = 1 * kMiB;
constexpr std::uint32_t kLogLength = 1 * kMiB;
constexpr std::uint64_t kMetadataOffset = 2 * kMiB;
constexpr std::uint32_t kMetadataLength = 1 * kMiB;
constexpr std::uint64_t kBatOffset = 3 * kMiB;

// What New-VHD takes where nothing is said.
constexpr std::uint32_t kBlockSizeDefault = 32 * kMiB;
constexpr std::uint32_t kChildBlockSizeDefault = 2 * kMiB;

// Everything that is decided before a byte is written.
struct Design {
  ImageKind kind = ImageKind::dynamic;
  std::uint64_t virtual_size = 0;
  std::uint32_t block_size = 0;
  std::uint32_t logical_sector_size = 0;
  std::uint32_t physical_sector_size = 0;
  Guid disk_id;
  ByteVector parent_locator;  // of a differencing one

  std::uint64_t block_count() const {
    return checked::div_up(virtual_size, block_size);
  }
  // How many blocks one bitmap entry follows.  [MS-VHDX] 2.5
  std::uint64_t chunk_ratio() const {
    return kSectorsPerBitmap * logical_sector_size / block_size;
  }
  std::uint64_t entry_count() const {
    if (kind == ImageKind::differencing) {
      return checked::div_up(block_count(), chunk_ratio()) * (chunk_ratio() + 1);
    }
    return block_count() + (block_count() - 1) / chunk_ratio();
  }
  // A region's length is a multiple of 1 MiB: 513 MiB for the largest disk.
  std::uint64_t bat_length() const {
    return *checked::align_up(entry_count() * sizeof(le64), kAlignment);
  }
  std::uint64_t blocks_offset() const { return kBatOffset + bat_length(); }
  std::uint64_t file_size() const {
    std::uint64_t blocks =
        kind == ImageKind::fixed ? block_count() * std::uint64_t{block_size} : 0;
    return blocks_offset() + blocks;
  }
};

Done check_sizes(const Design& design) {
  auto is_sector_size = [](std::uint32_t size) { return size == 512 || size == 4096; };
  if (!is_sector_size(design.logical_sector_size) ||
      !is_sector_size(design.physical_sector_size)) {
    return Error(Errc::bad_argument,
                 fmt::format("sectors of {} and {} bytes; both can be 512 or 4096",
                             design.logical_sector_size, design.physical_sector_size));
  }
  if (!std::has_single_bit(design.block_size) || design.block_size < kBlockSizeMin ||
      design.block_size > kBlockSizeMax) {
    return Error(Errc::bad_argument,
                 fmt::format("blocks of {} bytes; a power of two from 1 MiB to 256 MiB "
                             "it can be",
                             design.block_size));
  }
  if (design.virtual_size == 0 || design.virtual_size > kDiskSizeMax ||
      design.virtual_size % design.logical_sector_size != 0) {
    return Error(Errc::bad_argument,
                 fmt::format("a disk of {} bytes; a VHDX holds whole sectors of {}, up "
                             "to 64 TiB",
                             design.virtual_size, design.logical_sector_size));
  }
  return {};
}

// A child's disk is its parent's: the same sectors, the same identity.
Done take_from_parent(Design& design, const CreateOptions& options) {
  if (options.parent == nullptr) {
    return Error(Errc::bad_argument, "a differencing image needs a parent");
  }
  ImageFacts parent = options.parent->facts();
  if (parent.format != ImageFormat::vhdx || !parent.link_id) {
    return Error(Errc::bad_argument,
                 fmt::format("the parent of a VHDX is a VHDX, and this is a {} image",
                             to_string(parent.format)));
  }
  if (options.logical_sector_size.value_or(parent.logical_sector_size) !=
      parent.logical_sector_size) {
    return Error(
        Errc::bad_argument,
        fmt::format("the parent's sectors have {} bytes, and so have a child's",
                    parent.logical_sector_size));
  }
  design.logical_sector_size = parent.logical_sector_size;
  design.physical_sector_size =
      options.physical_sector_size.value_or(parent.physical_sector_size.value_or(4096));
  if (design.virtual_size == 0) design.virtual_size = parent.virtual_size;
  if (design.virtual_size < parent.virtual_size) {
    return Error(Errc::bad_argument,
                 fmt::format("a disk of {} bytes would cut off its parent's {}",
                             design.virtual_size, parent.virtual_size));
  }
  if (parent.disk_id) design.disk_id = *parent.disk_id;
  ParentLink link = options.parent_link;
  link.link_id = *parent.link_id;
  design.parent_locator = TRY(make_parent_locator(link));
  return {};
}

Result<Design> make_design(const CreateOptions& options, const MakeGuid& make_guid) {
  if (options.kind == ImageKind::raw) {
    return Error(Errc::bad_argument, "a VHDX is fixed, dynamic or differencing");
  }
  bool child = options.kind == ImageKind::differencing;
  Design design;
  design.kind = options.kind;
  design.virtual_size = options.virtual_size;
  design.block_size =
      options.block_size.value_or(child ? kChildBlockSizeDefault : kBlockSizeDefault);
  design.logical_sector_size = options.logical_sector_size.value_or(512);
  design.physical_sector_size = options.physical_sector_size.value_or(4096);
  design.disk_id = TRY(make_guid());
  if (child) TRY(take_from_parent(design, options));
  TRY(check_sizes(design));
  return design;
}

Done write_creator(BlockDevice& file, std::string_view creator) {
  ByteVector text = utf16le_bytes(*to_utf16(creator));
  return file.write(offsetof(FileIdentifier, creator), text);
}

Done write_headers(BlockDevice& file, const MakeGuid& make_guid) {
  Header header{};
  header.signature = kHeaderSignature;
  header.file_write_guid = TRY(make_guid());
  header.data_write_guid = TRY(make_guid());
  header.log_version = kLogVersion;
  header.version = kVersion;
  header.log_length = kLogLength;
  header.log_offset = kLogOffset;
  for (std::size_t i = 0; i < kHeaderOffsets.size(); ++i) {
    ByteVector page(kHeaderSize);
    header.sequence_number = i + 1;
    header.checksum = 0;
    static_cast<void>(store(page, 0, header));
    header.checksum = checksum_of(page);
    static_cast<void>(store(page, 0, header));
    TRY(file.write(kHeaderOffsets[i], page));
  }
  return {};
}

Done write_region_tables(BlockDevice& file, const Design& design) {
  ByteVector table(kRegionTableSize);
  RegionTableHeader header{};
  header.signature = kRegionSignature;
  header.entry_count = 2;
  RegionTableEntry bat{.id = kBatRegion,
                       .file_offset = kBatOffset,
                       .length = static_cast<std::uint32_t>(design.bat_length()),
                       .required = 1};
  RegionTableEntry metadata{.id = kMetadataRegion,
                            .file_offset = kMetadataOffset,
                            .length = kMetadataLength,
                            .required = 1};
  static_cast<void>(store(table, sizeof(header), bat));
  static_cast<void>(store(table, sizeof(header) + sizeof(bat), metadata));
  static_cast<void>(store(table, 0, header));
  header.checksum = checksum_of(table);
  static_cast<void>(store(table, 0, header));
  for (std::uint64_t offset : kRegionTableOffsets) TRY(file.write(offset, table));
  return {};
}

// The metadata region from its start: the table, and the items after it.
class MetadataRegion {
 public:
  void add(const Guid& id, std::uint32_t flags, Bytes item) {
    MetadataTableEntry entry{.id = id,
                             .offset = static_cast<std::uint32_t>(bytes_.size()),
                             .length = static_cast<std::uint32_t>(item.size()),
                             .flags = flags | kMetadataRequired,
                             .reserved2 = 0};
    std::size_t place = sizeof(MetadataTableHeader) + count_ * sizeof(entry);
    static_cast<void>(store(bytes_, place, entry));
    bytes_.insert(bytes_.end(), item.begin(), item.end());
    ++count_;
  }
  Bytes bytes() {
    MetadataTableHeader header{};
    header.signature = kMetadataSignature;
    header.entry_count = count_;
    static_cast<void>(store(bytes_, 0, header));
    return bytes_;
  }

 private:
  ByteVector bytes_ = ByteVector(kMetadataTableSize);
  std::uint16_t count_ = 0;
};

// Which items tell of the disk, and not of the file: [MS-VHDX] 2.6.2.
Done write_metadata(BlockDevice& file, const Design& design) {
  FileParameters parameters{.block_size = design.block_size, .flags = 0};
  if (design.kind == ImageKind::fixed) parameters.flags = kLeaveBlocksAllocated;
  if (design.kind == ImageKind::differencing) parameters.flags = kHasParent;
  MetadataRegion region;
  region.add(kFileParameters, 0, bytes_of(parameters));
  region.add(kVirtualDiskSize, kMetadataVirtualDisk,
             bytes_of(le64(design.virtual_size)));
  region.add(kVirtualDiskId, kMetadataVirtualDisk, bytes_of(design.disk_id));
  region.add(kLogicalSectorSize, kMetadataVirtualDisk,
             bytes_of(le32(design.logical_sector_size)));
  region.add(kPhysicalSectorSize, kMetadataVirtualDisk,
             bytes_of(le32(design.physical_sector_size)));
  if (!design.parent_locator.empty()) {
    region.add(kParentLocator, 0, design.parent_locator);
  }
  return file.write(kMetadataOffset, region.bytes());
}

// Of a fixed file: every block at its place, one after the other.  The table of
// any other is zeros, which are there already.
Done write_bat(BlockDevice& file, const Design& design) {
  if (design.kind != ImageKind::fixed) return {};
  constexpr std::uint64_t kPieceCount = kMiB / sizeof(le64);
  std::vector<le64> piece;
  std::uint64_t offset = design.blocks_offset();
  for (std::uint64_t first = 0; first < design.entry_count(); first += kPieceCount) {
    piece.clear();
    std::uint64_t end = std::min(first + kPieceCount, design.entry_count());
    for (std::uint64_t index = first; index < end; ++index) {
      bool of_bitmap = index % (design.chunk_ratio() + 1) == design.chunk_ratio();
      auto state = static_cast<std::uint64_t>(BlockState::fully_present);
      piece.push_back(of_bitmap ? 0 : offset | state);
      if (!of_bitmap) offset += design.block_size;
    }
    TRY(file.write(kBatOffset + first * sizeof(le64), std::as_bytes(std::span(piece))));
  }
  return {};
}

}  // namespace

Done create(BlockDevice& file, const CreateOptions& options) {
  if (file.size() != 0) {
    return Error(Errc::bad_argument, fmt::format("the file for a new image is empty; "
                                                 "this one has {} bytes",
                                                 file.size()));
  }
  MakeGuid make_guid = options.make_guid ? options.make_guid : random_guid;
  Design design = TRY(make_design(options, make_guid));
  TRY(file.resize(design.file_size()));
  TRY(write_creator(file, "drydock " DRYDOCK_VERSION));
  TRY(write_headers(file, make_guid));
  TRY(write_region_tables(file, design));
  TRY(write_metadata(file, design));
  TRY(write_bat(file, design));
  TRY(file.flush());
  TRY(file.write(0, bytes_of(le64(kFileSignature))));
  return file.flush();
}

}  // namespace drydock::vhdx
