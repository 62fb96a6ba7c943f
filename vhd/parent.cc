#include "vhd/parent.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock {

Done check_parent(const ImageFacts& child, const ImageOptions& options) {
  if (!options.parent) {
    return Error(Errc::not_found,
                 fmt::format("this is a differencing image, and holds only what has "
                             "changed since its parent, {}; without that it can't be "
                             "read",
                             child.parent_paths.empty() ? "whose name it doesn't record"
                                                        : child.parent_paths.front()));
  }
  ImageFacts parent = options.parent->facts();
  if (parent.format != child.format) {
    return Error(Errc::unsupported,
                 fmt::format("the parent is {}, and that of a {} is one too",
                             to_string(parent.format), to_string(child.format)));
  }
  if (parent.logical_sector_size != child.logical_sector_size) {
    return Error(Errc::unsupported,
                 fmt::format("the parent has sectors of {} bytes, and this image {}",
                             parent.logical_sector_size, child.logical_sector_size));
  }
  if (options.accept_any_parent) return {};
  if (parent.link_id && (parent.link_id == child.parent_link_id ||
                         parent.link_id == child.parent_link_id2)) {
    return {};
  }
  return Error(
      Errc::bad_argument,
      fmt::format("the parent is {}, and this image was made from {}: the parent has "
                  "been written to since, or is another image, so that what the two "
                  "show together is no disk that there ever was; find the right "
                  "parent (--parent FILE)",
                  parent.link_id ? to_string(*parent.link_id) : "without an id",
                  child.parent_link_id ? to_string(*child.parent_link_id)
                                       : "one that it doesn't name"));
}

Done read_parent(const Image& parent, std::uint64_t offset, MutableBytes into) {
  std::uint64_t there = parent.size() > offset ? parent.size() - offset : 0;
  std::size_t length = std::min<std::uint64_t>(into.size(), there);
  if (length != 0) TRY(parent.read(offset, into.first(length)));
  std::memset(into.data() + length, 0, into.size() - length);
  return {};
}

Result<Mapping> map_parent(const Image& parent, std::uint64_t offset,
                           std::uint64_t length_max) {
  Mapping mapping{.length = length_max,
                  .depth = 1,
                  .present = false,
                  .zero = true,
                  .file_offset = {}};
  if (offset >= parent.size()) return mapping;
  mapping = TRY(parent.map(offset));
  mapping.length = std::min(mapping.length, length_max);
  ++mapping.depth;
  return mapping;
}

}  // namespace drydock
