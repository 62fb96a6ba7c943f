#include <algorithm>

#include "ntfs/logfile/format.h"
#include "ntfs/ntfs/format.h"
#include "tests/fuzz/seeds.h"
#include "vhd/base/utf16.h"

namespace drydock::fuzz {
namespace {

ByteVector choice(unsigned number, Bytes rest) {
  ByteVector bytes{static_cast<std::byte>(number)};
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

ByteVector boot_sector(std::uint8_t cluster_sectors, std::int8_t record_size_code) {
  ntfs::BootSectorFormat sector{};
  std::ranges::copy(std::string_view("NTFS    "), sector.oem_id.begin());
  sector.sector_size = 512;
  sector.cluster_sectors = cluster_sectors;
  sector.sector_count = 1 << 20;
  sector.mft_cluster = 16;
  sector.mirror_cluster = 2;
  sector.record_size_code = record_size_code;
  sector.index_size_code = -12;
  return choice(0, bytes_of(sector));
}

ByteVector log(std::uint16_t major, std::uint16_t flags) {
  constexpr std::size_t kPageSize = 4096;
  ByteVector pages(4 * kPageSize);
  for (std::size_t at : {std::size_t{0}, kPageSize}) {
    MutableBytes page = MutableBytes(pages).subspan(at, kPageSize);
    ntfs::RestartPage header{};
    std::ranges::copy(std::string_view("RSTR"), header.magic.begin());
    header.fixup_offset = 0x1e;
    header.fixup_count = 9;
    header.page_size = kPageSize;
    header.restart_area_offset = 0x30;
    header.major_version = major;
    ntfs::RestartArea area{};
    area.current_lsn = 100 + at;
    area.flags = flags;
    static_cast<void>(store(page, 0, header));
    static_cast<void>(store(page, 0x30, area));
  }
  return choice(1, pages);
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  return {boot_sector(8, -10),
          boot_sector(0xf4, -10),
          boot_sector(1, 2),
          log(1, ntfs::kLogIsClean),
          log(2, 0),
          choice(1, ByteVector(16'384, std::byte{0xff})),
          choice(2, utf16le_bytes(u"a name of some length.html")),
          choice(2, utf16le_bytes(u"com1.x")),
          choice(2, utf16le_bytes(u".\u6f22 \xd800."))};
}

}  // namespace drydock::fuzz
