// The keys that are at hand, and which volumes each is for.
//
// A fleet's ring has a line for each machine; a single disk's, one.  Once a key has
// opened a volume the ring remembers the volume's master key, so that opening it
// again costs no second half a second of stretching.
//
// Threads: const members may run at the same time as each other.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "vhd/bitlocker/key.h"
#include "vhd/bitlocker/metadata.h"

namespace drydock::bitlocker {

// What a volume's sectors are encrypted with.
struct VolumeKey {
  Method method{};
  Secret bytes;
};

class KeyRing {
 public:
  KeyRing();
  ~KeyRing();
  KeyRing(KeyRing&&) noexcept;
  KeyRing& operator=(KeyRing&&) noexcept;

  // Of the volume or of the protector `id`; of any where there is none.
  void add(std::optional<Guid> id, Key key);

  // How many keys there are.
  std::size_t size() const;

  // The key to `metadata`'s volume: a clear key of its own, else by those keys that
  // are for one of its protectors, for the volume, and for any, in this order.
  // unsupported where none fits, with the protectors that it has; corrupt where what
  // is opened isn't as its own hash says.
  Result<VolumeKey> unlock(const Metadata& metadata) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

using KeyRingPtr = std::shared_ptr<const KeyRing>;

// Reads what a line of a key file names: a startup key's file.
using ReadStartupKey = std::function<Result<Secret>(const std::string& name)>;

// A key file: a startup key (.BEK), or text, one key a line:
//
//   # comment
//   ID recovery-password 111111-222222-...
//   ID password the rest of the line
//   ID startup-key FILE
//   ID volume-key HEX
//
// ID is a volume's or a protector's GUID, with or without braces, or * for any.
// bad_argument names the line that isn't so, and never repeats it.
Result<KeyRing> read_key_file(Bytes file, const ReadStartupKey& read_startup_key);

// A line for each of ten thousand machines takes 1 MiB.
inline constexpr std::size_t kKeyFileSizeMax = 16 << 20;

}  // namespace drydock::bitlocker
