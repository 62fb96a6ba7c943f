// SHA-256: OpenSSL's, and on a Windows host that of Windows itself.

#pragma once

#include <memory>
#include <string>

#include "vhd/base/bytes.h"

namespace drydock {

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(Bytes bytes);

  // Of all that was added: 64 lower-case hex digits.  The last call.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock
