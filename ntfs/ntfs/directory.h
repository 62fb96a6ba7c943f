// What an open directory holds.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// Which file `name` is in an open directory: the one so written, else the one
// that differs in case only.  Nothing where there is none.
Result<std::optional<Reference>> look_up(const Inode& directory,
                                         std::u16string_view name);

// A name as a directory has it.
struct IndexedName {
  std::string name;  // WTF-8
  Reference file;
  FileKind kind = FileKind::file;  // as far as the directory says; WOF's are
                                   // reparse points there
};
// All but "." and "..", the 8.3 aliases and NTFS's own files.
Result<std::vector<IndexedName>> read_directory(const Inode& directory);

// The first few directories in `directory`, or the first few other files.
enum class Kind : std::uint8_t { file, directory };
Result<std::vector<Reference>> first_files(const Inode& directory, Kind kind);

}  // namespace drydock::ntfs
