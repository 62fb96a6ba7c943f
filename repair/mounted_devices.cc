#include "repair/mounted_devices.h"

#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::string_view kGptMark = "DMIO:ID:";
constexpr std::string_view kLetterPrefix = "\\DosDevices\\";

// The data of an MBR partition's value; seen on every Windows since 2000.
struct MbrName {
  le32 signature;  // +0x0  as at 0x1b8 of the master boot record
  le64 offset;     // +0x4  in bytes
};
static_assert(OnDisk<MbrName> && sizeof(MbrName) == 12);

}  // namespace

std::optional<MountedDevice> parse_mounted_device(Bytes data) {
  if (data.size() == kGptMark.size() + sizeof(Guid) &&
      as_text(data.first(kGptMark.size())) == kGptMark) {
    return MountedDevice{.partition_id = load<Guid>(data, kGptMark.size())};
  }
  if (data.size() == sizeof(MbrName)) {
    auto name = load<MbrName>(data);
    return MountedDevice{.partition_id = {},
                         .mbr_signature = name->signature,
                         .mbr_offset = name->offset};
  }
  return std::nullopt;
}

Result<std::vector<MountedLetter>> read_mounted_letters(const hive::Hive& system) {
  std::vector<MountedLetter> letters;
  hive::Key key = TRY(system.find("MountedDevices"));
  for (const hive::Value& value : TRY(system.values(key))) {
    std::string name = ascii_lower(value.name);
    if (name.size() != kLetterPrefix.size() + 2 ||
        !equal_ignoring_case(name.substr(0, kLetterPrefix.size()), kLetterPrefix) ||
        name.back() != ':') {
      continue;
    }
    char letter = name[kLetterPrefix.size()];
    if (letter < 'a' || letter > 'z') continue;
    if (auto device = parse_mounted_device(value.data)) {
      letters.push_back({.letter = letter, .device = *device});
    }
  }
  return letters;
}

}  // namespace drydock::repair
