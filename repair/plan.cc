#include "repair/plan.h"

#include <fmt/format.h>

namespace drydock::repair {

namespace {

// One overload a kind of edit: the words of --json, and the file it is about.
struct Kind {
  std::string_view operator()(const BcdSet&) const { return "bcd.set"; }
  std::string_view operator()(const BcdDelete&) const { return "bcd.delete"; }
  std::string_view operator()(const BcdCreate&) const { return "bcd.create"; }
  std::string_view operator()(const BcdRemove&) const { return "bcd.remove"; }
  std::string_view operator()(const RegistrySet&) const { return "registry.set"; }
  std::string_view operator()(const RegistryDelete&) const { return "registry.delete"; }
  std::string_view operator()(const FilePut&) const { return "file.put"; }
  std::string_view operator()(const FileMark&) const { return "file.attributes"; }
  std::string_view operator()(const FileDelete&) const { return "file.delete"; }
  std::string_view operator()(const FileRename&) const { return "file.rename"; }
  std::string_view operator()(const FolderMake&) const { return "folder.make"; }
  std::string_view operator()(const FileSecure&) const { return "file.security"; }
  std::string_view operator()(const ImageReplay&) const { return "image.replay"; }
  std::string_view operator()(const PartitionRestore&) const {
    return "partition.restore";
  }
  std::string_view operator()(const VolumeMend&) const { return "volume.mend"; }
  std::string_view operator()(const VolumeSettle&) const { return "volume.settle"; }
  std::string_view operator()(const HiveReplay&) const { return "hive.replay"; }
};

// Whether the edit changes what firmware or boot manager measure at a start.
struct BootsFrom {
  const Disk& disk;

  bool operator()(const BcdSet&) const { return true; }
  bool operator()(const BcdDelete&) const { return true; }
  bool operator()(const BcdCreate&) const { return true; }
  bool operator()(const BcdRemove&) const { return true; }
  bool operator()(const RegistrySet&) const { return false; }
  bool operator()(const RegistryDelete&) const { return false; }
  bool operator()(const FileMark&) const { return false; }
  bool operator()(const FolderMake&) const { return false; }
  bool operator()(const FileSecure&) const { return false; }
  bool operator()(const ImageReplay&) const { return false; }
  bool operator()(const PartitionRestore&) const { return true; }
  // A BIOS measures the boot sector.
  bool operator()(const VolumeMend& edit) const {
    return edit.part == VolumePart::boot_sector;
  }
  bool operator()(const VolumeSettle&) const { return false; }
  bool operator()(const HiveReplay&) const { return false; }
  bool operator()(const FilePut& edit) const { return on_system_partition(edit.file); }
  bool operator()(const FileDelete& edit) const {
    return on_system_partition(edit.file);
  }
  bool operator()(const FileRename& edit) const {
    return on_system_partition(edit.file);
  }
  bool on_system_partition(const GuestPath& path) const {
    const partition::Partition* partition = disk.find_partition(path.partition);
    bool esp = partition != nullptr && partition->type == partition::type::esp;
    return esp || disk.system_partition() == path.partition;
  }
};

}  // namespace

std::string_view kind_of(const Action& action) { return std::visit(Kind{}, action); }

std::vector<std::string> warnings_for(const Plan& plan, const Disk& disk) {
  bool boots_from = false;
  for (const Edit& edit : plan.edits) {
    boots_from = boots_from || std::visit(BootsFrom{disk}, edit.action);
  }
  std::vector<std::string> warnings;
  if (!boots_from) return warnings;
  for (std::uint32_t number : disk.volume_numbers()) {
    if (!disk.is_protected(number)) continue;
    warnings.push_back(fmt::format(
        "partition {} is encrypted by BitLocker: after a change of the boot "
        "configuration the machine may ask for its recovery key",
        number));
  }
  return warnings;
}

}  // namespace drydock::repair
