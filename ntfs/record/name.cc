#include "ntfs/record/name.h"

#include <fmt/format.h>

#include "ntfs/record/layout.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

Result<RecordName> decode_name(Bytes value) {
  auto found = load<FileName>(value);
  std::size_t size = found ? 2 * std::size_t{found->length} : 0;
  if (size == 0 || size > value.size() - sizeof(FileName)) {
    return Error(Errc::corrupt,
                 fmt::format("a name of {} bytes can't be in {}", size, value.size()));
  }
  return RecordName{.directory = Reference::unpack(found->parent),
                    .name = utf16le(value.subspan(sizeof(FileName), size)),
                    .space = found->space};
}

}  // namespace drydock::ntfs
