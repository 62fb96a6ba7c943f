// Bytes that must not outlive their use: keys and passwords.  They are wiped when
// they go, and nothing prints them.

#pragma once

#include <cstddef>
#include <utility>

#include "vhd/base/bytes.h"

namespace drydock::bitlocker {

// Overwrites `bytes` in a way that no compiler leaves out.
void wipe(MutableBytes bytes);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : bytes_(size) {}
  explicit Secret(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    wipe(bytes_);
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  Secret copy() const { return Secret(Bytes(bytes_)); }
  Bytes bytes() const { return bytes_; }
  MutableBytes writable() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  ByteVector bytes_;  // never grows, which would leave a copy behind
};

}  // namespace drydock::bitlocker
