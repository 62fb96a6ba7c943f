// The check of an NTFS volume.  Input: patches of a small sound one, each an offset
// (4 bytes), a length (1 byte) and so many bytes.

#include <cstdlib>

#include "ntfs/volume_check.h"
#include "ntfs/volume_mend.h"
#include "tests/fuzz/check_volume.h"
#include "vhd/base/endian.h"
#include "vhd/memory_device.h"

namespace drydock::fuzz {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const ByteVector& sound_volume() {
  static const ByteVector volume = CheckedVolume().take();
  return volume;
}

ByteVector patched(Bytes input) {
  ByteVector volume = sound_volume();
  while (auto place = load<le32>(input)) {
    input = input.subspan(sizeof(le32));
    if (input.empty()) break;
    std::size_t length = std::to_integer<std::size_t>(input[0]);
    input = input.subspan(1);
    length = std::min(length, input.size());
    std::size_t at = *place % volume.size();
    length = std::min(length, volume.size() - at);
    std::copy_n(input.begin(), length, volume.begin() + at);
    input = input.subspan(length);
  }
  return volume;
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  auto device = std::make_shared<MemoryDevice>(
      fuzz::patched(std::as_bytes(std::span(data, size))));
  ByteVector before(device->bytes().begin(), device->bytes().end());
  auto check = check_volume(device);
  for (VolumePart part : {VolumePart::boot_sector, VolumePart::mft_mirror,
                          VolumePart::attribute_lists, VolumePart::dirty_mark}) {
    static_cast<void>(bool(find_wound(device, part, Records::all)));
  }
  fuzz::require(std::ranges::equal(before, device->bytes()));
  if (!check) return 0;
  fuzz::require(check->problems.size() <= kProblemCountMax);
  fuzz::require(check->problems.size() <= check->error_count + check->warning_count);
  return 0;
}
