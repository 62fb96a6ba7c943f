#include "repair/driver/registry_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "repair/control_sets.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

using hive::Value;
using hive::ValueType;

// FLG_ADDREG_TYPE_*: the number of the type in the upper half, but for those that had
// no room there.
constexpr std::uint32_t kTypeMask = 0xffff'0001;
constexpr std::uint32_t kTypeText = 0x0000'0000;
constexpr std::uint32_t kTypeBinary = 0x0000'0001;
constexpr std::uint32_t kTypeMultiText = 0x0001'0000;
constexpr std::uint32_t kTypeNumber = 0x0001'0001;
constexpr std::uint32_t kTypeExpandText = 0x0002'0000;
constexpr std::uint32_t kTypeNone = 0x0002'0001;

Error line_error(const RegistryLine& line, std::string words) {
  return Error(Errc::corrupt, std::move(words)).in(fmt::format("line {}", line.number));
}

// Each field is a byte in hexadecimal.
Result<ByteVector> bytes_of_fields(const RegistryLine& line) {
  ByteVector bytes;
  for (const std::string& field : line.data) {
    std::string_view digits = field;
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    unsigned byte = 0;
    const char* end = digits.data() + digits.size();
    auto parsed = std::from_chars(digits.data(), end, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end || byte > 0xff) {
      return line_error(line, fmt::format("\"{}\" is no byte in hexadecimal", field));
    }
    bytes.push_back(static_cast<std::byte>(byte));
  }
  return bytes;
}

// Negative numbers are written, too: -1 is 0xffffffff.
Result<std::uint32_t> number_of(const RegistryLine& line) {
  std::string_view text = line.data.empty() ? std::string_view("0") : line.data.front();
  bool negative = text.starts_with('-');
  auto number = parse_inf_number(text.substr(negative ? 1 : 0));
  if (!number || line.data.size() > 1) {
    return line_error(line, fmt::format("\"{}\" is no number", text));
  }
  return negative ? ~*number + 1 : *number;
}

// "SYSTEM\CurrentControlSet\Control" to "Control".
std::optional<std::string_view> below_system(std::string_view key) {
  constexpr std::string_view kSystem = "SYSTEM\\";
  if (!equal_ignoring_case(key.substr(0, kSystem.size()), kSystem)) {
    return std::nullopt;
  }
  return repair::below_current_control_set(key.substr(kSystem.size()));
}

}  // namespace

RegistryWriter::RegistryWriter(const repair::Installation& windows,
                               const hive::Hive& system, std::string store,
                               repair::Plan& plan)
    : windows_(windows), system_(system), store_(std::move(store)), plan_(plan) {}

Result<std::string> RegistryWriter::with_folders(std::string_view text) const {
  std::string whole;
  while (!text.empty()) {
    std::size_t begin = std::min(text.find('%'), text.size());
    whole += text.substr(0, begin);
    text.remove_prefix(begin);
    std::size_t end = text.find('%', 1);
    if (text.empty() || end == std::string_view::npos) break;
    std::string_view name = text.substr(1, end - 1);
    if (!name.empty() && parse_inf_number(name)) {
      Place place = TRY(place_of(name, ""));
      std::string folder = place.root == Place::Root::package  ? store_
                           : place.root == Place::Root::volume ? "C:"
                                                               : "C:" + windows_.root();
      whole += place.path.empty() ? folder : folder + "\\" + place.path;
      text.remove_prefix(end + 1);
    } else {  // %SystemRoot%, for whoever reads the value
      whole += text.substr(0, end);
      text.remove_prefix(end);
      if (text.size() == 1) break;
    }
  }
  whole += text;
  return whole;
}

