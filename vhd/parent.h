// What a differencing image demands of the image that it stands on.

#pragma once

#include "vhd/image.h"

namespace drydock {

// Whether options.parent is what the differencing image with these facts was made
// from, and still as it was then.  not_found where there is none; bad_argument
// where it is another image, or has been written to since, unless
// options.accept_any_parent; unsupported where it can never be the parent: another
// format, or sectors of another size.
Done check_parent(const ImageFacts& child, const ImageOptions& options);

// Reads `parent`, which shows zeros past its end.
Done read_parent(const Image& parent, std::uint64_t offset, MutableBytes into);

// What `parent` knows of the bytes from `offset` on, no more than `length_max`; one
// level deeper than it says itself.
Result<Mapping> map_parent(const Image& parent, std::uint64_t offset,
                           std::uint64_t length_max);

}  // namespace drydock
