// Patches of what is kept in pieces: attributes' bytes, and records with their
// copies in the mirror.

#pragma once

#include "ntfs/record/file_table.h"
#include "ntfs/volume_mend.h"

namespace drydock::ntfs {

// Adds the patches that put `bytes` at `offset` of an attribute that isn't resident.
// corrupt where they are in a hole, or not mapped.
Done add_patches(const AttributeData& data, std::uint64_t offset, Bytes bytes,
                 std::uint32_t cluster_size, std::vector<VolumePatch>& patches);

// Adds those that write `record`, whose fixups are taken off, as number `number`, and
// its copy in the mirror where it has one.
Done add_record_patches(const FileTable& table, std::uint64_t number, ByteVector record,
                        std::vector<VolumePatch>& patches);

}  // namespace drydock::ntfs
