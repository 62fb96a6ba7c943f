#include "ntfs/check/system_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/layout.h"
#include "ntfs/record/mirror.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

constexpr std::size_t kUpcaseSize = 128 << 10;  // one unit for each of 65536

Result<ByteVector> read_sector(const BlockDevice& device, std::uint64_t offset) {
  ByteVector sector(kBootSectorSize);
  TRY(device.read(offset, sector));
  return sector;
}

void check_mirrored(const FileTable& table, std::uint64_t number, ProblemList& report) {
  const BootSector& boot = table.boot();
  ByteVector record(boot.record_size);
  ByteVector mirrored(boot.record_size);
  std::uint64_t offset = boot.mirror_offset + number * boot.record_size;
  if (!table.read_raw(number, record) || !table.volume().read(offset, mirrored)) return;
  ProblemPlace place{.record = number, .part = "$MFTMirr"};
  MirrorState state = compare_mirrored(std::move(record), std::move(mirrored));
  if (state == MirrorState::copy_torn || state == MirrorState::both_torn) {
    report.error("mirror.record", place,
                 "the mirror's copy is torn, or no file record");
  } else if (state == MirrorState::differ) {
    report.error("mirror.record", place, "the mirror's copy differs from $MFT's");
  }
}

}  // namespace

Result<FoundBootSector> check_boot_sectors(const BlockDevice& device,
                                           ProblemList& report) {
  if (device.size() < kBootSectorSize) {
    return Error(Errc::not_found, "there is no room for a boot sector");
  }
  FoundBootSector first{.bytes = TRY(read_sector(device, 0).in("boot sector"))};
  auto boot = read_boot_sector(first.bytes, device.size());
  if (!boot) {
    auto copy = find_boot_copy(device);
    if (!copy) return std::move(boot).error();
    report.error("boot.sector", {.part = "boot sector"},
                 fmt::format("{}; its copy at {} is sound", boot.error().describe(),
                             copy->boot.volume_size));
    return copy;
  }
  first.boot = *boot;
  ProblemPlace place{.part = "boot sector's copy"};
  std::uint64_t offset = boot->volume_size;
  if (!checked::within(offset, kBootSectorSize, device.size())) {
    report.warning("boot.copy", place,
                   fmt::format("it would be at {}, and the partition ends at {}",
                               offset, device.size()));
  } else if (TRY(read_sector(device, offset).in(place.part)) != first.bytes) {
    report.warning(
        "boot.copy", place,
        fmt::format("the sector at {} isn't the boot sector's twin", offset));
  }
  return first;
}

void check_mirror(const FileTable& table, ProblemList& report) {
  const BootSector& boot = table.boot();
  std::uint64_t count = std::min(kMirroredCount, table.record_count());
  for (std::uint64_t number = 0; number < count; ++number) {
    check_mirrored(table, number, report);
  }
  auto record = table.read(kMirrorRecord);
  if (!record) return;  // Told where the records are walked.
  auto data = table.find(*record, kDataType, u"");
  if (!data || !*data || (*data)->locate(0) != boot.mirror_offset) {
    report.error("mirror.place", {.record = kMirrorRecord},
                 "its data isn't where the boot sector says that $MFTMirr is");
  }
}

void check_volume_record(const FileTable& table, ProblemList& report) {
  auto record = table.read(kVolumeRecord);
  if (!record) return;  // Told where the records are walked.
  auto data = table.find(*record, kVolumeInformationType, u"");
  auto value = data && *data ? (*data)->read_all(sizeof(VolumeInformation))
                             : Result<ByteVector>(ByteVector());
  auto information =
      value ? load<VolumeInformation>(*value) : std::optional<VolumeInformation>();
  ProblemPlace place{.record = kVolumeRecord};
  if (!information) {
    return report.error("volume.information", place,
                        "it doesn't tell the volume's version");
  }
  bool known = information->major_version == 3 && information->minor_version <= 1;
  if (!known && information->major_version != 1) {
    report.error("volume.information", place,
                 fmt::format("version {}.{} isn't known", information->major_version,
                             information->minor_version));
  }
  if ((information->flags & kVolumeIsDirty) != 0) {
    report.warning("volume.dirty", place,
                   "the volume is marked dirty: Windows checks it at its next start");
  }
}

void check_bad_clusters(const FileTable& table, ProblemList& report) {
  auto record = table.read(kBadClustersRecord);
  if (!record) return;  // Told where the records are walked.
  auto attributes = decode_attributes(*record);
  if (!attributes) return;
  std::uint64_t count = 0;
  for (const RecordAttribute& attribute : *attributes) {
    if (!attribute.is(kDataType, u"$Bad") || attribute.resident) continue;
    auto runs = runs_of(attribute, table.cluster_count());
    if (!runs) continue;
    for (const Run& run : *runs) count += run.lcn == kHole ? 0 : run.count;
  }
  if (count == 0) return;
  report.warning("clusters.bad", {.record = kBadClustersRecord},
                 fmt::format("{} clusters are listed as bad", count));
}

std::optional<ByteVector> read_record_bitmap(const FileTable& table,
                                             ProblemList& report) {
  ProblemPlace place{.record = kMftRecord, .part = "bitmap"};
  auto read = [&]() -> Result<ByteVector> {
    auto record = TRY(table.read(kMftRecord));
    auto data = TRY(table.find(record, kBitmapType, u""));
    if (!data) return Error(Errc::corrupt, "$MFT has none");
    std::uint64_t size = checked::div_up(table.record_count(), 8);
    if (data->size() < size) {
      return Error(Errc::corrupt, fmt::format("{} bytes for {} records", data->size(),
                                              table.record_count()));
    }
    return data->read_all(size);
  };
  auto bitmap = read();
  if (bitmap) return std::move(*bitmap);
  report.error("mft.bitmap", place, bitmap.error().describe());
  return std::nullopt;
}

std::optional<UpcaseTable> check_upcase(const FileTable& table, ProblemList& report) {
  auto read = [&]() -> Result<ByteVector> {
    auto record = TRY(table.read(kUpcaseRecord));
    auto data = TRY(table.find(record, kDataType, u""));
    if (!data || data->size() != kUpcaseSize) {
      return Error(Errc::corrupt, fmt::format("it has {} bytes instead of {}",
                                              data ? data->size() : 0, kUpcaseSize));
    }
    return data->read_all(kUpcaseSize);
  };
  auto bytes = read();
  std::u16string units = bytes ? utf16le(*bytes) : std::u16string();
  std::string problem = bytes ? "" : bytes.error().describe();
  for (char16_t unit = 0; problem.empty() && unit < 0x80; ++unit) {
    char16_t expected = unit >= u'a' && unit <= u'z' ? unit - 0x20 : unit;
    if (units[unit] == expected) continue;
    problem = fmt::format("it folds U+{:04X} to U+{:04X}", std::uint16_t{unit},
                          static_cast<std::uint16_t>(units[unit]));
  }
  if (problem.empty()) return UpcaseTable(units.begin(), units.end());
  report.error("upcase.table", {.record = kUpcaseRecord}, problem);
  report.unchecked("the order of names, since $UpCase can't be believed");
  return std::nullopt;
}

}  // namespace drydock::ntfs
