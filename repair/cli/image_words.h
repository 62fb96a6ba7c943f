// The words that the image verbs share, which are qemu-img's where it has them.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vhd/create.h"

namespace drydock::cli {

// "raw", "vhdx", "vhd"; QEMU calls the last "vpc".  bad_argument for others.
Result<ImageFormat> parse_format(const std::string& word);

// "10G", "1.5T", "512": suffixes k, M, G, T, P, E are powers of 1024, in either
// case, and may be followed by "iB" or "B".  bad_argument for anything else.
Result<std::uint64_t> parse_size(const std::string& word);

// What -o says, "name=value,name=value" each, on top of `options`.  bad_argument
// for a name that isn't known or a value that it can't have.
Result<CreateOptions> parse_create_options(const std::vector<std::string>& words,
                                           CreateOptions options);

}  // namespace drydock::cli
