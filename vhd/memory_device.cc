#include "vhd/memory_device.h"

namespace drydock {

Done MemoryDevice::do_read(std::uint64_t offset, MutableBytes into) const {
  std::memcpy(into.data(), bytes_.data() + offset, into.size());
  return {};
}

Done MemoryDevice::do_write(std::uint64_t offset, Bytes from) {
  std::memcpy(bytes_.data() + offset, from.data(), from.size());
  return {};
}

Done MemoryDevice::do_resize(std::uint64_t size) {
  bytes_.resize(size);
  return {};
}

}  // namespace drydock
