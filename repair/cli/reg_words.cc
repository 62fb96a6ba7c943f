#include "repair/cli/reg_words.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {

namespace {

using hive::Value;
using hive::ValueType;

constexpr std::string_view kLocalMachine = "HKEY_LOCAL_MACHINE";
constexpr std::string_view kUsers = "HKEY_USERS";

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

Result<RegKey> key_of_local_machine(std::string_view path) {
  std::string_view name = take_part(path);
  if (name.empty()) return wrong("HKLM alone is no key of a hive: HKLM\\SYSTEM\\...");
  auto hive = hive_of_local_machine(name);
  if (!hive) {
    return Error(Errc::unsupported,
                 fmt::format("HKLM\\{} lies in no hive that Windows keeps", name));
  }
  return RegKey{.hive = std::string(*hive),
                .path = std::string(path),
                .root = fmt::format("{}\\{}", kLocalMachine, *hive)};
}

Result<RegKey> key_of_users(std::string_view path) {
  std::string_view name = take_part(path);
  if (!same(name, ".DEFAULT")) {
    return Error(Errc::unsupported,
                 "of HKU only .DEFAULT is known by name; a user's hive is the file "
                 "NTUSER.DAT");
  }
  return RegKey{.hive = "DEFAULT",
                .path = std::string(path),
                .root = fmt::format("{}\\.DEFAULT", kUsers)};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  int base = 10;
  if (same(text.substr(0, 2), "0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  Number number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<ByteVector> parse_hex(std::string_view text) {
  ByteVector bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::string_view pair = text.substr(i, 2);
    unsigned byte = 0;
    auto [end, error] =
        std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || error != std::errc() || end != pair.data() + 2) {
      return wrong(fmt::format("\"{}\" isn't pairs of hex digits", text));
    }
    bytes.push_back(static_cast<std::byte>(byte));
  }
  return bytes;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + separator.size());
  }
  return parts;
}

template <class Number>
Result<Number> number_for(std::string_view type, std::string_view data) {
  auto number = parse_number<Number>(data.empty() ? "0" : data);
  if (number) return *number;
  return wrong(fmt::format("\"{}\" is no number that {} can hold", data, type));
}

// The options of one command: those with an argument, and those without.
class Options {
 public:
  static Result<Options> parse(const std::vector<std::string>& words,
                               std::string_view with_argument,
                               std::vector<std::string_view> alone) {
    Options options;
    for (std::size_t i = 2; i < words.size(); ++i) {
      std::string_view word = words[i];
      bool option = word.starts_with('/') || word.starts_with('-');
      std::string name = option ? ascii_lower(word.substr(1)) : "";
      bool takes = name.size() == 1 && with_argument.find(name) != with_argument.npos;
      bool known = takes;
      for (std::string_view one : alone) known |= name == one;
      if (!known) {
        return wrong(fmt::format("reg {} doesn't know \"{}\"", words[0], word));
      }
      if (takes && i + 1 == words.size()) {
        return wrong(fmt::format("after {} something is missing", word));
      }
      if (!options.found_.emplace(name, takes ? words[++i] : "").second) {
        return wrong(fmt::format("{} stands there twice", word));
      }
    }
    if (options.has("v") + options.has("ve") + options.has("va") > 1) {
      return wrong("/v, /ve and /va exclude each other");
    }
    return options;
  }

  bool has(const std::string& name) const { return found_.contains(name); }
  std::optional<std::string> get(const std::string& name) const {
    auto found = found_.find(name);
    if (found == found_.end()) return std::nullopt;
    return found->second;
  }
  // Of /v and /ve.
  std::optional<std::string> value_name() const {
    return has("ve") ? std::optional<std::string>("") : get("v");
  }

 private:
  std::map<std::string, std::string> found_;
};

Result<RegCommand> parse_query(RegKey key, const std::vector<std::string>& words) {
  Options options = TRY(Options::parse(words, "v", {"ve", "s"}));
  return RegQuery{.key = std::move(key),
                  .value = options.value_name(),
                  .recursive = options.has("s")};
}

Result<RegCommand> parse_add(RegKey key, const std::vector<std::string>& words) {
  Options options = TRY(Options::parse(words, "vtsd", {"ve", "f"}));
  RegAdd add{.key = std::move(key), .value = {}};
  auto name = options.value_name();
  if (!name && (options.has("t") || options.has("s") || options.has("d"))) {
    name = "";  // as reg.exe takes it: the default value
  }
  if (!name) return add;
  std::string separator = options.get("s").value_or("\\0");
  if (separator.empty()) return wrong("after /s a separator belongs");
  add.value = TRY(parse_reg_data(*name, options.get("t").value_or("REG_SZ"),
                                 options.get("d").value_or(""), separator));
  return add;
}

