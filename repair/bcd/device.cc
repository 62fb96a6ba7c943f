#include "repair/bcd/device.h"

#include <optional>

#include "repair/bcd/format.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {

namespace {

constexpr std::size_t kHeaderSize = sizeof(DescriptorHeader);

// The text up to its zero; nothing where there is no zero.
std::optional<std::string> terminated(Bytes text) {
  std::u16string units = utf16le(text);
  std::size_t end = units.find(u'\0');
  if (end == std::u16string::npos) return std::nullopt;
  return to_utf8(std::u16string_view(units).substr(0, end));
}

// A descriptor's own bytes: as many of `from` as its header says that it has.
std::optional<Bytes> descriptor_at(Bytes from) {
  auto header = load<DescriptorHeader>(from);
  if (!header || header->size < kHeaderSize || header->size > from.size()) {
    return std::nullopt;
  }
  return from.first(header->size);
}

std::optional<Device> read_descriptor(Bytes descriptor, int depth);

// A FilePath to the end of `from`: sets what it lies on, and its path.
bool read_file_path(Bytes from, int depth, Device& device) {
  auto file = load<FilePath>(from);
  if (!file || file->version != kFilePathVersion || file->source != kFilePathSource ||
      file->length < sizeof(FilePath) || file->length > from.size()) {
    return false;
  }
  Bytes rest = from.first(file->length).subspan(sizeof(FilePath));
  auto parent = descriptor_at(rest);
  if (!parent) return false;
  auto lies_on = read_descriptor(*parent, depth + 1);
  auto path = terminated(rest.subspan(parent->size()));
  if (!lies_on || !path) return false;
  device.parent.push_back(std::move(*lies_on));
  device.path = std::move(*path);
  return true;
}

// A vhd is known by its file, whose descriptor is at `from`.
bool read_vhd_file(Bytes from, int depth, Device& device) {
  auto descriptor = descriptor_at(from);
  if (!descriptor) return false;
  auto file = read_descriptor(*descriptor, depth + 1);
  if (!file || file->kind != Device::Kind::file) return false;
  device.kind = Device::Kind::vhd;
  device.path = std::move(file->path);
  device.parent = std::move(file->parent);
  return true;
}

bool read_qualified(Bytes descriptor, int depth, Device& device) {
  auto qualified = load<QualifiedPartition>(descriptor, kHeaderSize);
  if (!qualified) return false;
  if (qualified->kind == kVirtualDisk) {
    return read_vhd_file(descriptor.subspan(kHeaderSize + sizeof(QualifiedPartition)),
                         depth, device);
  }
  if (qualified->kind != kDisk || descriptor.size() != kPlainDescriptorSize) {
    return false;
  }
  device.kind = Device::Kind::partition;
  device.gpt = qualified->scheme == kSchemeGpt;
  if (device.gpt) {
    device.partition_id = {qualified->partition};
    device.disk_id = {qualified->disk};
    return true;
  }
  device.mbr_offset = load<MbrPartition>(qualified->partition)->offset;
  device.mbr_signature = load<MbrDisk>(qualified->disk)->signature;
  return qualified->scheme == kSchemeMbr;
}

bool read_local(Bytes descriptor, int depth, Device& device) {
  auto kind = load<le32>(descriptor, kHeaderSize);
  if (!kind) return false;
  Bytes body = descriptor.subspan(kHeaderSize);
  switch (*kind) {
    case kRamdisk:
      device.kind = Device::Kind::ramdisk;
      return body.size() >= sizeof(Ramdisk) &&
             read_file_path(body.subspan(sizeof(Ramdisk)), depth, device);
    case kFile:
      device.kind = Device::Kind::file;
      return read_file_path(body.subspan(sizeof(le32)), depth, device);
    case kVirtualDisk:
      return body.size() >= sizeof(VirtualDisk) &&
             read_vhd_file(body.subspan(sizeof(VirtualDisk)), depth, device);
    default:
      return false;
  }
}

bool read_locate(Bytes descriptor, int depth, Device& device) {
  constexpr std::size_t path_offset = kHeaderSize + sizeof(Locate);
  auto locate = load<Locate>(descriptor, kHeaderSize);
  if (!locate) return false;
  device.kind = Device::Kind::locate;
  device.element = locate->element;
  std::size_t path_end = descriptor.size();
  if (locate->parent_offset != 0) {
    path_end = locate->parent_offset;
    if (path_end < path_offset || path_end > descriptor.size()) return false;
    auto parent = descriptor_at(descriptor.subspan(path_end));
    if (!parent) return false;
    auto starts_from = read_descriptor(*parent, depth + 1);
    if (!starts_from) return false;
    device.parent.push_back(std::move(*starts_from));
  }
  auto path = terminated(descriptor.first(path_end).subspan(path_offset));
  if (!path) return false;
  device.path = std::move(*path);
  return true;
}

// `descriptor` is as long as its header says.  Nothing for a form that we
// don't know, at any depth: half a device is no device.
std::optional<Device> read_descriptor(Bytes descriptor, int depth) {
  if (depth > kDeviceDepthMax) return std::nullopt;
  auto header = load<DescriptorHeader>(descriptor);
  if (!header) return std::nullopt;
  Device device;
  bool known = false;
  switch (header->type) {
    case kBoot:
      device.kind = Device::Kind::boot;
      known = descriptor.size() == kPlainDescriptorSize;
      break;
    case kQualified:
      known = read_qualified(descriptor, depth, device);
      break;
    case kLocal:
      known = read_local(descriptor, depth, device);
      break;
    case kLocate:
      known = read_locate(descriptor, depth, device);
      break;
    default:
      break;
  }
  if (!known) return std::nullopt;
  return device;
}

}  // namespace

