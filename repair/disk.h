// A guest's disk: its partitions, the volumes in them, and each Windows found.
//
// It stands on one BlockDevice -- the image for reading, an overlay for a
// rehearsal -- and opens volumes when they are asked for, once each.
//
// Threads: one at a time.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/open_volume.h"
#include "repair/guest_path.h"
#include "vhd/block_device.h"
#include "vhd/partition/table.h"

namespace drydock::repair {

class Installation;

// What one partition holds, as far as could be told without trusting it.
struct VolumeReport {
  std::uint32_t number = 0;          // of the partition; 0 is a bare volume
  std::string file_system;           // as detect_file_system() says; "" for none
  std::optional<VolumeFacts> facts;  // where the volume could be opened
  std::string problem;               // why it couldn't; "" where it could
};

class Disk {
 public:
  // Reads the partition table; finds each Windows by what volumes hold, not by
  // the order of partitions.  Volumes that can't be opened are kept in
  // volumes() with the reason and are no failure.  Fails where the table does.
  static Result<std::unique_ptr<Disk>> open(DevicePtr device,
                                            VolumeOptions options = {});
  ~Disk();

  const BlockDevice& device() const;
  const partition::Table& table() const;
  // One for each partition, in the table's order; one, number 0, for a bare
  // volume.  Counts free space anew at each call.
  std::vector<VolumeReport> volumes() const;

  // The volume of partition `number`, opened now or earlier.  not_found where
  // there is no such partition; fails as open_volume() does.
  Result<FileSystemPtr> volume(std::uint32_t number) const;

  // In the order of their partitions.
  const std::vector<std::unique_ptr<Installation>>& installations() const;

  // "C:\x" is about the Windows in `installation`, an index into
  // installations().  not_found where a letter or partition isn't there;
  // bad_argument for what isn't a guest path.
  Result<GuestPath> resolve(std::string_view text, std::size_t installation = 0) const;

  // As a person would write it: "C:\Windows", "esp:\EFI", "4:\Recovery".
  std::string show(const GuestPath& path) const;

  // Makes safe what the volumes still hold in memory.
  Done flush();

 private:
  struct Impl;
  explicit Disk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::repair
