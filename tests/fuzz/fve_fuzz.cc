// Input: one byte of choices, and the first copy of a volume's metadata, or a startup
// key's file, or a key file.  The checksum of the copy is put right where the choices
// say so, so that what lies behind it is reached.
//
// The volume is opened by a key of its own of whatever size it takes, which needs no
// hash to be right.  Then every byte is read, and what is written is read back.

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "vhd/base/crc.h"
#include "vhd/base/endian.h"
#include "vhd/bitlocker/format.h"
#include "vhd/bitlocker/volume.h"
#include "vhd/memory_device.h"

namespace drydock::bitlocker {
namespace {

constexpr std::size_t kSize = 256 * 1024;
constexpr std::size_t kCopy = 64 * 1024;

constexpr std::uint8_t kSeal = 1;
constexpr std::uint8_t kToGo = 2;
constexpr std::uint8_t kOnWrite = 4;
constexpr std::uint8_t kVista = 8;
constexpr std::uint8_t kStartupKey = 16;
constexpr std::uint8_t kKeyFile = 32;
constexpr std::uint8_t kLargeSectors = 64;

template <class T>
void put(MutableBytes bytes, std::size_t offset, const T& value) {
  if (!store(bytes, offset, value)) std::abort();
}

void seal(MutableBytes volume) {
  std::uint16_t version = *load<le16>(volume, kCopy + offsetof(BlockHeader, version));
  std::size_t size = *load<le16>(volume, kCopy + offsetof(BlockHeader, size));
  if (version != 1) size *= 16;
  if (size + sizeof(Validation) > volume.size() - kCopy) return;
  put(volume, kCopy + size + offsetof(Validation, crc),
      le32(crc32(volume.subspan(kCopy, size))));
}

ByteVector volume_of(std::uint8_t choices, Bytes copy) {
  ByteVector volume(kSize);
  std::string_view name = (choices & kToGo) != 0 ? "MSWIN4.1" : kSignature;
  std::memcpy(volume.data() + 3, name.data(), name.size());
  put(volume, 11, le16((choices & kLargeSectors) != 0 ? 4096 : 512));
  volume[13] = std::byte{1};
  if ((choices & kVista) != 0) {
    put(volume, offsetof(BootSector, vista_metadata_cluster),
        le64(kCopy / *load<le16>(volume, 11)));
  } else {
    Places places{};
    places.id = (choices & kOnWrite) != 0 ? kEncryptOnWriteId : kMetadataId;
    places.offsets[0] = kCopy;
    put(volume, (choices & kToGo) != 0 ? kToGoPlacesOffset : kPlacesOffset, places);
  }
  std::memcpy(volume.data() + kCopy, copy.data(), std::min(copy.size(), kSize - kCopy));
  if ((choices & kSeal) != 0) seal(volume);
  return volume;
}

// The stretches of what can be written are read back as they were written.
void use(Volume& volume) {
  ByteVector all(volume.size());
  if (!volume.read(0, all)) std::abort();
  ByteVector bytes(1000, std::byte{0x5a});
  for (std::uint64_t at = 300; at + bytes.size() <= volume.size(); at += 30'000) {
    if (!volume.write(at, bytes)) continue;
    std::memcpy(all.data() + at, bytes.data(), bytes.size());
  }
  ByteVector again(volume.size());
  if (!volume.read(0, again) || again != all) std::abort();
  for (std::uint64_t at = 0; at < volume.size();) {
    auto extent = volume.extent(at);
    if (!extent || extent->length == 0) std::abort();
    at += extent->length;
  }
}

void open(ByteVector bytes) {
  auto below = std::make_shared<MemoryDevice>(std::move(bytes));
  auto metadata = read_metadata(*below);
  if (!metadata) return;
  std::string digits(2 * key_size(metadata->method), '0');
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = "0123456789"[i % 10];
  KeyRing ring;
  // XTS refuses a key whose halves are alike.
  digits.back() = 'f';
  ring.add(std::nullopt, *volume_key(digits));
  auto volume = Volume::open(below, ring);
  if (volume) use(**volume);
}

}  // namespace
}  // namespace drydock::bitlocker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::bitlocker;
  if (size == 0) return 0;
  std::uint8_t choices = data[0];
  Bytes input = std::as_bytes(std::span(data, size)).subspan(1);
  if ((choices & kStartupKey) != 0) {
    static_cast<void>(startup_key(input));
  } else if ((choices & kKeyFile) != 0) {
    static_cast<void>(read_key_file(input, [&](const std::string&) -> Result<Secret> {
      return Secret(input.first(std::min<std::size_t>(input.size(), 200)));
    }));
  } else {
    open(volume_of(choices, input));
  }
  return 0;
}
