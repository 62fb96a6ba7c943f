#include "harness/images/layout.h"

#include <fmt/format.h>

#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"
#include "vhd/partition/table.h"

namespace drydock::images {

namespace {

// What Windows' own setup makes; small disks get the least that is FAT32 with
// clusters of a sector (65,525 of them).
constexpr std::uint64_t kEspSize = 100 * kMiB;
constexpr std::uint64_t kSmallEspSize = 36 * kMiB;
constexpr std::uint64_t kSmallDiskSize = 1 * kGiB;
constexpr std::uint64_t kMsrSize = 16 * kMiB;
constexpr std::uint64_t kFirstOffset = 1 * kMiB;
constexpr std::uint64_t kTailSize = 1 * kMiB;  // for the backup of the table

// Types of an MBR's partitions: NTFS, and what no letter is given to.
constexpr std::uint8_t kMbrNtfs = 0x07;
constexpr std::uint8_t kMbrRecovery = 0x27;

// FNV-1a, to tell names apart; then splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::uint64_t z = seed * 0x9e3779b97f4a7c15 + hash;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Ids make_ids(std::uint64_t seed) {
  Ids ids;
  ids.disk = seeded_guid(seed, "disk");
  ids.loader = seeded_guid(seed, "loader");
  ids.resume = seeded_guid(seed, "resume");
  ids.recovery = seeded_guid(seed, "recovery environment");
  ids.recovery_disk = seeded_guid(seed, "recovery RAM disk");
  ids.absent = seeded_guid(seed, "absent");
  ids.mbr_signature = static_cast<std::uint32_t>(mix(seed, "MBR signature"));
  ids.fat_serial = static_cast<std::uint32_t>(mix(seed, "FAT serial"));
  ids.ntfs_serial = mix(seed, "NTFS serial");
  ids.computer_name = fmt::format("WIN-{:08X}", mix(seed, "computer") >> 32);
  return ids;
}

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// A boot store's description of a partition: windows-side layout of 0x48 bytes
// with its head of type, flags, size.  Seen so in all 113 GPT and 27 MBR elements of
// 34 public stores.
ByteVector partition_device(const Slot& slot, const Layout& layout) {
  bool mbr = layout.spec.firmware == Firmware::bios;
  ByteVector out;
  append(out, bytes_of(le32(6)));     // +0x00  a qualified partition
  append(out, bytes_of(le32(0)));     // +0x04  flags
  append(out, bytes_of(le32(0x48)));  // +0x08  size of all this
  append(out, bytes_of(le32(0)));     // +0x0c
  if (mbr) {
    append(out, bytes_of(le64(slot.offset)));  // +0x10  in bytes
    append(out, bytes_of(le64(0)));
  } else {
    append(out, bytes_of(slot.id));  // +0x10
  }
  append(out, bytes_of(le32(0)));            // +0x20  on a disk
  append(out, bytes_of(le32(mbr ? 1 : 0)));  // +0x24  with an MBR, or a GPT
  if (mbr) {
    append(out, bytes_of(le32(layout.ids.mbr_signature)));  // +0x28
  } else {
    append(out, bytes_of(layout.ids.disk));  // +0x28
  }
  out.resize(0x48);
  return out;
}

// The element: whose options apply, then the device.
std::string plain_device(const Slot& slot, const Layout& layout) {
  ByteVector out(sizeof(Guid));
  append(out, partition_device(slot, layout));
  return hex_text(out);
}

// A RAM disk from an image file in a partition, as the recovery environment's
// entry has it; dissected on samples of 184 and 200 bytes.
std::string ram_disk(const Slot& slot, const Layout& layout, std::string_view path) {
  ByteVector file;
  append(file, bytes_of(le32(5)));  // a file, in
  append(file, partition_device(slot, layout));
  append(file, utf16le_bytes(*to_utf16(path)));
  append(file, bytes_of(le16(0)));

  ByteVector body;
  append(body, bytes_of(le32(3)));  // a RAM disk
  append(body, ByteVector(20));     // base, size, offset in the image
  append(body, bytes_of(le32(1)));  // version of what follows, then its size
  append(body, bytes_of(le32(static_cast<std::uint32_t>(8 + file.size()))));
  append(body, file);

  ByteVector out;
  append(out, bytes_of(layout.ids.recovery_disk));  // its options
  append(out, bytes_of(le32(0)));                   // a local device
  append(out, bytes_of(le32(1)));
  append(out, bytes_of(le32(static_cast<std::uint32_t>(16 + body.size()))));
  append(out, bytes_of(le32(0)));
  append(out, body);
  return hex_text(out);
}

// What MountedDevices knows a partition by: "DMIO:ID:" and its id, or the disk's
// signature and the offset in bytes.
std::string mounted_device(const Slot& slot, const Layout& layout) {
  ByteVector out;
  if (layout.spec.firmware == Firmware::bios) {
    append(out, bytes_of(le32(layout.ids.mbr_signature)));
    append(out, bytes_of(le64(slot.offset)));
  } else {
    append(out, bytes_of(std::string_view("DMIO:ID:")));
    append(out, bytes_of(slot.id));
  }
  return hex_text(out);
}

}  // namespace

