// What BitLocker does with keys, by OpenSSL.

#pragma once

#include <array>
#include <optional>

#include "vhd/base/bytes.h"
#include "vhd/bitlocker/secret.h"

namespace drydock::bitlocker {

Secret sha256(Bytes bytes);

// The key that a password comes to.  `hash` is the SHA-256 that libbde, "Recovery
// key" and "User key", tell how to make.  2^20 rounds, about half a second: what
// makes guessing slow.
Secret stretch(const Secret& hash, const std::array<std::byte, 16>& salt);

// Of AES-256-CCM, a nonce of 12 bytes and a MAC of 16: the plaintext, or nothing
// where `key` isn't the one.
std::optional<Secret> open_wrapped(const Secret& key, Bytes nonce, Bytes mac,
                                   Bytes ciphertext);

}  // namespace drydock::bitlocker
