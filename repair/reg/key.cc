#include "repair/reg/key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

constexpr std::string_view kLocalMachine = "HKEY_LOCAL_MACHINE";
constexpr std::string_view kUsers = "HKEY_USERS";
constexpr std::string_view kClassesSuffix = "_Classes";
constexpr std::string_view kNode = "WOW6432Node";

// Of SOFTWARE: what programs of both
// sizes see alike.  "Registry Keys Affected by WOW64", as of Windows 7.
constexpr std::string_view kShared[] = {
    "Clients",
    "Policies",
    "RegisteredApplications",
    "Microsoft\\COM3",
    "Microsoft\\Cryptography\\Calais\\Current",
    "Microsoft\\Cryptography\\Calais\\Readers",
    "Microsoft\\Cryptography\\Services",
    "Microsoft\\CTF\\SystemShared",
    "Microsoft\\CTF\\TIP",
    "Microsoft\\DFS",
    "Microsoft\\Driver Signing",
    "Microsoft\\EnterpriseCertificates",
    "Microsoft\\EventSystem",
    "Microsoft\\MSMQ",
    "Microsoft\\Non-Driver Signing",
    "Microsoft\\Notepad\\DefaultFonts",
    "Microsoft\\OLE",
    "Microsoft\\RAS",
    "Microsoft\\RPC",
    "Microsoft\\Shared Tools\\MSInfo",
    "Microsoft\\SystemCertificates",
    "Microsoft\\TermServLicensing",
    "Microsoft\\Transaction Server",
    "Microsoft\\Windows\\CurrentVersion\\Control Panel\\Cursors\\Schemes",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\AutoplayHandlers",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\DriveIcons",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\KindMap",
    "Microsoft\\Windows\\CurrentVersion\\Group Policy",
    "Microsoft\\Windows\\CurrentVersion\\Policies",
    "Microsoft\\Windows\\CurrentVersion\\PreviewHandlers",
    "Microsoft\\Windows\\CurrentVersion\\Setup",
    "Microsoft\\Windows\\CurrentVersion\\Telephony\\Locations",
    "Microsoft\\Windows NT\\CurrentVersion\\Console",
    "Microsoft\\Windows NT\\CurrentVersion\\FontDpi",
    "Microsoft\\Windows NT\\CurrentVersion\\FontLink",
    "Microsoft\\Windows NT\\CurrentVersion\\FontMapper",
    "Microsoft\\Windows NT\\CurrentVersion\\Fonts",
    "Microsoft\\Windows NT\\CurrentVersion\\FontSubstitutes",
    "Microsoft\\Windows NT\\CurrentVersion\\Gre_Initialize",
    "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options",
    "Microsoft\\Windows NT\\CurrentVersion\\LanguagePack",
    "Microsoft\\Windows NT\\CurrentVersion\\NetworkCards",
    "Microsoft\\Windows NT\\CurrentVersion\\Perflib",
    "Microsoft\\Windows NT\\CurrentVersion\\Ports",
    "Microsoft\\Windows NT\\CurrentVersion\\Print",
    "Microsoft\\Windows NT\\CurrentVersion\\ProfileList",
    "Microsoft\\Windows NT\\CurrentVersion\\Time Zones"};

// Of Classes, which is shared, what isn't.
constexpr std::string_view kRedirectedClasses[] = {"CLSID", "DirectShow", "Interface",
                                                   "Media Type", "MediaFoundation"};

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool same(std::string_view a, std::string_view b) { return equal_ignoring_case(a, b); }

// Takes the part before the first back slash off the front of `path`.
std::string_view take_part(std::string_view& path) {
  std::string_view part = path.substr(0, path.find('\\'));
  path.remove_prefix(std::min(path.size(), part.size() + 1));
  return part;
}

std::string_view trim_slashes(std::string_view path) {
  while (path.starts_with('\\')) path.remove_prefix(1);
  while (path.ends_with('\\')) path.remove_suffix(1);
  return path;
}

// Hives of HKLM that lie in System32\config or, for BCD00000000, in the system
// partition; each is loaded under its own name.
std::optional<std::string_view> hive_of_local_machine(std::string_view name) {
  for (std::string_view known : {"SYSTEM", "SOFTWARE", "SAM", "SECURITY", "COMPONENTS",
                                 "DRIVERS", "BCD00000000"}) {
    if (same(known, name)) return known;
  }
  return std::nullopt;
}

