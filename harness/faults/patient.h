// A disk about to be wounded: its raw bytes in a file of the host, and ways
// to reach the files in it that aren't drydock's own where there are others.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "harness/images/hive_text.h"
#include "harness/work_folder.h"
#include "ntfs/file_system.h"
#include "vhd/partition/table.h"

namespace drydock::faults {

class Patient {
 public:
  // Finds the system partition (of a BIOS' disk, the active one) and the Windows
  // volume of the disk in `raw`.  not_found where it lacks one of them.
  static Result<std::unique_ptr<Patient>> open(const std::filesystem::path& raw);

  // Changes the boot store of the system partition by what `text` says (see
  // images/hive_text.h) with hivex; mtools takes it out of a FAT and puts it back.
  Done edit_boot_store(std::string_view text, const images::Words& words);

  // Changes \Windows\System32\config\NAME likewise, by hivex.
  Done edit_hive(std::string_view name, std::string_view text,
                 const images::Words& words);
  // A number in that hive; not_found where there is none.
  Result<std::uint32_t> hive_dword(std::string_view name, std::string_view key,
                                   std::string_view value);

  // The hive's bytes, and what hivex would make of them by `text`; the hive on the
  // disk stays as it is.
  Result<ByteVector> read_hive(std::string_view name) const;
  Result<ByteVector> edited_hive(std::string_view name, std::string_view text,
                                 const images::Words& words) const;

  // The same of the boot store, and of its logs beside it.
  Result<ByteVector> read_boot_store() const;
  Result<ByteVector> edited_boot_store(std::string_view text,
                                       const images::Words& words) const;
  // "" is the store itself, ".LOG1" one of its logs.
  Done put_boot_store(std::string_view suffix, Bytes content) const;

  // Takes away a file of the system partition, of which paths start at its root, or
  // puts one there.
  Done remove_from_system(std::string_view path) const;
  Done put_on_system(std::string_view path, Bytes content) const;
  // "\EFI\Microsoft\Boot\BCD", or "\Boot\BCD".
  std::string_view boot_store() const;
  const partition::Table& table() const { return table_; }

  // Puts a file into the Windows volume.
  Done put(std::string_view path, Bytes content);
  // Its files.  Opened anew for each change, so that other programs find the disk
  // unlocked: it is flushed and dropped before anything else is done.
  Result<FileSystemPtr> open_windows() const;
  // What NTFS knows that file by.
  Result<std::uint64_t> file_id(std::string_view path) const;

  // The disk's own bytes, and the Windows volume's, to be written.
  Result<DevicePtr> disk() const;
  Result<DevicePtr> windows_volume() const;

 private:
  Patient(std::filesystem::path raw, harness::WorkFolder work)
      : raw_(std::move(raw)), work_(std::move(work)) {}

  Result<FileSystemPtr> open_ntfs(const partition::Partition& partition) const;
  // The hive's file, taken out of the Windows volume.
  Result<std::filesystem::path> take_hive(std::string_view name) const;
  Result<std::filesystem::path> take_boot_store() const;

  std::filesystem::path raw_;
  harness::WorkFolder work_;
  partition::Table table_;
  partition::Partition system_;
  partition::Partition windows_;
};

}  // namespace drydock::faults
