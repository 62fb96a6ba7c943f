#include "harness/images/volumes.h"

#include <fmt/format.h>

#include "harness/images/container.h"
#include "harness/images/mtools.h"
#include "harness/program.h"
#include "harness/work_folder.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::images {

namespace {

constexpr std::uint64_t kSectorSize = 512;

// Where an NTFS boot sector keeps the volume's serial number.
constexpr std::uint64_t kNtfsSerialOffset = 0x48;

std::string bare(const Guid& guid) { return to_string(guid).substr(1, 36); }

std::string gpt_line(const Slot& slot) {
  std::string line = fmt::format("start={}, size={}, type={}, uuid={}, name=\"{}\"",
                                 slot.offset / kSectorSize, slot.size / kSectorSize,
                                 bare(slot.type), bare(slot.id), slot.name);
  if (!slot.attributes.empty()) line += fmt::format(", attrs=\"{}\"", slot.attributes);
  return line + "\n";
}

std::string mbr_line(const Slot& slot) {
  return fmt::format("start={}, size={}, type={:x}{}\n", slot.offset / kSectorSize,
                     slot.size / kSectorSize, slot.mbr_type,
                     slot.active ? ", bootable" : "");
}

// mkntfs takes no serial number, and with -T always makes the same.
Done set_serial(BlockDevice& volume, std::uint64_t serial) {
  for (std::uint64_t boot_sector : {std::uint64_t{0}, volume.size() - kSectorSize}) {
    TRY(volume.write(boot_sector + kNtfsSerialOffset, bytes_of(le64(serial))));
  }
  return {};
}

}  // namespace

Done write_table(const std::filesystem::path& raw, const Layout& layout) {
  bool mbr = layout.spec.firmware == Firmware::bios;
  std::string script =
      mbr ? fmt::format("label: dos\nlabel-id: {:#010x}\nunit: sectors\n",
                        layout.ids.mbr_signature)
          : fmt::format("label: gpt\nlabel-id: {}\nunit: sectors\nfirst-lba: 34\n",
                        bare(layout.ids.disk));
  for (const Slot& slot : layout.slots()) {
    script += mbr ? mbr_line(slot) : gpt_line(slot);
  }
  TRY(harness::run_program(
      {"sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", raw.string()},
      {.input = script, .environment = {}}));
  return {};
}

Done make_esp(const std::filesystem::path& raw, const Layout& layout,
              const std::vector<Content>& contents, const std::filesystem::path& work) {
  // Clusters of one sector, as Windows gives to a partition of this size.
  std::uint64_t first_sector = layout.esp.offset / kSectorSize;
  TRY(harness::run_program({"mkfs.fat", "-F", "32", "-s", "1", "-h",
                            std::to_string(first_sector), "-i",
                            fmt::format("{:08x}", layout.ids.fat_serial), "--invariant",
                            "--offset", std::to_string(first_sector), raw.string(),
                            std::to_string(layout.esp.size / 1024)}));
  Mtools files(raw, layout.esp.offset);
  for (const Content& content : contents) {
    if (content.path.ends_with('\\')) {
      TRY(files.make_folder(content.path.substr(0, content.path.size() - 1)));
    } else {
      TRY(harness::write_host_file(work / "file", content.bytes));
      TRY(files.put(work / "file", content.path));
    }
  }
  return {};
}

Done make_ntfs(const std::filesystem::path& raw, const Slot& slot,
               std::string_view label, std::uint64_t serial,
               const std::vector<Content>& contents,
               const std::filesystem::path& work) {
  std::filesystem::path path = work / "ntfs";
  auto volume = TRY(FileDevice::open(path, {.writable = true, .create = true}));
  TRY(volume->resize(slot.size));
  volume.reset();
  TRY(harness::run_program({"mkntfs", "--quiet", "--fast", "--force", "--zero-time",
                            "--label", std::string(label), "--sector-size", "512",
                            "--partition-start",
                            std::to_string(slot.offset / kSectorSize), "--heads", "255",
                            "--sectors-per-track", "63", path.string()}));

  volume = TRY(FileDevice::open(path, {.writable = true}));
  TRY(set_serial(*volume, serial));
  {
    FileSystemPtr files =
        TRY(ntfs::open(volume, {.writable = true, .clock = [] { return kBuildTime; }}));
    for (const Content& content : contents) {
      if (content.path.ends_with('\\')) {
        TRY(files->create_directory(content.path).in(content.path));
      } else if (!content.link_to.empty()) {
        TRY(ntfs::link(*files, content.link_to, content.path));
      } else {
        TRY(files->put(content.path, content.bytes).in(content.path));
      }
    }
    TRY(files->flush());
  }
  auto disk = TRY(FileDevice::open(raw, {.writable = true}));
  TRY(copy_content(*volume, *disk, slot.offset));
  volume.reset();
  std::error_code ignored;  // the work folder goes anyway
  std::filesystem::remove(path, ignored);
  return {};
}

}  // namespace drydock::images
