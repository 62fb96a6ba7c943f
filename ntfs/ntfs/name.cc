#include "ntfs/ntfs/name.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// A short name that nobody has is found at once, or there are thousands of
// names alike; then a file does as well without.
constexpr unsigned kShortNameAttemptsMax = 64;

constexpr std::u16string_view kForbidden = u"\"*/:<>?\\|";

// Letters that DOS allows besides A-Z and 0-9.
constexpr std::u16string_view kShortNameSigns = u"!#$%&'()-@^_`{}~";

bool is_letter_or_digit(char16_t c) {
  return (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z') ||
         (c >= u'0' && c <= u'9');
}

bool is_short_letter(char16_t c) {
  return is_letter_or_digit(c) || kShortNameSigns.find(c) != std::u16string_view::npos;
}

bool is_device_name(std::u16string_view name) {
  std::string stem = ascii_lower(to_utf8(name.substr(0, name.find(u'.'))));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '1' && stem[3] <= '9';
}

// A short name in DOS's case.
std::string upper(std::string out) {
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

// What DOS could say of `text`: upper case, spaces and stops left out, other
// letters replaced.
std::string dos_letters(std::u16string_view text, std::size_t length_max) {
  std::string out;
  for (char16_t c : text) {
    if (out.size() == length_max) break;
    if (c == u' ' || c == u'.') continue;
    out += is_short_letter(c) ? static_cast<char>(c) : '_';
  }
  return upper(out);
}

}  // namespace

Done check_name(std::u16string_view name) {
  auto refuse = [&](std::string_view why) {
    return Error(Errc::bad_argument, fmt::format("Windows has no file named \"{}\": {}",
                                                 to_utf8(name), why));
  };
  if (name.empty()) return refuse("it's empty");
  for (char16_t c : name) {
    if (c < u' ') return refuse(fmt::format("it holds the character {:#04x}", +c));
    if (kForbidden.find(c) != std::u16string_view::npos) {
      return refuse(fmt::format("it holds a {}", static_cast<char>(c)));
    }
  }
  if (name.back() == u' ' || name.back() == u'.') {
    return refuse("it ends in a space or a full stop");
  }
  if (is_device_name(name)) return refuse("that is a device");
  return {};
}

bool is_short_name(std::u16string_view name) {
  std::size_t stop = name.find(u'.');
  std::u16string_view stem = name.substr(0, stop);
  std::u16string_view rest =
      stop == std::u16string_view::npos ? std::u16string_view() : name.substr(stop + 1);
  if (stop != std::u16string_view::npos && rest.empty()) return false;
  return !stem.empty() && stem.size() <= 8 && rest.size() <= 3 &&
         std::ranges::all_of(stem, is_short_letter) &&
         std::ranges::all_of(rest, is_short_letter);
}

std::string short_name(std::u16string_view name, unsigned attempt) {
  // What comes after the last stop, unless that is the first letter.
  std::size_t stop = name.rfind(u'.');
  if (stop == 0) stop = std::u16string_view::npos;
  std::string stem = dos_letters(name.substr(0, stop), 6);
  std::string rest = stop == std::u16string_view::npos
                         ? std::string()
                         : "." + dos_letters(name.substr(stop + 1), 3);
  if (stem.empty()) stem = "_";
  unsigned number = attempt + 1;
  if (attempt >= 4) {
    // Windows too turns to a sum over the name here; which, it doesn't say.
    ByteVector bytes = utf16le_bytes(name);
    stem =
        fmt::format("{}{:04X}", stem.substr(0, 2), crc32(bytes, attempt / 9) & 0xffff);
    number = attempt % 9 + 1;
  }
  return fmt::format("{}~{}{}", stem, number, rest == "." ? "" : rest);
}

Done give_short_name(Mount& mount, Reference directory, Reference file,
                     std::u16string_view name) {
  Inode inode = TRY(Inode::open(mount, file));
  auto names = TRY(names_of(inode));
  if (names.size() != 1) return {};
  TRY(inode.close());
  Inode parent = TRY(Inode::open(mount, directory));
  std::string alias;
  if (is_short_name(name)) alias = upper(to_utf8(name));
  for (unsigned attempt = 0; alias.empty(); ++attempt) {
    if (attempt == kShortNameAttemptsMax) return {};
    std::string candidate = short_name(name, attempt);
    if (!TRY(look_up(parent, *to_utf16(candidate)))) alias = candidate;
  }
  inode = TRY(Inode::open(mount, file));
  // Closes both.
  int result = ntfs_set_ntfs_dos_name(inode.release(), parent.release(), alias.data(),
                                      alias.size(), 0);
  if (result == 0) return {};
  return mount.failure(fmt::format("adding the short name {}", alias));
}

}  // namespace drydock::ntfs
