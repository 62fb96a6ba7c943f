#include "tests/fuzz/seeds.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {
namespace {

// Places among fat_fuzz.cc's structure sectors.
enum Sector : std::uint16_t { kBoot, kInfo, kTable, kSecond, kRoot = 5, kEfi };

// Added to the choice: the volume is FAT12.
constexpr std::uint8_t kFat12 = 128;

class Patches {
 public:
  template <OnDisk T>
  Patches& set(Sector sector, std::uint16_t place, const T& value) {
    append(bytes_of(le16(sector)));
    append(bytes_of(le16(place)));
    bytes_.push_back(static_cast<std::byte>(sizeof(T)));
    append(bytes_of(value));
    return *this;
  }
  // The table's entry in both copies.
  Patches& link(std::uint16_t cluster, std::uint32_t next) {
    auto place = static_cast<std::uint16_t>(cluster * 4);
    return set(kTable, place, le32(next)).set(kSecond, place, le32(next));
  }
  ByteVector end(std::uint8_t choice) {
    bytes_.push_back(static_cast<std::byte>(choice));
    return bytes_;
  }

 private:
  void append(Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  ByteVector bytes_;
};

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  // The sound volume, each pair of names once.
  for (std::uint8_t choice = 0; choice < 25; ++choice) {
    seeds.push_back(Patches().end(choice));
    seeds.push_back(Patches().end(kFat12 + choice));
  }
  seeds.push_back(Patches().link(7, 5).end(0));           // a file in circles
  seeds.push_back(Patches().link(2, 3).end(1));           // the root goes on in \EFI
  seeds.push_back(Patches().link(3, 3).end(2));           // \EFI in circles
  seeds.push_back(Patches().link(6, 0).end(3));           // into a free cluster
  seeds.push_back(Patches().link(6, 0x0FFFFFF7).end(4));  // into a bad one
  seeds.push_back(Patches().link(6, 5000).end(5));        // out of the volume
  seeds.push_back(Patches().set(kTable, 24, le32(9)).end(0));     // copies differ
  seeds.push_back(Patches().set(kEfi, 64 + 26, le16(2)).end(6));  // Boot is the root
  seeds.push_back(Patches().set(kEfi, 64 + 26, le16(0)).end(7));  // Boot is nowhere
  seeds.push_back(
      Patches().set(kRoot, 96 + 28, le32(1 << 30)).end(1));        // a size too far
  seeds.push_back(Patches().set(kRoot, 96 + 26, le16(4)).end(1));  // a file of slots
  seeds.push_back(Patches().set(kInfo, 0x1e8, le32(1)).end(50));   // a wrong free count
  seeds.push_back(Patches().set(kBoot, 0x0d, std::uint8_t(128)).end(0));
  seeds.push_back(Patches().set(kBoot, 0x10, std::uint8_t(1)).end(100));
  seeds.push_back(Patches().set(kBoot, 0x28, le16(0x81)).end(105));  // one table in use
  seeds.push_back(Patches().set(kBoot, 0x2c, le32(9)).end(0));  // a file as the root
  seeds.push_back(Patches().set(kBoot, 0x41, std::uint8_t(1)).end(0));   // dirty
  seeds.push_back(Patches().set(kTable, 9, le16(0x006)).end(kFat12));    // in circles
  seeds.push_back(Patches().set(kTable, 10, le16(0x0FF0)).end(kFat12));  // nowhere
  seeds.push_back(Patches().set(kBoot, 0x11, le16(0)).end(kFat12));      // no root
  seeds.push_back(Patches().set(kBoot, 0x11, le16(0xFFFF)).end(kFat12));
  seeds.push_back(Patches().set(kBoot, 0x16, le16(1)).end(kFat12));
  return seeds;
}

}  // namespace drydock::fuzz
