#include "vhd/content_hash.h"

#include <algorithm>

#include "vhd/base/endian.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"

namespace drydock {

namespace {

// Pieces read at once.
constexpr std::uint64_t kReadSize = 64 * kHashPieceSize;

}  // namespace

Result<std::string> content_hash(const BlockDevice& device, const Progress& progress) {
  Sha256 hash;
  hash.add(bytes_of(le64(device.size())));
  ByteVector buffer(kReadSize);
  for (std::uint64_t at = 0; at < device.size();) {
    Extent extent = TRY(device.extent(at));
    // A piece is skipped unread only where a run of zeros holds it whole.
    std::uint64_t run_end = at + extent.length;
    std::uint64_t skip_end =
        run_end == device.size() ? run_end : run_end / kHashPieceSize * kHashPieceSize;
    if (extent.zero && skip_end > at) {
      at = skip_end;
      continue;
    }
    std::uint64_t length = std::min(kReadSize, device.size() - at);
    TRY(device.read(at, MutableBytes(buffer).first(length)));
    for (std::uint64_t piece = 0; piece < length; piece += kHashPieceSize) {
      Bytes bytes =
          Bytes(buffer).subspan(piece, std::min(kHashPieceSize, length - piece));
      if (is_zero(bytes)) continue;
      hash.add(bytes_of(le64(at + piece)));
      hash.add(bytes);
    }
    at += length;
    if (progress) TRY(progress(at, device.size()));
  }
  return hash.hex();
}

}  // namespace drydock
