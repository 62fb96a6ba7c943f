#include "ntfs/logfile/log_of_volume.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint32_t kBootSectorSize = 512;

}  // namespace

Result<LogOfVolume> find_log(BlockDevice& volume) {
  ByteVector sector(std::min<std::uint64_t>(kBootSectorSize, volume.size()));
  TRY(volume.read(0, sector));
  auto boot = TRY(read_boot_sector(sector, volume.size()).in("boot sector"));
  auto file = TRY(SystemFile::open(volume, boot, kLogFile).in("$LogFile"));
  ByteVector start(std::min(kLogStartSize, file.size()));
  TRY(file.read(0, start).in("$LogFile"));
  return LogOfVolume{.boot = boot,
                     .file = std::move(file),
                     .unused = is_unused_log(start),
                     .restart = read_restart(start)};
}

}  // namespace drydock::ntfs