Result<RegCommand> parse_delete(RegKey key, const std::vector<std::string>& words) {
  Options options = TRY(Options::parse(words, "v", {"ve", "va", "f"}));
  RegDelete remove{.key = std::move(key),
                   .value = options.value_name(),
                   .all_values = options.has("va")};
  if (remove.key.path.empty() && !remove.value && !remove.all_values) {
    return wrong("a hive's root can't be deleted");
  }
  return remove;
}

}  // namespace

Result<RegKey> parse_reg_key(std::string_view text, RegRoot root) {
  if (!to_utf16(text)) return wrong("a key's name that isn't UTF-8");
  if (text.starts_with("\\\\")) return wrong("other machines' registries aren't here");
  std::string_view path = trim_slashes(text);
  std::string_view whole = path;
  std::string_view top = take_part(path);
  bool local_machine = same(top, "HKLM") || same(top, kLocalMachine);
  bool users = same(top, "HKU") || same(top, kUsers);
  if (root == RegRoot::optional) {
    if (!local_machine && !users)
      return RegKey{.hive = {}, .path = std::string(whole), .root = {}};
    std::string_view hive = take_part(path);
    return RegKey{.hive = {},
                  .path = std::string(path),
                  .root = fmt::format("{}\\{}", users ? kUsers : kLocalMachine, hive)};
  }
  if (local_machine) return key_of_local_machine(path);
  if (users) return key_of_users(path);
  if (same(top, "HKCR") || same(top, "HKEY_CLASSES_ROOT")) {
    std::string classes = fmt::format("SOFTWARE\\Classes\\{}", path);
    return key_of_local_machine(trim_slashes(classes));
  }
  for (std::string_view known :
       {"HKCU", "HKEY_CURRENT_USER", "HKCC", "HKEY_CURRENT_CONFIG"}) {
    if (same(top, known)) {
      return Error(Errc::unsupported, fmt::format("{} means nothing on a machine that "
                                                  "isn't running",
                                                  known));
    }
  }
  return wrong(fmt::format(
      "\"{}\" isn't a key: they start with HKLM\\ or HKU\\.DEFAULT\\", text));
}

Result<Value> parse_reg_data(std::string_view name, std::string_view type,
                             std::string_view data, std::string_view separator) {
  if (!to_utf16(name) || !to_utf16(data)) return wrong("a text that isn't UTF-8");
  auto parsed = hive::parse_value_type(type);
  switch (parsed.value_or(ValueType::link)) {
    case ValueType::none: {  // reg.exe stores the text, as of REG_SZ
      Value value = Value::sz(name, data);
      value.type = ValueType::none;
      return value;
    }
    case ValueType::sz:
      return Value::sz(name, data);
    case ValueType::expand_sz:
      return Value::expand_sz(name, data);
    case ValueType::multi_sz:
      return Value::multi_sz(name, split(data, separator));
    case ValueType::dword:
      return Value::dword(name, TRY(number_for<std::uint32_t>(type, data)));
    case ValueType::qword:
      return Value::qword(name, TRY(number_for<std::uint64_t>(type, data)));
    case ValueType::binary:
      return Value::binary(name, TRY(parse_hex(data)));
    default:
      return wrong(
          fmt::format("{} isn't a type that reg add takes: REG_SZ, "
                      "REG_EXPAND_SZ, REG_MULTI_SZ, REG_DWORD, REG_QWORD, "
                      "REG_BINARY or REG_NONE",
                      type));
  }
}

Result<RegCommand> parse_reg(const std::vector<std::string>& words, RegRoot root) {
  if (words.empty()) return wrong("reg what: query, add or delete");
  const std::string& verb = words[0];
  bool query = same(verb, "query");
  bool add = same(verb, "add");
  bool remove = same(verb, "delete");
  if (!query && !add && !remove) {
    return Error(Errc::unsupported,
                 fmt::format("reg {}: there are query, add and delete", verb));
  }
  if (words.size() < 2) return wrong(fmt::format("reg {} what key", verb));
  RegKey key = TRY(parse_reg_key(words[1], root));
  if (query) return parse_query(std::move(key), words);
  if (add) return parse_add(std::move(key), words);
  return parse_delete(std::move(key), words);
}

}  // namespace drydock::cli
