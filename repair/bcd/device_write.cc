#include <fmt/format.h>

#include "repair/bcd/device.h"
#include "repair/bcd/format.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {

namespace {

constexpr std::size_t kHeaderSize = sizeof(DescriptorHeader);
// A path that Windows' own functions take, and far from a descriptor's 32 bits.
constexpr std::size_t kPathUnitsMax = 32767;

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::uint32_t size_of(const ByteVector& bytes) {
  return static_cast<std::uint32_t>(bytes.size());  // kPathUnitsMax bounds it
}

QualifiedPartition ids_of(const Device& device) {
  QualifiedPartition ids{};
  ids.kind = kDisk;
  ids.scheme = device.gpt ? kSchemeGpt : kSchemeMbr;
  if (device.gpt) {
    ids.partition = device.partition_id.bytes;
    ids.disk = device.disk_id.bytes;
    return ids;
  }
  MbrPartition partition{};
  partition.offset = device.mbr_offset;
  MbrDisk disk{};
  disk.signature = device.mbr_signature;
  static_cast<void>(store(ids.partition, 0, partition));  // both fit
  static_cast<void>(store(ids.disk, 0, disk));
  return ids;
}

// A descriptor of `type` around `body`.
ByteVector descriptor(std::uint32_t type, const ByteVector& body,
                      std::uint32_t flags = 0) {
  DescriptorHeader header{};
  header.type = type;
  header.flags = flags;
  header.size = static_cast<std::uint32_t>(kHeaderSize + body.size());
  ByteVector out;
  append(out, bytes_of(header));
  append(out, body);
  return out;
}

Result<ByteVector> terminated_path(const std::string& path) {
  auto units = to_utf16(path);
  if (!units || units->size() > kPathUnitsMax || units->find(u'\0') != units->npos) {
    return Error(Errc::bad_argument,
                 fmt::format("a path of {} bytes can't be stored", path.size()));
  }
  units->push_back(u'\0');
  return utf16le_bytes(*units);
}

Result<ByteVector> descriptor_of(const Device& device, int depth);

// What the device's file lies on, and its path there.
Result<ByteVector> file_path_of(const Device& device, int depth) {
  if (device.parent.size() != 1) {
    return Error(Errc::bad_argument, "a file lies on one other device");
  }
  ByteVector rest = TRY(descriptor_of(device.parent.front(), depth + 1));
  append(rest, TRY(terminated_path(device.path)));
  FilePath head{};
  head.version = kFilePathVersion;
  head.length = static_cast<std::uint32_t>(sizeof(head) + rest.size());
  head.source = kFilePathSource;
  ByteVector out;
  append(out, bytes_of(head));
  append(out, rest);
  return out;
}

Result<ByteVector> file_descriptor(const Device& device, int depth) {
  ByteVector body;
  append(body, bytes_of(le32(kFile)));
  append(body, TRY(file_path_of(device, depth)));
  return descriptor(kLocal, body);
}

Result<ByteVector> ramdisk_descriptor(const Device& device, int depth) {
  constexpr std::uint32_t kRamdiskFlags = 1;  // as in all 70 that were measured
  Ramdisk head{};
  head.kind = kRamdisk;
  ByteVector body;
  append(body, bytes_of(head));
  append(body, TRY(file_path_of(device, depth)));
  return descriptor(kLocal, body, kRamdiskFlags);
}

Result<ByteVector> vhd_descriptor(const Device& device, int depth) {
  VirtualDisk head{};
  head.kind = kVirtualDisk;
  ByteVector body;
  append(body, bytes_of(head));
  append(body, TRY(file_descriptor(device, depth + 1)));
  return descriptor(kLocal, body);
}

Result<ByteVector> locate_descriptor(const Device& device, int depth) {
  if (device.parent.size() > 1 || (device.element == 0) == device.path.empty()) {
    return Error(Errc::bad_argument,
                 "a locate has the path of its file, or the element that names it");
  }
  ByteVector path = TRY(terminated_path(device.path));
  Locate head{};
  head.mode = device.path.empty() ? kLocateByElement : kLocateByPath;
  head.element = device.element;
  if (!device.parent.empty()) {
    head.parent_offset =
        static_cast<std::uint32_t>(kHeaderSize + sizeof(head)) + size_of(path);
  }
  ByteVector body;
  append(body, bytes_of(head));
  append(body, path);
  if (!device.parent.empty()) {
    append(body, TRY(descriptor_of(device.parent.front(), depth + 1)));
  }
  return descriptor(kLocate, body);
}

Result<ByteVector> descriptor_of(const Device& device, int depth) {
  if (depth > kDeviceDepthMax) {
    return Error(Errc::bad_argument,
                 fmt::format("devices nest no deeper than {}", kDeviceDepthMax));
  }
  switch (device.kind) {
    case Device::Kind::boot:
      return descriptor(kBoot, ByteVector(kPlainDescriptorSize - kHeaderSize));
    case Device::Kind::partition: {
      ByteVector body;
      append(body, bytes_of(ids_of(device)));
      body.resize(kPlainDescriptorSize - kHeaderSize);
      return descriptor(kQualified, body);
    }
    case Device::Kind::ramdisk:
      return ramdisk_descriptor(device, depth);
    case Device::Kind::file:
      return file_descriptor(device, depth);
    case Device::Kind::vhd:
      return vhd_descriptor(device, depth);
    case Device::Kind::locate:
      return locate_descriptor(device, depth);
    case Device::Kind::unknown:
      break;
  }
  return Error(Errc::bad_argument, "an unknown device can be carried, but not made");
}

// One that isn't in `raw`, or not as `device` says.
Result<ByteVector> make_element(const Device& device) {
  ByteVector element;
  append(element, bytes_of(device.options));
  append(element, TRY(descriptor_of(device, 1)));
  return element;
}

}  // namespace

Result<ByteVector> encode_device(const Device& device) {
  bool plain =
      device.kind == Device::Kind::boot || device.kind == Device::Kind::partition;
  if (!plain) return device.raw.empty() ? make_element(device) : device.raw;
  Device before = decode_device(device.raw);
  if (before.kind != device.kind) return make_element(device);
  ByteVector element = device.raw;
  static_cast<void>(store(element, 0, device.options));
  if (device.kind == Device::Kind::partition && !same_partition(before, device)) {
    static_cast<void>(store(element, kOptionsSize + kHeaderSize, ids_of(device)));
  }
  return element;
}

}  // namespace drydock::bcd
