// One chunk's bytes, made larger again: libwim's XPRESS and LZX.

#pragma once

#include <memory>
#include <string>

#include "ntfs/wof/compression.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::wof {

class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // Fills `into`, a chunk or the rest of the last, with what `from` stands for.
  // corrupt where that isn't what it says.  Neither format has a checksum: damage
  // may go unseen.
  virtual Done decompress(Bytes from, MutableBytes into) = 0;
};

Result<std::unique_ptr<Decompressor>> make_decompressor(Compression compression);

std::string library_version();  // "1.13.6"

}  // namespace drydock::wof
