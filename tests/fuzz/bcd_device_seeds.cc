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

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector deep = boot();
  for (int i = 0; i < 2 * kDeviceDepthMax; ++i) deep = file(deep);
  return {element_of(boot()),
          element_of(partition(kSchemeGpt)),
          element_of(partition(kSchemeMbr)),
          element_of(ramdisk(boot())),
          element_of(file(partition(kSchemeMbr))),
          element_of(locate({})),
          element_of(locate(vhd(partition(kSchemeGpt)))),
          element_of(deep)};
}

}  // namespace drydock::fuzz
