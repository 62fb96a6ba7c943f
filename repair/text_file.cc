#include "repair/text_file.h"

#include <iterator>
#include <string_view>

#include "vhd/base/utf16.h"

namespace drydock::repair {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16Mark = "\xFF\xFE";
constexpr std::string_view kSwappedMark = "\xFE\xFF";

// Windows-1252 from 0x80 to 0x9f; above, it is Latin-1.  Zero: no letter, which
// Windows takes for the control character of that number.
constexpr char16_t kWindows1252[] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

}  // namespace

std::u16string decode_windows_1252(Bytes bytes) {
  std::u16string text;
  for (std::byte byte : bytes) {
    auto code = std::to_integer<std::uint8_t>(byte);
    bool special = code >= 0x80 && code < 0x80 + std::size(kWindows1252);
    char16_t letter = special ? kWindows1252[code - 0x80] : code;
    text += letter != 0 ? letter : char16_t{code};
  }
  return text;
}

Result<std::string> decode_text_file(Bytes file) {
  std::string_view text = as_text(file);
  if (text.starts_with(kSwappedMark)) {
    return Error(Errc::bad_argument, "UTF-16 with the greater byte first isn't read");
  }
  if (text.starts_with(kUtf16Mark)) {
    return utf8_from_utf16le(file.subspan(kUtf16Mark.size()));
  }
  if (text.size() > 1 && text[0] != '\0' && text[1] == '\0') {
    return utf8_from_utf16le(file);
  }
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  if (to_utf16(text)) return std::string(text);
  return to_utf8(decode_windows_1252(bytes_of(text)));
}

}  // namespace drydock::repair