std::string_view to_string(Device::Kind kind) {
  switch (kind) {
    case Device::Kind::boot:
      return "boot";
    case Device::Kind::partition:
      return "partition";
    case Device::Kind::ramdisk:
      return "ramdisk";
    case Device::Kind::file:
      return "file";
    case Device::Kind::vhd:
      return "vhd";
    case Device::Kind::locate:
      return "locate";
    case Device::Kind::unknown:
      break;
  }
  return "unknown";
}

Device gpt_partition(const Guid& disk_id, const Guid& partition_id) {
  Device device;
  device.kind = Device::Kind::partition;
  device.gpt = true;
  device.disk_id = disk_id;
  device.partition_id = partition_id;
  return device;
}

Device mbr_partition(const MbrPlace& place) {
  Device device;
  device.kind = Device::Kind::partition;
  device.mbr_signature = place.signature;
  device.mbr_offset = place.offset;
  return device;
}

Device boot_device() {
  Device device;
  device.kind = Device::Kind::boot;
  return device;
}

Device file_device(Device parent, std::string path) {
  Device device;
  device.kind = Device::Kind::file;
  device.path = std::move(path);
  device.parent.push_back(std::move(parent));
  return device;
}

Device ramdisk_device(Device parent, std::string path, const Guid& options) {
  Device device = file_device(std::move(parent), std::move(path));
  device.kind = Device::Kind::ramdisk;
  device.options = options;
  return device;
}

Device vhd_device(Device parent, std::string path) {
  Device device = file_device(std::move(parent), std::move(path));
  device.kind = Device::Kind::vhd;
  return device;
}

Device locate_device(std::uint32_t element, std::optional<Device> parent) {
  Device device;
  device.kind = Device::Kind::locate;
  device.element = element;
  if (parent) device.parent.push_back(*std::move(parent));
  return device;
}

Device locate_path_device(std::string path, std::optional<Device> parent) {
  Device device = locate_device(0, std::move(parent));
  device.path = std::move(path);
  return device;
}

Device opaque_device(ByteVector raw) {
  Device device;
  device.raw = std::move(raw);
  return device;
}

Device decode_device(Bytes raw) {
  Device device;
  if (auto options = load<Guid>(raw)) {
    auto descriptor = descriptor_at(raw.subspan(kOptionsSize));
    if (descriptor && descriptor->size() == raw.size() - kOptionsSize) {
      if (auto known = read_descriptor(*descriptor, 1)) device = std::move(*known);
    }
    device.options = *options;
  }
  device.raw.assign(raw.begin(), raw.end());
  return device;
}

bool same_partition(const Device& a, const Device& b) {
  if (a.kind != Device::Kind::partition || b.kind != a.kind || a.gpt != b.gpt) {
    return false;
  }
  return a.gpt ? a.disk_id == b.disk_id && a.partition_id == b.partition_id
               : a.mbr_signature == b.mbr_signature && a.mbr_offset == b.mbr_offset;
}

const Device& innermost(const Device& device) {
  const Device* at = &device;
  while (!at->parent.empty()) at = &at->parent.front();
  return *at;
}

}  // namespace drydock::bcd
