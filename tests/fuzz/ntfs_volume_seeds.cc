#include "tests/fuzz/seeds.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {
namespace {

class Patches {
 public:
  // At `place` of the record of that number; those of mkntfs have 1024 bytes.
  template <OnDisk T>
  Patches& set(std::uint32_t record, std::uint32_t place, const T& value) {
    return append((record * 1024 + place) * 4 + 1, bytes_of(value));
  }
  // In the boot sector.
  template <OnDisk T>
  Patches& boot(std::uint32_t place, const T& value) {
    return append(place * 4, bytes_of(value));
  }
  ByteVector end(std::uint8_t choice) {
    bytes_.push_back(static_cast<std::byte>(choice));
    return bytes_;
  }

 private:
  Patches& append(std::uint32_t place, Bytes value) {
    le32 place_field(place);
    Bytes head = bytes_of(place_field);
    bytes_.insert(bytes_.end(), head.begin(), head.end());
    bytes_.push_back(static_cast<std::byte>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    return *this;
  }
  ByteVector bytes_;
};

}  // namespace

std::vector<ByteVector> make_seeds() {
  return {Patches().end(0),
          Patches().end(7),
          Patches().boot(0x0d, std::uint8_t(128)).end(1),   // sectors of a cluster
          Patches().boot(0x40, std::uint8_t(0xf0)).end(1),  // size of a record
          Patches().set(0, 0x14, le16(0xfff0)).end(2),      // $MFT's attributes
          Patches().set(5, 0x38, le32(0x90)).end(3),      // the root's first attribute
          Patches().set(6, 0x18, le32(8)).end(4),         // $Bitmap's bytes in use
          Patches().set(9, 0x3c, le32(0xffffff)).end(5),  // $Secure's attribute's size
          Patches().set(30, 0x58, le64(1ull << 62)).end(6)};
}

}  // namespace drydock::fuzz
