// Input: a device element as it lies in a store.

#include <algorithm>
#include <cstdlib>

#include "repair/bcd/device.h"

namespace drydock::bcd {
namespace {

void check_depth(const Device& device, int depth) {
  if (depth > kDeviceDepthMax || device.parent.size() > 1) std::abort();
  for (const Device& parent : device.parent) check_depth(parent, depth + 1);
}

// Any bytes are a device, if only an unknown one, and none is lost.
void check_device(Bytes raw) {
  Device device = decode_device(raw);
  auto again = encode_device(device);
  if (raw.empty()) return;  // nothing to carry
  check_depth(device, 1);
  if (!again || !std::ranges::equal(*again, raw)) std::abort();
  if (device.kind == Device::Kind::partition) {
    Device fresh = device;
    fresh.raw.clear();
    if (!same_partition(decode_device(*encode_device(fresh)), device)) std::abort();
  }
}

}  // namespace
}  // namespace drydock::bcd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::bcd::check_device(std::as_bytes(std::span(data, size)));
  return 0;
}
