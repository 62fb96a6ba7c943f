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

// What we can make says, made anew, what was read.
void check_made(const Device& device) {
  Device fresh = device;
  fresh.raw.clear();
  auto made = encode_device(fresh);
  if (!made) return;
  Device again = decode_device(*made);
  if (again.kind != device.kind || again.path != device.path ||
      innermost(again).kind != innermost(device).kind) {
    std::abort();
  }
}

// Any bytes are a device, if only an unknown one, and none is lost.
void check_device(Bytes raw) {
  Device device = decode_device(raw);
  auto again = encode_device(device);
  if (raw.empty()) return;  // nothing to carry
  check_depth(device, 1);
  check_made(device);
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
