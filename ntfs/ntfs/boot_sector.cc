#include "ntfs/ntfs/boot_sector.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "ntfs/ntfs/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint32_t kSectorSizeMin = 256;   // as libntfs-3g has it
constexpr std::uint32_t kSectorSizeMax = 4096;  // 4K-native disks
// Windows 10 1709 and later format with up to 2 MiB.
constexpr std::uint32_t kClusterSizeMax = 2 << 20;
// Windows makes records of 1 KiB, and of 4 KiB on 4K-native disks; index blocks
// of 4 KiB, or of one cluster.  A code can say 2 GiB.
constexpr std::uint32_t kRecordSizeMin = 512;
constexpr std::uint32_t kRecordSizeMax = 64 << 10;

Error cannot_be(std::string_view what, std::uint64_t value) {
  return Error(Errc::corrupt, fmt::format("{} of {} can't be", what, value));
}

Result<std::uint32_t> cluster_size(const BootSectorFormat& sector) {
  std::uint32_t sectors = sector.cluster_sectors;
  if (sectors > 128) {
    // 0xf4 is 2^12 sectors of 512 bytes: 2 MiB.
    std::uint32_t shift = 256 - sectors;
    if (shift > 12) return cannot_be("a cluster-size code", sectors);
    sectors = 1u << shift;
  }
  if (!std::has_single_bit(sectors)) {
    return cannot_be("a cluster's sector count", sectors);
  }
  std::uint32_t size = sectors * sector.sector_size;
  if (size > kClusterSizeMax) return cannot_be("a cluster size", size);
  return size;
}

Result<std::uint32_t> coded_size(std::int8_t code, std::uint32_t cluster_size) {
  std::uint64_t size = 0;
  if (code < 0) {
    if (code < -31)
      return cannot_be("a record-size shift", static_cast<unsigned>(-code));
    size = std::uint64_t{1} << -code;
  } else {
    size = static_cast<std::uint64_t>(code) * cluster_size;
  }
  if (size < kRecordSizeMin || size > kRecordSizeMax || !std::has_single_bit(size)) {
    return cannot_be("a record or index-block size", size);
  }
  return static_cast<std::uint32_t>(size);
}

}  // namespace

std::uint64_t BootSector::mirror_size() const {
  return std::max(cluster_size, 4 * record_size);
}

Result<BootSector> read_boot_sector(Bytes bytes, std::uint64_t device_size) {
  auto sector = load<BootSectorFormat>(bytes);
  if (!sector) return Error(Errc::not_found, "there is no room for a boot sector");
  if (std::string_view(sector->oem_id.data(), sector->oem_id.size()) != "NTFS    ") {
    return Error(Errc::not_found, "the boot sector isn't marked as NTFS");
  }
  BootSector boot{.sector_size = sector->sector_size,
                  .serial_number = sector->serial_number};
  if (boot.sector_size < kSectorSizeMin || boot.sector_size > kSectorSizeMax ||
      !std::has_single_bit(boot.sector_size)) {
    return cannot_be("a sector size", boot.sector_size);
  }
  boot.cluster_size = TRY(cluster_size(*sector));
  boot.record_size = TRY(coded_size(sector->record_size_code, boot.cluster_size));
  boot.index_size = TRY(coded_size(sector->index_size_code, boot.cluster_size));
  auto size = checked::mul(sector->sector_count, boot.sector_size);
  if (!size || *size == 0) return cannot_be("a sector count", sector->sector_count);
  if (*size > device_size) {
    return Error(Errc::corrupt,
                 fmt::format("the volume says that it is {} bytes, and its device ends "
                             "at {}; was the partition cut?",
                             *size, device_size));
  }
  boot.volume_size = *size;
  std::uint64_t cluster_count = *size / boot.cluster_size;
  if (sector->mft_cluster == 0 || sector->mft_cluster >= cluster_count) {
    return cannot_be("a first cluster of $MFT", sector->mft_cluster);
  }
  if (sector->mirror_cluster == 0 || sector->mirror_cluster >= cluster_count ||
      sector->mirror_cluster == sector->mft_cluster) {
    return cannot_be("a first cluster of $MFTMirr", sector->mirror_cluster);
  }
  boot.mft_offset = sector->mft_cluster * boot.cluster_size;
  boot.mirror_offset = sector->mirror_cluster * boot.cluster_size;
  return boot;
}

bool is_signed(Bytes sector) {
  auto fields = load<BootSectorFormat>(sector);
  return fields && fields->signature == 0xaa55;
}

}  // namespace drydock::ntfs
