// What a container says of itself, in words and in JSON: info and the image verbs.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vhd/image.h"

namespace drydock::cli {

// "1.5 GiB".
std::string binary_size(std::uint64_t size);

// `chain`: the image's file, then its parents' as far as they are known.
nlohmann::json container_json(const ImageFacts& facts,
                              const std::vector<std::string>& chain);

// One line, and one more for each parent.
std::string container_text(const ImageFacts& facts,
                           const std::vector<std::string>& chain);

// Where nothing has opened the parents: the first is named as the child names it.
std::vector<std::string> chain_by_name(const std::string& image,
                                       const ImageFacts& facts);

}  // namespace drydock::cli
