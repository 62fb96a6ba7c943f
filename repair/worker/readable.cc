#include "repair/worker/readable.h"

#include <fmt/format.h>

namespace drydock::worker {

namespace {

// Of the character that begins with this byte; 0 where none does.  [RFC 3629] 4.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (0xC2 <= first && first <= 0xDF) return 2;
  if (0xE0 <= first && first <= 0xEF) return 3;
  if (0xF0 <= first && first <= 0xF4) return 4;
  return 0;
}

bool is_control(std::string_view character) {
  auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) {
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
  }
  // U+0080 .. U+009F: the C1 controls, which some terminals obey.
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

bool continues(std::string_view character) {
  for (char byte : character.substr(1)) {
    if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

std::string Readable::show(std::string_view piece) {
  std::string text = std::move(rest_);
  rest_.clear();
  text += piece;
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = length_of(static_cast<unsigned char>(text[at]));
    if (length > text.size() - at && continues(std::string_view(text).substr(at))) {
      rest_ = text.substr(at);
      break;
    }
    std::string_view character = std::string_view(text).substr(at, length);
    bool whole = length != 0 && character.size() == length && continues(character);
    if (!whole) character = std::string_view(text).substr(at, 1);
    if (whole && !is_control(character)) {
      shown += character;
    } else {
      for (char byte : character) {
        shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    }
    at += character.size();
  }
  return shown;
}

}  // namespace drydock::worker
