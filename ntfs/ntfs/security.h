// Who owns a file and may do what with it: the volume's security descriptors.
//
// Since NTFS 3.0 a file has a number, and $Secure has the descriptor; one that
// several files share is kept once.  Older records hold their own.

#pragma once

#include <optional>
#include <string_view>

#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// Self-relative; nothing where the file has none.
Result<std::optional<ByteVector>> descriptor_of(const Inode& inode);

// As FileSystem has it.
Done set_security(Mount& mount, std::string_view path, Bytes descriptor);

}  // namespace drydock::ntfs
