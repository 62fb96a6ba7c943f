#include "repair/cli/image_path.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::cli {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "C:\", "esp:/", "3:\".
bool starts_with_volume(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return false;
  }
  return std::ranges::all_of(text.substr(0, colon), is_letter_or_digit) &&
         (text[colon + 1] == '\\' || text[colon + 1] == '/');
}

}  // namespace

Result<ImagePath> split_image_path(std::string_view text) {
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    if (colon == 0 || !starts_with_volume(text.substr(colon + 1))) continue;
    return ImagePath{.image = std::string(text.substr(0, colon)),
                     .guest = std::string(text.substr(colon + 1))};
  }
  return Error(Errc::bad_argument,
               fmt::format("\"{}\" names no file in an image: that is written "
                           "IMAGE:C:\\..., IMAGE:esp:\\... or IMAGE:3:\\...",
                           text));
}

}  // namespace drydock::cli
