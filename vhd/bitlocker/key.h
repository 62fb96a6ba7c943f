// What a person has to open a volume with, as it is before any volume is known.

#pragma once

#include <cstdint>
#include <string_view>

#include "vhd/base/guid.h"
#include "vhd/base/result.h"
#include "vhd/bitlocker/secret.h"

namespace drydock::bitlocker {

struct Key {
  enum class Kind : std::uint8_t {
    recovery_password,
    password,
    startup_key,
    volume_key,  // what the sectors are encrypted with
  };
  Kind kind{};
  Secret bytes;    // hashed, of the two passwords
  Guid protector;  // of a startup key: whose it is
};

// The errors of all four say what is wrong without a word of the secret itself.

// 48 digits in groups of six with a '-' or a space between.  bad_argument names the
// group that can't be: each is a multiple of 11 below 720896.
Result<Key> recovery_password(std::string_view digits);

// UTF-8.
Result<Key> password(std::string_view text);

// A .BEK file.  corrupt where it isn't one.
Result<Key> startup_key(Bytes file);

// In hexadecimal, as forensic programs print it.
Result<Key> volume_key(std::string_view digits);

// What `startup_key()` takes is never larger: the files are 156 to 180 bytes.
inline constexpr std::size_t kStartupKeySizeMax = 4096;

}  // namespace drydock::bitlocker
