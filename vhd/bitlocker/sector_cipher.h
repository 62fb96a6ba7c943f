// Encrypts and decrypts the sectors of a volume, by OpenSSL.
//
// The same plaintext at the same place always gives the same ciphertext; at another
// place, another.
//
// Threads: const members may run at the same time as each other.

#pragma once

#include <memory>

#include "vhd/base/result.h"
#include "vhd/bitlocker/key_ring.h"

namespace drydock::bitlocker {

class SectorCipher {
 public:
  // unsupported where OpenSSL doesn't take the key.
  static Result<std::unique_ptr<SectorCipher>> create(const VolumeKey& key,
                                                      std::uint32_t sector_size);
  ~SectorCipher();

  // In place, of whole sectors, the first of which lies `offset` bytes into the
  // volume.
  Done decrypt(std::uint64_t offset, MutableBytes sectors) const;
  Done encrypt(std::uint64_t offset, MutableBytes sectors) const;

 private:
  struct Impl;
  explicit SectorCipher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::bitlocker
