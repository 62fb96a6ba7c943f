#include "ntfs/fat/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/utf16.h"

namespace drydock::fat {

namespace {

constexpr std::size_t kBaseLength = 8;
constexpr std::size_t kExtensionLength = 3;

// As the paper counts, page 31: six letters of the base must have room, so the
// tail is at most "~999999" on a base of one.
constexpr std::uint32_t kTailMax = 999'999;

// Code page 437, 0x80 to 0xFF: what a US Windows writes.  A volume doesn't say
// which code page it was written in.
constexpr char16_t kOem[] =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»"
    u"░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
    u"αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
static_assert(sizeof(kOem) / sizeof(char16_t) == 128 + 1);

char16_t from_oem(std::uint8_t byte) {
  return byte < 0x80 ? static_cast<char16_t>(byte) : kOem[byte - 0x80];
}

// Latin Extended-A goes in pairs, upper and lower; where a pair starts at an
// odd number is 0x139 to 0x148 and 0x179 to 0x17E.
char16_t upper_extended(char16_t c) {
  if (c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F) return c;
  bool odd_pairs = (c >= 0x139 && c <= 0x148) || c >= 0x179;
  return (c % 2 == 1) != odd_pairs ? static_cast<char16_t>(c - 1) : c;
}

char16_t upper(char16_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? static_cast<char16_t>(c - 0x20) : c;
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return static_cast<char16_t>(c - 0x20);
  if (c == 0xFF) return 0x178;
  if (c >= 0x100 && c <= 0x17F && c != 0x178) return upper_extended(c);
  if (c == 0x3C2) return 0x3A3;
  if (c >= 0x3B1 && c <= 0x3CB) return static_cast<char16_t>(c - 0x20);
  if (c >= 0x430 && c <= 0x44F) return static_cast<char16_t>(c - 0x20);
  if (c >= 0x450 && c <= 0x45F) return static_cast<char16_t>(c - 0x50);
  return c;
}

bool cuts_path(char16_t c) { return c < 0x20 || c == u'/' || c == u'\\'; }

// The paper, page 24: what a short name may hold besides letters and digits.
bool fits_short(char16_t c) {
  constexpr std::u16string_view kSigns = u"$%'-_@~`!(){}^#&";
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSigns.find(c) != std::u16string_view::npos;
}

// What Windows keeps for devices, with any extension.  The file system itself
// would store them, but nothing on Windows could open them again.
bool is_device_name(std::u16string_view name) {
  std::string base =
      ascii_lower(to_utf8(name.substr(0, std::min(name.find(u'.'), name.size()))));
  if (base == "con" || base == "prn" || base == "aux" || base == "nul") return true;
  return base.size() == 4 && (base.starts_with("com") || base.starts_with("lpt")) &&
         base[3] >= '1' && base[3] <= '9';
}

// One part of a name, upper-cased and with "_" for what doesn't fit.
struct Part {
  std::string text;
  bool exact = true;
};

Part make_part(std::u16string_view letters, std::size_t length) {
  Part part;
  for (char16_t c : letters) {
    char16_t up = upper(c);
    if (c == u' ' || c == u'.') {
      part.exact = false;
    } else if (part.text.size() == length) {
      part.exact = false;
      break;
    } else {
      bool fits = fits_short(up);
      part.text += fits ? static_cast<char>(up) : '_';
      part.exact &= fits;
    }
  }
  return part;
}

ShortName join(std::string_view base, std::string_view extension) {
  ShortName name;
  name.fill(' ');
  std::ranges::copy(base, name.begin());
  std::ranges::copy(extension, name.begin() + kBaseLength);
  return name;
}

struct Parts {
  Part base;
  Part extension;
};

Parts split(std::u16string_view name) {
  bool leads = name.starts_with(u'.') || name.starts_with(u' ');
  name.remove_prefix(std::min(name.find_first_not_of(u". "), name.size()));
  std::size_t dot = name.rfind(u'.');
  Parts parts{.base = make_part(name.substr(0, dot), kBaseLength), .extension = {}};
  if (dot != std::u16string_view::npos) {
    parts.extension = make_part(name.substr(dot + 1), kExtensionLength);
  }
  if (leads) parts.base.exact = false;
  return parts;
}

}  // namespace

bool same_name(std::u16string_view a, std::u16string_view b) {
  return std::ranges::equal(a, b, {}, upper, upper);
}

bool is_usable(std::u16string_view name) {
  return !name.empty() && name != u"." && name != u".." &&
         std::ranges::none_of(name, cuts_path);
}

Done check_name(std::u16string_view name) {
  auto refuse = [&](std::string_view why) {
    return Error(Errc::bad_argument,
                 fmt::format("\"{}\" can't be a file's name: {}", to_utf8(name), why));
  };
  if (!is_usable(name)) return refuse("it is empty or has a sign that isn't allowed");
  if (name.size() > kNameLengthMax) {
    return refuse(fmt::format("it has more than {} letters", kNameLengthMax));
  }
  if (name.find_first_of(u"\"*:<>?|") != std::u16string_view::npos) {
    return refuse("\" * : < > ? | aren't allowed");
  }
  if (name.ends_with(u' ') || name.ends_with(u'.')) {
    return refuse("Windows drops spaces and dots at the end");
  }
  if (is_device_name(name)) return refuse("Windows keeps it for a device");
  return {};
}

std::u16string decode(const ShortName& name, std::uint8_t case_flags) {
  auto part = [&](std::size_t start, std::size_t length, bool lower) {
    std::u16string text;
    for (std::size_t i = start; i < start + length; ++i) {
      std::uint8_t byte = i == 0 && name[0] == kSlotKanji ? kSlotFree : name[i];
      char16_t c = from_oem(byte);
      if (lower && c >= u'A' && c <= u'Z') c = static_cast<char16_t>(c + 0x20);
      text += cuts_path(c) ? u'_' : c;
    }
    text.resize(text.find_last_not_of(u' ') + 1);
    return text;
  };
  std::u16string text = part(0, kBaseLength, (case_flags & kLowerBase) != 0);
  std::u16string extension =
      part(kBaseLength, kExtensionLength, (case_flags & kLowerExtension) != 0);
  if (!extension.empty()) text += u'.' + extension;
  return text;
}

std::uint8_t checksum(const ShortName& name) {
  unsigned sum = 0;
  for (std::uint8_t byte : name) sum = ((sum & 1) << 7 | (sum & 0xFF) >> 1) + byte;
  return static_cast<std::uint8_t>(sum);
}

std::optional<ShortName> short_form(std::u16string_view name) {
  if (name.size() > kBaseLength + 1 + kExtensionLength) return std::nullopt;
  Parts parts = split(name);
  if (!parts.base.exact || !parts.extension.exact) return std::nullopt;
  ShortName form = join(parts.base.text, parts.extension.text);
  // "A." and "A" have one form, but "A." isn't it.
  if (!same_name(decode(form, 0), name)) return std::nullopt;
  return form;
}

std::optional<ShortName> plain_short_name(std::u16string_view name) {
  auto form = short_form(name);
  if (form && decode(*form, 0) != name) return std::nullopt;
  return form;
}

Result<ShortName> make_alias(std::u16string_view name,
                             const std::function<bool(const ShortName&)>& is_taken) {
  Parts parts = split(name);
  const std::string& base = parts.base.text;
  const std::string& extension = parts.extension.text;
  auto form = short_form(name);
  if (form && !is_taken(*form)) return *form;
  for (std::uint32_t number = 1; number <= kTailMax; ++number) {
    std::string tail = fmt::format("~{}", number);
    std::string start = base.substr(0, kBaseLength - tail.size());
    ShortName alias = join(start + tail, extension);
    if (!is_taken(alias)) return alias;
  }
  return Error(Errc::no_space,
               fmt::format("each short name up to ~{} is taken", kTailMax));
}

std::string decode_label(const ShortName& label) {
  std::u16string text;
  for (std::uint8_t byte : label) text += from_oem(byte);
  text.resize(text.find_last_not_of(u' ') + 1);
  return to_utf8(text);
}

}  // namespace drydock::fat
