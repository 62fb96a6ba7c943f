#include "ntfs/mend/patch_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/fixups.h"
#include "ntfs/record/mirror.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

Done add_patches(const AttributeData& data, std::uint64_t offset, Bytes bytes,
                 std::uint32_t cluster_size, std::vector<VolumePatch>& patches) {
  while (!bytes.empty()) {
    std::size_t length =
        std::min<std::uint64_t>(bytes.size(), cluster_size - offset % cluster_size);
    auto place = data.locate(offset);
    if (!place) {
      return Error(Errc::corrupt, fmt::format("byte {} of it has no cluster", offset));
    }
    Bytes part = bytes.first(length);
    patches.push_back({.offset = *place, .bytes = {part.begin(), part.end()}});
    bytes = bytes.subspan(length);
    offset += length;
  }
  return {};
}

Done add_record_patches(const FileTable& table, std::uint64_t number, ByteVector record,
                        std::vector<VolumePatch>& patches) {
  const BootSector& boot = table.boot();
  if (!put_fixups(record)) {
    return Error(Errc::corrupt, "it has no room for its fixups");
  }
  TRY(add_patches(table.data(), number * boot.record_size, record, boot.cluster_size,
                  patches));
  if (number < kMirroredCount) {
    patches.push_back({.offset = boot.mirror_offset + number * boot.record_size,
                       .bytes = std::move(record)});
  }
  return {};
}

}  // namespace drydock::ntfs