Guid seeded_guid(std::uint64_t seed, std::string_view name) {
  Guid guid;
  std::uint64_t halves[] = {mix(seed, name), mix(seed, std::string(name) + "'")};
  for (std::size_t i = 0; i < 16; ++i) {
    guid.bytes[i] = static_cast<std::byte>(halves[i / 8] >> i % 8 * 8);
  }
  // Version 4, variant 1: RFC 4122 4.4, in Windows' byte order.
  guid.bytes[7] = (guid.bytes[7] & std::byte{0x0f}) | std::byte{0x40};
  guid.bytes[8] = (guid.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return guid;
}

const Slot& Layout::system() const {
  if (spec.firmware == Firmware::uefi) return esp;
  return system_reserved ? *system_reserved : windows;
}

std::vector<Slot> Layout::slots() const {
  std::vector<Slot> slots;
  for (const Slot& slot : {esp, msr}) {
    if (slot.size != 0) slots.push_back(slot);
  }
  if (system_reserved) slots.push_back(*system_reserved);
  slots.push_back(windows);
  if (recovery) slots.push_back(*recovery);
  return slots;
}

Layout lay_out(const Spec& spec, std::uint64_t seed) {
  Layout layout;
  layout.spec = spec;
  layout.ids = make_ids(seed);
  std::uint64_t offset = kFirstOffset;
  auto slot = [&](const Guid& type, std::uint64_t size, std::string_view name,
                  std::string_view attributes) {
    Slot made{type, seeded_guid(seed, name), offset, size, name, attributes};
    made.mbr_type = type == partition::type::recovery ? kMbrRecovery : kMbrNtfs;
    offset += size;
    return made;
  };
  // Names and attributes as Windows' setup gives them; bit 63 keeps a
  // partition without a letter.
  if (spec.firmware == Firmware::uefi) {
    std::uint64_t esp_size = spec.size < kSmallDiskSize ? kSmallEspSize : kEspSize;
    layout.esp =
        slot(partition::type::esp, esp_size, "EFI system partition", "GUID:63");
    layout.msr =
        slot(partition::type::msr, kMsrSize, "Microsoft reserved partition", "GUID:63");
  } else if (spec.system_reserved_size != 0) {
    layout.system_reserved =
        slot(partition::type::basic, spec.system_reserved_size, "System Reserved", "");
    layout.system_reserved->active = true;
  }
  std::uint64_t rest = spec.size - offset - kTailSize - spec.recovery_size;
  layout.windows = slot(partition::type::basic, rest, "Basic data partition", "");
  layout.windows.active =
      spec.firmware == Firmware::bios && !layout.system_reserved.has_value();
  if (spec.recovery_size != 0) {
    layout.recovery = slot(partition::type::recovery, spec.recovery_size,
                           "Recovery partition", "RequiredPartition,GUID:63");
  }
  return layout;
}

Words words_of(const Layout& layout) {
  const Ids& ids = layout.ids;
  const WindowsVersion& windows = *layout.spec.windows;
  const Slot& recovery = layout.recovery ? *layout.recovery : layout.windows;
  return {
      {"disk_id", hex_text(bytes_of(ids.disk))},
      {"windows_mounted", mounted_device(layout.windows, layout)},
      {"system_device", plain_device(layout.system(), layout)},
      {"windows_device", plain_device(layout.windows, layout)},
      {"recovery_device", plain_device(recovery, layout)},
      {"recovery_ram_disk",
       ram_disk(recovery, layout, "\\Recovery\\WindowsRE\\Winre.wim")},
      {"suffix", layout.spec.firmware == Firmware::uefi ? "efi" : "exe"},
      {"loader", to_string(ids.loader)},
      {"resume", to_string(ids.resume)},
      {"recovery", to_string(ids.recovery)},
      {"recovery_options", to_string(ids.recovery_disk)},
      {"absent", to_string(ids.absent)},
      {"computer_name", ids.computer_name},
      {"product", std::string(windows.product)},
      {"edition", std::string(windows.edition)},
      {"installation", std::string(windows.installation)},
      // Servers opt all programs in: nx OptOut.
      {"nx", windows.installation == "Client" ? "0" : "1"},
      {"product_type", windows.installation == "Client" ? "WinNT" : "ServerNT"},
      {"display_version", std::string(windows.display)},
      {"release", std::string(windows.release)},
      {"build", std::to_string(windows.build)},
      {"revision", std::to_string(windows.revision)},
      {"loader_description", std::string(windows.loader)},
      {"unix_time", std::to_string(kBuildTimeUnix)},
  };
}

}  // namespace drydock::images