Result<Value> RegistryWriter::value_of(const RegistryLine& line) const {
  std::vector<std::string> texts;
  std::uint32_t type = line.flags & kTypeMask;
  bool is_text = (type & kTypeBinary) == 0;
  for (const std::string& field : line.data) {
    texts.push_back(is_text ? TRY(with_folders(field)) : field);
  }
  std::string first = texts.empty() ? "" : texts.front();
  switch (type) {
    case kTypeText:
      return Value::sz(line.value, first);
    case kTypeExpandText:
      return Value::expand_sz(line.value, first);
    case kTypeMultiText:
      return Value::multi_sz(line.value, texts);
    case kTypeNumber:
      return Value::dword(line.value, TRY(number_of(line)));
    default:
      break;
  }
  if (is_text) {
    return line_error(line, fmt::format("flags {:#x} name no type", line.flags));
  }
  Value value = Value::binary(line.value, TRY(bytes_of_fields(line)));
  if (type == kTypeNone) {
    value.type = ValueType::none;
  } else if (type != kTypeBinary) {
    value.type = static_cast<ValueType>(type >> 16);
  }
  return value;
}

void RegistryWriter::add(repair::Action action, const std::string& why) {
  plan_.edits.push_back({.action = std::move(action), .why = why});
}

// A key of SYSTEM for each place that the line is about.
Result<std::vector<std::string>> RegistryWriter::keys_of(const RegistryLine& line,
                                                         const std::string& hkr) {
  std::vector<std::string> keys;
  if (equal_ignoring_case(line.root, "HKR")) {
    keys.push_back(line.key.empty() ? hkr : hkr + "\\" + line.key);
    return keys;
  }
  auto below =
      equal_ignoring_case(line.root, "HKLM") ? below_system(line.key) : std::nullopt;
  if (below) {
    repair::ControlSets sets = TRY(repair::read_control_sets(system_));
    return TRY(repair::keys_in_control_sets(sets, *below)).keys;
  }
  plan_.notes.push_back(fmt::format(
      "{}\\{} of line {} isn't written: Windows does so when it installs the device",
      line.root, line.key, line.number));
  return keys;
}

Done RegistryWriter::write_line(const RegistryLine& line, const std::string& key,
                                const std::string& why) {
  repair::GuestPath hive = windows_.hive_path("SYSTEM");
  auto at = system_.find(key);
  std::optional<Value> present;
  if (at) {
    if (auto value = system_.value(*at, line.value)) present = std::move(*value);
  }
  if (line.deletes || (line.flags & kDeleteValue) != 0) {
    // A line that names no value takes the key, but never that of a whole service.
    bool whole = line.value.empty() && line.deletes;
    if (whole ? !at || line.key.empty() : !present) return {};
    repair::RegistryDelete removal{.hive = hive, .key = key, .value = {}};
    if (!whole) removal.value = line.value;
    add(removal, why);
    return {};
  }
  if ((line.flags & kKeyOnly) != 0) {
    add(repair::RegistrySet{.hive = hive, .key = key, .value = {}}, why);
    return {};
  }
  if ((line.flags & kNoClobber) != 0 && present) return {};
  if ((line.flags & kOverwriteOnly) != 0 && !present) return {};
  Value value = TRY(value_of(line));
  if ((line.flags & kAppend) != 0 && present) {
    auto texts = present->texts().value_or(std::vector<std::string>{});
    for (std::string& text : value.texts().value_or(std::vector<std::string>{})) {
      bool is_new = std::find(texts.begin(), texts.end(), text) == texts.end();
      if (is_new) texts.push_back(std::move(text));
    }
    value = Value::multi_sz(line.value, texts);
  }
  add(repair::RegistrySet{.hive = hive, .key = key, .value = std::move(value)}, why);
  return {};
}

Done RegistryWriter::write(const std::vector<RegistryLine>& lines,
                           const std::string& hkr, const std::string& why) {
  for (const RegistryLine& line : lines) {
    for (const std::string& key : TRY(keys_of(line, hkr))) {
      TRY(write_line(line, key, why));
    }
  }
  return {};
}

}  // namespace drydock::driver
