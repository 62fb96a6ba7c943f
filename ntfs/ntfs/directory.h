// What an open directory holds.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
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
// Calls `visit` for each name until it returns false: for all but "." and "..", the
// 8.3 aliases and NTFS's own files.  It may open other files, to read them.
using VisitIndexed = std::function<bool(IndexedName&& name)>;
Done visit_directory(const Inode& directory, const VisitIndexed& visit);

// The same names, once the directory has been read.
Result<std::deque<IndexedName>> read_directory(const Inode& directory);

// The first few directories in `directory`, or the first few other files.
enum class Kind : std::uint8_t { file, directory };
Result<std::vector<Reference>> first_files(const Inode& directory, Kind kind);

}  // namespace drydock::ntfs
