// A file that WOF compressed.  Input: which of the four ways (1 byte), the file's
// size (3 bytes), then its stream WofCompressedData.  Or, where the first byte's
// high bit is set, the value of a reparse point.

#include <cstdlib>

#include "ntfs/wof/expanded_device.h"
#include "vhd/memory_device.h"

namespace drydock::wof {
namespace {

// Of a file; what is larger only takes longer.
constexpr std::uint64_t kSizeMax = 1 << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_reparse_data(Bytes input) {
  auto compression = read_reparse_data(input);
  if (compression) require(chunk_size(*compression) >= 4096);
}

// What is read twice, in other parts, is the same.
void try_stream(Compression compression, std::uint64_t size, Bytes stream) {
  auto device =
      expand(std::make_shared<MemoryDevice>(ByteVector(stream.begin(), stream.end())),
             size, compression);
  if (!device) return;
  require((*device)->size() == size);
  ByteVector whole(size);
  bool readable = static_cast<bool>((*device)->read(0, whole));
  for (std::uint64_t at = 0; at < size; at += 5'000) {
    ByteVector part(std::min<std::uint64_t>(5'000, size - at));
    bool read = static_cast<bool>((*device)->read(at, part));
    if (!readable) continue;
    require(read);
    require(std::equal(part.begin(), part.end(), whole.begin() + std::ptrdiff_t(at)));
  }
}

}  // namespace
}  // namespace drydock::wof

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::wof;
  if (size < 4) return 0;
  drydock::Bytes input = std::as_bytes(std::span(data, size));
  if ((data[0] & 0x80) != 0) {
    try_reparse_data(input.subspan(1));
    return 0;
  }
  std::uint64_t file_size = (data[1] | data[2] << 8 | data[3] << 16) % kSizeMax;
  try_stream(static_cast<Compression>(data[0] % 4), file_size, input.subspan(4));
  return 0;
}
