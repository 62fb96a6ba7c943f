// What a volume that BitLocker encrypts says of itself: how it is encrypted, how
// far, and who may open it.  None of it needs a key.
//
// It is kept in three copies.  The one in force is that whose checksum is right and
// which has wrapped the most keys; after it is unlocked, unlock.h holds it against
// a hash that only the master key's owner could have written.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vhd/base/guid.h"
#include "vhd/bitlocker/method.h"
#include "vhd/block_device.h"

namespace drydock::bitlocker {

// One way to the master key.
enum class ProtectorKind : std::uint8_t {
  clear_key,  // it lies beside the lock: protection is suspended
  tpm,
  tpm_pin,
  tpm_startup_key,
  tpm_pin_startup_key,
  startup_key,
  recovery_password,
  public_key,  // a smart card, a data recovery agent, a network
  password,
  unknown,
};
// "recovery_password": as --json prints it.
std::string_view to_string(ProtectorKind kind);

struct Protector {
  Guid id;
  ProtectorKind kind = ProtectorKind::unknown;
  std::string name;           // what Windows calls it: "ExternalKey", or ""
  std::uint64_t changed = 0;  // FILETIME
  // What it takes to use it, where we can.  `clear_key` is of ProtectorKind::clear_key.
  std::optional<std::array<std::byte, 16>> salt;
  ByteVector clear_key;
  ByteVector wrapped_master_key;  // as WrapHeader has it; "" where there is none
};

enum class State : std::uint16_t {
  decrypted = 1,
  converting = 2,  // was on its way when the power went
  paused = 3,
  encrypted = 4,
  switching = 5,  // was on its way, and stopped in order
};
// "encrypted", "being encrypted or decrypted".
std::string_view to_string(State state);

// A part of the volume.
struct Region {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Metadata {
  std::uint16_t version = 0;  // 1 Vista, 2 later
  bool to_go = false;         // looks like FAT to who doesn't know it
  Guid volume_id;
  std::string description;    // the computer, the volume and the day
  std::uint64_t created = 0;  // FILETIME
  Method method{};
  State state{};
  // Only a part of it is encrypted, and bitmaps say which.
  bool encrypts_on_write = false;
  // Those bitmaps are there to be read.
  bool has_bitmaps = false;

  std::uint64_t size = 0;            // of the volume, in whole sectors
  std::uint32_t sector_size = 0;     // 512 or 4096: what is encrypted at once
  std::uint64_t encrypted_size = 0;  // what lies after it is plain
  // Bytes after encrypted_size that a conversion had in its hands.
  std::uint64_t converting_size = 0;
  std::array<Region, 3> copies;  // of this
  Region head;                   // where the volume's first bytes are; version 2
  std::uint64_t mft_mirror = 0;  // its cluster; version 1

  std::vector<Protector> protectors;
  ByteVector wrapped_volume_key;  // by the master key
  ByteVector checked;             // the bytes of the copy in force that are checked
  ByteVector wrapped_hash;        // their SHA-256; "" where there is none

  // Why the other copies weren't believed, or how they differ; mostly none.
  std::vector<std::string> copy_problems;
};

// Whether `boot`, the first 512 bytes of a volume, are those of such a volume.
bool is_bitlocker(Bytes boot);

// not_found where the volume isn't BitLocker's; corrupt where no copy can be
// believed; unsupported for a version or method that isn't known.
Result<Metadata> read_metadata(const BlockDevice& volume);

}  // namespace drydock::bitlocker
