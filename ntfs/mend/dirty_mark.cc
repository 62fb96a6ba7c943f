// The mark that makes Windows run chkdsk at its next start, on a volume that has
// nothing for chkdsk to do.

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/fat/sector_cache.h"
#include "ntfs/fat/table.h"
#include "ntfs/mend/patch_record.h"
#include "ntfs/mend/wounds.h"
#include "ntfs/record/layout.h"
#include "ntfs/volume_check.h"
#include "vhd/base/try.h"
#include "vhd/overlay.h"

namespace drydock {

namespace {

VolumeWound marked(const VolumeCheck& check) {
  VolumeWound wound;
  wound.what = "the volume is marked for chkdsk, which would find nothing";
  std::string counts;
  for (const auto& [what, count] : check.counts) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, what);
  }
  wound.evidence = {"a whole check of it found no fault: " + counts};
  wound.cured = "the volume is no longer marked";
  return wound;
}

// unsupported unless all could be looked at, and nothing is wrong with it.
Done check_sound(const VolumeCheck& check) {
  for (const VolumeProblem& problem : check.problems) {
    if (problem.severity != Severity::error) continue;
    return Error(
               Errc::unsupported,
               fmt::format("chkdsk is needed: {} faults, the first of which is {}: {}",
                           check.error_count, problem.rule, problem.what))
        .in(problem.where);
  }
  if (check.unchecked.empty()) return {};
  return Error(Errc::unsupported,
               "it couldn't be checked whole: " + check.unchecked.front());
}

}  // namespace

Result<std::optional<VolumeWound>> ntfs::find_dirty_mark(const DevicePtr& volume,
                                                         const BootSector& boot) {
  FileTable table = TRY(FileTable::open(*volume, boot));
  ByteVector record = TRY(table.read(kVolumeRecord));
  std::optional<std::size_t> flags_offset;
  for (const RecordAttribute& attribute : TRY(decode_attributes(record))) {
    if (!attribute.is(kVolumeInformationType, u"") || !attribute.resident) continue;
    if (attribute.value.size() < sizeof(VolumeInformation)) continue;
    flags_offset =
        attribute.value.data() - record.data() + offsetof(VolumeInformation, flags);
  }
  if (!flags_offset) {
    return Error(Errc::corrupt, "$Volume has no $VOLUME_INFORMATION");
  }
  std::uint16_t flags = *load<le16>(record, *flags_offset);
  if ((flags & kVolumeIsDirty) == 0) return {std::nullopt};
  if ((flags & kChkdskUnderway) != 0) {
    return Error(Errc::unsupported, "chkdsk was at work on it and did not end");
  }
  VolumeCheck check = TRY(check_volume(volume));
  TRY(check_sound(check));
  VolumeWound wound = marked(check);
  le16 unmarked(static_cast<std::uint16_t>(flags & ~kVolumeIsDirty));
  std::ranges::copy(bytes_of(unmarked), record.begin() + *flags_offset);
  TRY(add_record_patches(table, kVolumeRecord, std::move(record), wound.cure));
  return std::optional(std::move(wound));
}

Result<std::optional<VolumeWound>> fat::find_dirty_mark(const DevicePtr& volume) {
  ByteVector sector = TRY(read_bytes(*volume, 0, 512, 512));
  Geometry geometry = TRY(read_geometry(sector, volume->size()));
  SectorCache cache(volume, geometry.sector_size);
  TableState state = TRY(read_state(cache, geometry));
  bool boot_dirty = (geometry.state & kStateDirty) != 0;
  if (state.clean && !boot_dirty) return {std::nullopt};
  if (!state.no_errors || (geometry.state & kStateErrors) != 0) {
    return Error(Errc::unsupported,
                 "its last user met sectors that couldn't be read or written");
  }
  VolumeCheck check = TRY(check_volume(volume));
  TRY(check_sound(check));
  VolumeWound wound = marked(check);
  auto unmarked = std::make_shared<Overlay>(volume);
  SectorCache changed(unmarked, geometry.sector_size);
  TRY(mark_clean(changed, geometry));
  TRY(changed.commit());
  for (Overlay::Change& change : TRY(unmarked->changes())) {
    wound.cure.push_back({.offset = change.offset, .bytes = std::move(change.after)});
  }
  return std::optional(std::move(wound));
}

}  // namespace drydock
