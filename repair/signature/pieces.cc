#include "repair/signature/pieces.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

constexpr std::uint64_t kPieceSize = 1 << 20;  // larger ones are no faster

}  // namespace

Done for_each_piece(const BlockDevice& file, std::span<const Range> ranges,
                    const std::function<void(Bytes piece)>& use,
                    const Progress& progress) {
  std::uint64_t total = 0;
  std::uint64_t longest = 0;
  for (const Range& range : ranges) {
    total += range.length;
    longest = std::max(longest, range.length);
  }
  ByteVector buffer(std::min(kPieceSize, longest));
  std::uint64_t done = 0;
  for (const Range& range : ranges) {
    for (std::uint64_t at = 0; at < range.length;) {
      std::uint64_t length = std::min<std::uint64_t>(buffer.size(), range.length - at);
      MutableBytes piece = MutableBytes(buffer).first(length);
      TRY(file.read(range.offset + at, piece));
      use(piece);
      at += length;
      done += length;
      if (progress) TRY(progress(done, total));
    }
  }
  return {};
}

}  // namespace drydock::signature