Result<KeyName> key_of_local_machine(std::string_view path, Root root) {
  std::string_view name = take_part(path);
  if (name.empty()) return wrong("HKLM alone is no key of a hive: HKLM\\SYSTEM\\...");
  auto hive = hive_of_local_machine(name);
  if (!hive && root == Root::loaded) {
    return KeyName{.hive = {},
                   .path = std::string(path),
                   .root = fmt::format("{}\\{}", kLocalMachine, name)};
  }
  if (!hive) {
    return Error(Errc::unsupported,
                 fmt::format("HKLM\\{} lies in no hive that Windows keeps", name));
  }
  return KeyName{.hive = std::string(*hive),
                 .path = std::string(path),
                 .root = fmt::format("{}\\{}", kLocalMachine, *hive)};
}

Result<KeyName> key_of_users(std::string_view path) {
  std::string_view name = take_part(path);
  if (name.empty()) return wrong("HKU alone is no key of a hive: HKU\\NAME\\...");
  KeyName key{.hive = {},
              .path = std::string(path),
              .root = fmt::format("{}\\{}", kUsers, name)};
  // S-1-5-18, the machine itself, is another name of .DEFAULT.
  if (same(name, ".DEFAULT") || same(name, "S-1-5-18")) {
    key.hive = "DEFAULT";
    return key;
  }
  std::size_t length = name.size() - std::min(name.size(), kClassesSuffix.size());
  if (length != 0 && same(name.substr(length), kClassesSuffix)) {
    name = name.substr(0, length);
    key.user_hive = repair::UserHive::classes;
  }
  key.user = name;
  return key;
}

// Whether `path` is `key` or lies below it.
bool is_within(std::string_view path, std::string_view key) {
  return same(path.substr(0, key.size()), key) &&
         (path.size() == key.size() || path[key.size()] == '\\');
}

}  // namespace

std::string KeyName::name() const {
  return fmt::format("{}{}{}", root, root.empty() || path.empty() ? "" : "\\", path);
}

Result<KeyName> parse_key(std::string_view text, Root root) {
  if (!to_utf16(text)) return wrong("a key's name that isn't UTF-8");
  if (text.starts_with("\\\\")) return wrong("other machines' registries aren't here");
  std::string_view path = trim_slashes(text);
  std::string_view whole = path;
  std::string_view top = take_part(path);
  bool local_machine = same(top, "HKLM") || same(top, kLocalMachine);
  bool users = same(top, "HKU") || same(top, kUsers);
  if (root == Root::optional) {
    if (!local_machine && !users)
      return KeyName{.hive = {}, .path = std::string(whole), .root = {}};
    std::string_view hive = take_part(path);
    return KeyName{.hive = {},
                   .path = std::string(path),
                   .root = fmt::format("{}\\{}", users ? kUsers : kLocalMachine, hive)};
  }
  if (local_machine) return key_of_local_machine(path, root);
  if (users) return key_of_users(path);
  if (same(top, "HKCR") || same(top, "HKEY_CLASSES_ROOT")) {
    std::string classes = fmt::format("SOFTWARE\\Classes\\{}", path);
    return key_of_local_machine(trim_slashes(classes), root);
  }
  for (std::string_view known :
       {"HKCU", "HKEY_CURRENT_USER", "HKCC", "HKEY_CURRENT_CONFIG"}) {
    if (!same(top, known)) continue;
    return Error(Errc::unsupported,
                 fmt::format("{} means nothing on a machine that isn't running: "
                             "HKU\\NAME is the user of that profile, and "
                             "HKLM\\SYSTEM\\CurrentControlSet the configuration",
                             known));
  }
  return wrong(
      fmt::format("\"{}\" isn't a key: they start with HKLM\\ or HKU\\NAME\\", text));
}

std::string path_of_32_bits(std::string_view path) {
  if (path.empty() || is_within(path, kNode)) return std::string(path);
  constexpr std::string_view kClasses = "Classes";
  if (is_within(path, kClasses)) {
    std::string_view below = trim_slashes(path.substr(kClasses.size()));
    bool redirected = std::ranges::any_of(
        kRedirectedClasses,
        [&](std::string_view one) { return is_within(below, one); });
    return redirected ? fmt::format("{}\\{}\\{}", kClasses, kNode, below)
                      : std::string(path);
  }
  bool shared = std::ranges::any_of(
      kShared, [&](std::string_view one) { return is_within(path, one); });
  return shared ? std::string(path) : fmt::format("{}\\{}", kNode, path);
}

}  // namespace drydock::reg
