// A guest's disk: its partitions, the volumes in them, and each Windows found.
//
// It stands on one BlockDevice -- the image for reading, an overlay for a
// rehearsal.  Opening it reads the partition table and no more; a volume is
// opened when it is asked for, once, and so is the search for Windows made.
// Changing one boot option of a terabyte disk reads a few hundred KiB.
//
// Threads: one at a time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ntfs/open_volume.h"
#include "ntfs/volume_mend.h"
#include "repair/guest_path.h"
#include "vhd/bitlocker/metadata.h"
#include "vhd/block_device.h"
#include "vhd/image.h"
#include "vhd/partition/table.h"

namespace drydock::repair {

class Installation;

// What one partition holds, as far as could be told without trusting it.
struct VolumeReport {
  std::uint32_t number = 0;          // of the partition; 0 is a bare volume
  std::string file_system;           // as Disk::file_system() says; "" for none
  std::optional<VolumeFacts> facts;  // where the volume could be opened
  std::string problem;               // why it couldn't; "" where it could
  // Where BitLocker encrypts it and says how; it is locked if `file_system` is
  // "bitlocker".
  std::optional<bitlocker::Metadata> encryption;
};

class Disk {
 public:
  // Reads the partition table, and fails where that does.  `image` is what the
  // container says that the disk came in, where there is one.
  static Result<std::unique_ptr<Disk>> open(DevicePtr device,
                                            VolumeOptions options = {},
                                            std::optional<ImageFacts> image = {});
  ~Disk();

  const BlockDevice& device() const;
  // How its volumes are opened; what is written to them and to hives is stamped
  // with its clock.
  const VolumeOptions& options() const;
  const Clock& clock() const { return options().clock; }
  const std::optional<ImageFacts>& image() const;
  const partition::Table& table() const;
  // The partition of this number; nullptr where there is none.
  const partition::Partition* find_partition(std::uint32_t number) const;
  // Every partition's number in the table's order; {0} for a bare volume.
  std::vector<std::uint32_t> volume_numbers() const;
  // "esp:" is the first partition of that type; where firmware is a BIOS, the
  // active one.  Nothing where there is none.
  std::optional<std::uint32_t> system_partition() const;

  // One report for each of volume_numbers().  A volume that can't be opened
  // is in it with the reason.  Counts free space anew at each call.
  std::vector<VolumeReport> volumes() const;

  // As drydock::detect_file_system() says of partition `number`: "ntfs"; where
  // BitLocker encrypts it, of the plain volume, or "bitlocker" while it is locked.
  // Reads its boot sector.  not_found where there is no such partition.
  Result<std::string> file_system(std::uint32_t number) const;

  // Whether BitLocker protects partition `number`, unlocked or not: it doesn't
  // where its key lies beside the lock.
  bool is_protected(std::uint32_t number) const;

  // The volume of partition `number`, opened now or earlier; one that isn't
  // clean opens for reading.  not_found where there is no such partition;
  // fails as open_volume() does.
  Result<FileSystemPtr> volume(std::uint32_t number) const;

  // As drydock::find_wound() of the volume of partition `number`; nothing where it is
  // locked.
  Result<std::optional<VolumeWound>> find_wound(std::uint32_t number, VolumePart part,
                                                Records records = Records::first) const;

  // As drydock::mend_wound().  The volume, and each Windows, is then opened anew when
  // it is asked for.  busy where a hibernated Windows remembers the volume, unless
  // options() give that up.
  Result<std::optional<VolumeWound>> mend_wound(std::uint32_t number, VolumePart part,
                                                Records records = Records::first);

  // What was settled of the volumes: by partition.
  std::vector<std::pair<std::uint32_t, Settlement>> settlements() const;

  // In the order of their partitions.  Volumes that can't be opened are in
  // volumes() with the reason; whatever Windows they hold isn't here.
  const std::vector<std::unique_ptr<Installation>>& installations() const;

  // "C:\x" is about the Windows in `installation`, an index into
  // installations(); so are the letters that this Windows has given to other
  // volumes.  not_found where a letter or partition isn't there; bad_argument
  // for what isn't a guest path.
  Result<GuestPath> resolve(std::string_view text, std::size_t installation = 0) const;

  // As a person would write it, and resolve() takes it back: "C:\Windows",
  // "esp:\EFI", "4:\Recovery".
  std::string show(const GuestPath& path, std::size_t installation = 0) const;

  // As partition::restore_gpt(); table() is then read anew.  The partitions stay.
  Done restore_table();

  // Makes safe what the volumes still hold in memory.
  Done flush();

 private:
  struct Impl;
  Done check_not_remembered(std::uint32_t number) const;
  explicit Disk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::repair
