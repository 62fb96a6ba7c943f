// A volume that Windows left, and the history that its log tells of it.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/ntfs/log_history.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"

namespace drydock::ntfs {

// The places that a history touches, each once: by offset on the volume and size.
using Places = std::map<std::pair<std::uint64_t, std::uint64_t>, TargetPlace>;

struct HistoryVolume {
  TempFolder folder;
  DevicePtr below;                  // as Windows left it
  std::shared_ptr<Overlay> device;  // as we make it
  BootSector boot;
  std::vector<Step> steps;

  // Opens the volume at `offset` of a packed disk: .gz, .xz or .tgz.
  bool unpack(const std::filesystem::path& packed, std::uint64_t offset);

  // A fresh overlay, and the history again.
  bool start_over();
};

// Where one half of a step belongs; of no kind where it changes nothing.
Result<TargetPlace> place_of(const HistoryVolume& volume, const Step& step, bool redo);
std::uint64_t offset_of(const HistoryVolume& volume, const TargetPlace& place);

// What differs between what Windows left and what we made, in words: of records
// and blocks all that the log tells, and their LSN.
std::vector<std::string> differences(HistoryVolume& volume);

// Likewise from any other state of the volume; `lsn`: whether LSNs count.
struct DifferenceOptions {
  bool lsn = true;
};
std::vector<std::string> differences(HistoryVolume& volume, BlockDevice& wanted,
                                     DifferenceOptions options);

// Makes every step, or takes it back; fails the test where one can't be.
void redo_all(HistoryVolume& volume);
void undo(HistoryVolume& volume, const Step& step);

// A record that was deleted and came to be another file's is made anew, and what
// was there before can't be had back: those steps are left out.
void start_at_creation(HistoryVolume& volume);

}  // namespace drydock::ntfs
