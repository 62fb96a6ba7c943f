// A file that is only in memory, for a library that opens files by name.

#pragma once

#include <string>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

class MemoryFile {
 public:
  // Holds a copy of `bytes`.  io where the host refuses.
  static Result<MemoryFile> create(Bytes bytes);
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&& other) noexcept;
  ~MemoryFile();

  // Names it within this process, for as long as it lives.  A sandbox that
  // hides the host's files doesn't hide it.
  std::string path() const;

  Result<ByteVector> read() const;

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace drydock::hive
