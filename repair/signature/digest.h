// A Digest is what one algorithm makes of a run of bytes.
//
// It holds its bytes in itself, so that an index of all the hashes that a
// Windows' catalogs name -- hundreds of thousands -- is one block of memory.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vhd/base/bytes.h"

namespace drydock::signature {

// What Windows has signed with, from the weakest on.
enum class Algorithm : std::uint8_t { md5, sha1, sha256, sha384, sha512 };

std::string_view to_string(Algorithm algorithm);  // "sha256"
std::size_t digest_size(Algorithm algorithm);     // in bytes

struct Digest {
  Algorithm algorithm = Algorithm::sha256;
  std::array<std::byte, 64> storage{};  // SHA-512's size; zeros behind bytes()

  // Nothing where `bytes` aren't as many as the algorithm makes.
  static std::optional<Digest> of(Algorithm algorithm, Bytes bytes);

  Bytes bytes() const { return Bytes(storage).first(digest_size(algorithm)); }
  std::string hex() const;  // lower case

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// Hashes what it is given, piece by piece.
class Hasher {
 public:
  explicit Hasher(Algorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  Algorithm algorithm() const;
  void add(Bytes bytes);

  // Of all that was added since the last finish(); then it begins anew.
  Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::signature

// A digest is as good as random: any eight of its bytes will do.
template <>
struct std::hash<drydock::signature::Digest> {
  std::size_t operator()(const drydock::signature::Digest& digest) const noexcept;
};
