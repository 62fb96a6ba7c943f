#include "repair/bcd/format.h"
#include "repair/bcd/names.h"
#include "tests/fuzz/seeds.h"
#include "vhd/base/utf16.h"

namespace drydock::fuzz {
namespace {

using namespace bcd;

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

ByteVector descriptor(std::uint32_t type, Bytes body) {
  DescriptorHeader header{};
  header.type = type;
  header.size = static_cast<std::uint32_t>(sizeof(header) + body.size());
  ByteVector bytes;
  append(bytes, bytes_of(header));
  append(bytes, body);
  return bytes;
}

ByteVector boot() { return descriptor(kBoot, ByteVector(56)); }

ByteVector partition(std::uint32_t scheme) {
  QualifiedPartition ids{};
  ids.scheme = scheme;
  ids.partition[0] = std::byte{1};
  ids.disk[0] = std::byte{2};
  ByteVector body;
  append(body, bytes_of(ids));
  body.resize(body.size() + 16);
  return descriptor(kQualified, body);
}

ByteVector file_path(Bytes parent) {
  ByteVector text = utf16le_bytes(std::u16string_view(u"\\a\0", 3));
  FilePath path{};
  path.version = kFilePathVersion;
  path.source = kFilePathSource;
  path.length = static_cast<std::uint32_t>(sizeof(path) + parent.size() + text.size());
  ByteVector bytes;
  append(bytes, bytes_of(path));
  append(bytes, parent);
  append(bytes, text);
  return bytes;
}

ByteVector file(Bytes parent) {
  ByteVector body;
  append(body, bytes_of(le32(kFile)));
  append(body, file_path(parent));
  return descriptor(kLocal, body);
}

ByteVector ramdisk(Bytes parent) {
  Ramdisk head{};
  head.kind = kRamdisk;
  ByteVector body;
  append(body, bytes_of(head));
  append(body, file_path(parent));
  return descriptor(kLocal, body);
}

ByteVector vhd(Bytes parent) {
  VirtualDisk head{};
  head.kind = kVirtualDisk;
  ByteVector body;
  append(body, bytes_of(head));
  append(body, file(parent));
  return descriptor(kLocal, body);
}

ByteVector locate(Bytes parent) {
  Locate head{};
  head.element = element::application_path;
  head.parent_offset = parent.empty() ? 0 : 0x1e;
  ByteVector body;
  append(body, bytes_of(head));
  body.resize(body.size() + 2);
  append(body, parent);
  return descriptor(kLocate, body);
}

// The element of a descriptor, with no options.
ByteVector element_of(Bytes descriptor) {
  ByteVector bytes(kOptionsSize);
  append(bytes, descriptor);
  return bytes;
}

ByteVector device_seed(Bytes descriptor) {
  ByteVector seed(1);
  append(seed, element_of(descriptor));
  return seed;
}

// One record of a store, as bcd_fuzz.cc takes them.
void append_record(ByteVector& seed, std::uint8_t object, ElementId id,
                   hive::ValueType type, Bytes data) {
  seed.push_back(std::byte{object});
  append(seed, bytes_of(le32(id)));
  seed.push_back(static_cast<std::byte>(type));
  seed.push_back(static_cast<std::byte>(data.size()));
  append(seed, data);
}

ByteVector store_seed() {
  using hive::Value;
  constexpr ObjectId loader = "11111111-2222-3333-4444-555555555555"_guid;
  ByteVector seed{std::byte{1}};
  auto add = [&](std::uint8_t object, ElementId id, const Value& value) {
    append_record(seed, object, id, value.type, value.data);
  };
  ByteVector eight(8);
  add(0, element::default_object, Value::sz("", to_string(loader)));
  add(0, element::display_order, Value::multi_sz("", {to_string(loader)}));
  add(0, element::timeout, Value::binary("", Bytes(eight).first(1)));
  add(0, element::inherit, Value::multi_sz("", {to_string(kEmsSettings)}));
  add(1, element::inherit, Value::multi_sz("", {to_string(kBootManager)}));
  add(1, element::boot_ems, Value::binary("", Bytes(eight).first(1)));
  add(2, element::os_device,
      Value::binary("", element_of(ramdisk(partition(kSchemeGpt)))));
  add(2, element::application_path, Value::sz("", "\\winload.efi"));
  add(2, element::safe_boot, Value::binary("", eight));
  add(2, 0x17000077, Value::binary("", eight));
  return seed;
}

ByteVector wrong_types_seed() {
  using hive::Value;
  ByteVector seed{std::byte{1}};
  for (ElementId format = 0; format < 9; ++format) {
    Value value = format % 2 == 0 ? Value::sz("", "{x}") : Value::dword("", 1);
    append_record(seed, 2, 0x20000001 | format << 24, value.type, value.data);
  }
  return seed;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector deep = boot();
  for (int i = 0; i < 2 * kDeviceDepthMax; ++i) deep = file(deep);
  ByteVector in_vhd = vhd(partition(kSchemeGpt));
  return {device_seed(boot()),
          device_seed(partition(kSchemeGpt)),
          device_seed(partition(kSchemeMbr)),
          device_seed(ramdisk(boot())),
          device_seed(file(partition(kSchemeMbr))),
          device_seed(locate({})),
          device_seed(locate(in_vhd)),
          device_seed(deep),
          store_seed(),
          wrong_types_seed()};
}

}  // namespace drydock::fuzz
