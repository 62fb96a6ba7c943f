// What we decode of NTFS ourselves.  Input: one byte that chooses, and then a
// boot sector, the start of a $LogFile, or a name.

#include <bit>
#include <cstdlib>

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/ntfs/name.h"
#include "ntfs/ntfs/state.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {
namespace {

constexpr std::uint64_t kDeviceSize = std::uint64_t{1} << 44;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_boot_sector(Bytes input) {
  auto boot = read_boot_sector(input, kDeviceSize);
  if (!boot) return;
  require(std::has_single_bit(boot->cluster_size) && boot->cluster_size <= 2 << 20);
  require(std::has_single_bit(boot->record_size) && boot->record_size <= 64 << 10);
  require(boot->volume_size <= kDeviceSize);
  require(boot->mft_offset < boot->volume_size);
  require(boot->mirror_offset < boot->volume_size);
}

void try_log(Bytes input) {
  VolumeCondition condition;
  add_log_state(condition, log_state(input));
  require(condition.clean() || !not_clean(condition).words().empty());
}

void try_name(Bytes input) {
  std::u16string name = utf16le(input.first(std::min<std::size_t>(input.size(), 510)));
  if (!check_name(name)) return;
  for (unsigned attempt = 0; attempt < 12; ++attempt) {
    require(is_short_name(*to_utf16(short_name(name, attempt))));
  }
}

}  // namespace
}  // namespace drydock::ntfs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::ntfs;
  if (size == 0) return 0;
  drydock::Bytes input = std::as_bytes(std::span(data + 1, size - 1));
  if (data[0] % 3 == 0) try_boot_sector(input);
  if (data[0] % 3 == 1) try_log(input);
  if (data[0] % 3 == 2) try_name(input);
  return 0;
}
