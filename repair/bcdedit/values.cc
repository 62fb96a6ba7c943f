#include "repair/bcdedit/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "repair/bcd/names.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcdedit {

namespace {

using Words = std::vector<std::string>;

Error usage(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

Result<const std::string*> only_one(const Words& values) {
  if (values.size() != 1) {
    return usage(fmt::format("it takes one value, not {}: {}", values.size(),
                             fmt::join(values, " ")));
  }
  return &values.front();
}

Result<bool> parse_boolean(std::string_view word) {
  for (std::string_view yes : {"yes", "on", "true", "1"}) {
    if (equal_ignoring_case(word, yes)) return true;
  }
  for (std::string_view no : {"no", "off", "false", "0"}) {
    if (equal_ignoring_case(word, no)) return false;
  }
  return usage(fmt::format("\"{}\" is neither yes nor no", word));
}

std::optional<std::uint64_t> parse_number(std::string_view word) {
  int base = 10;
  if (equal_ignoring_case(word.substr(0, 2), "0x")) {
    word.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const char* end = word.data() + word.size();
  auto [stop, failure] = std::from_chars(word.data(), end, number, base);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

// "192.168.1.2".
std::optional<std::uint64_t> parse_address(std::string_view word) {
  std::uint64_t address = 0;
  for (int part = 0; part < 4; ++part) {
    std::size_t dot = word.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) return std::nullopt;
    auto number = parse_number(word.substr(0, dot));
    if (!number || *number > UINT8_MAX) return std::nullopt;
    address = address << 8 | *number;
    if (part < 3) word.remove_prefix(dot + 1);
  }
  return address;
}

Result<std::uint64_t> parse_integer(std::string_view word,
                                    const bcd::ElementName* element) {
  std::string known;
  if (element != nullptr) {
    for (const bcd::ValueWord& value : element->words) {
      if (equal_ignoring_case(value.word, word)) return value.value;
      known += fmt::format("{}{}", known.empty() ? "; it may be " : ", ", value.word);
    }
    if (element->notation == bcd::Notation::address) {
      if (auto address = parse_address(word)) return *address;
    }
  }
  if (auto number = parse_number(word)) return *number;
  return usage(fmt::format("\"{}\" is no number of 64 bits{}", word, known));
}

// The word behind `start`, in any case; nothing where it starts otherwise.
std::optional<std::string_view> after(std::string_view word, std::string_view start) {
  if (!equal_ignoring_case(word.substr(0, start.size()), start)) return std::nullopt;
  return word.substr(start.size());
}

Result<bcd::Device> find_partition(std::string_view name,
                                   const PartitionNames& partitions) {
  if (equal_ignoring_case(name, "boot")) return bcd::boot_device();
  if (equal_ignoring_case(name, "locate")) {
    return Error(Errc::unsupported, "[locate] can't be written: name the partition");
  }
  if (!partitions.find) {
    return Error(Errc::not_found, "a store without its disk has no partitions to name");
  }
  return partitions.find(name);
}

// "[C:]\x.vhdx".
struct PlacedFile {
  bcd::Device parent;
  std::string path;
};
Result<PlacedFile> parse_placed(std::string_view word,
                                const PartitionNames& partitions) {
  std::size_t end = word.find(']');
  if (!word.starts_with('[') || end == std::string_view::npos ||
      !word.substr(end + 1).starts_with('\\')) {
    return usage(fmt::format("\"{}\" isn't a file such as [C:]\\folder\\file", word));
  }
  bcd::Device parent = TRY(find_partition(word.substr(1, end - 1), partitions));
  return PlacedFile{.parent = std::move(parent),
                    .path = std::string(word.substr(end + 1))};
}

// The element that holds the path of what lies on this device; 0 where no element
// does.
bcd::ElementId path_element(bcd::ElementId device) {
  if (device == bcd::element::application_device) return bcd::element::application_path;
  return device == bcd::element::os_device ? bcd::element::system_root : 0;
}

// What stands behind "locate": nothing, "=custom:12000002", or "=\path".
Result<bcd::Device> parse_locate(std::string_view word, std::optional<bcd::Device> in,
                                 const Target& target) {
  if (word.starts_with("=\\")) {
    return bcd::locate_path_device(std::string(word.substr(1)), std::move(in));
  }
  bcd::ElementId element = path_element(target.element);
  if (!word.empty()) {
    auto id = after(word, "=custom:");
    auto number = id ? bcd::find_element(*id, target.type) : std::nullopt;
    if (!number) {
      return Error(Errc::unsupported,
                   fmt::format("\"locate{}\" can't be written: a file is located by "
                               "its path, as locate=\\Windows, or by the element that "
                               "names it, as locate=custom:12000002",
                               word));
    }
    element = *number;
  }
  if (bcd::kind_name(element) != "string") {
    return usage("name the element that holds the path: locate=custom:12000002");
  }
  return bcd::locate_device(element, std::move(in));
}

Result<bcd::Device> parse_vhd(std::string_view word, const Target& target) {
  // A comma may be part of the file's name.
  constexpr std::string_view locate = ",locate";
  std::size_t comma = ascii_lower(word).rfind(locate);
  bool located = comma != std::string::npos;
  PlacedFile file = TRY(
      parse_placed(word.substr(0, located ? comma : word.size()), target.partitions));
  bcd::Device vhd = bcd::vhd_device(std::move(file.parent), std::move(file.path));
  if (!located && path_element(target.element) == 0) return vhd;
  return parse_locate(located ? word.substr(comma + locate.size()) : "", std::move(vhd),
                      target);
}

Result<bcd::Device> parse_ramdisk(std::string_view word, const Target& target) {
  std::size_t comma = word.rfind(",{");
  if (comma == std::string_view::npos) {
    return usage(
        "a ramdisk takes its options: ramdisk=[C:]\\boot.wim,{ramdiskoptions}");
  }
  bcd::ObjectId options = TRY(target.store.resolve(word.substr(comma + 1)));
  PlacedFile file = TRY(parse_placed(word.substr(0, comma), target.partitions));
  return bcd::ramdisk_device(std::move(file.parent), std::move(file.path), options);
}

}  // namespace

Result<bcd::Device> parse_device(std::string_view word, const Target& target) {
  if (equal_ignoring_case(word, "boot")) return bcd::boot_device();
  for (std::string_view form : {"partition=", "hd_partition="}) {
    if (auto name = after(word, form)) return find_partition(*name, target.partitions);
  }
  if (auto file = after(word, "file=")) {
    PlacedFile placed = TRY(parse_placed(*file, target.partitions));
    return bcd::file_device(std::move(placed.parent), std::move(placed.path));
  }
  if (auto file = after(word, "ramdisk=")) return parse_ramdisk(*file, target);
  if (auto file = after(word, "vhd=")) return parse_vhd(*file, target);
  if (auto rest = after(word, "locate")) return parse_locate(*rest, {}, target);
  return Error(
      Errc::unsupported,
      fmt::format("\"{}\" can't be written: a device is boot, partition=C:, "
                  "file=[C:]\\x, ramdisk=[C:]\\x,{{id}}, vhd=[C:]\\x or locate",
                  word));
}

Result<bcd::Value> parse_value(const Words& words, const Target& target) {
  const bcd::ElementName* name = bcd::find_element(target.element, target.type);
  std::string_view kind = bcd::kind_name(target.element);
  if (kind == "objectlist") {
    std::vector<bcd::ObjectId> objects;
    for (const std::string& word : words) {
      objects.push_back(TRY(target.store.resolve(word)));
    }
    return bcd::Value(std::move(objects));
  }
  if (kind == "integerlist") {
    std::vector<std::uint64_t> integers;
    for (const std::string& word : words) {
      integers.push_back(TRY(parse_integer(word, name)));
    }
    return bcd::Value(std::move(integers));
  }
  const std::string& word = *TRY(only_one(words));
  if (kind == "object") return bcd::Value(TRY(target.store.resolve(word)));
  if (kind == "boolean") return bcd::Value(TRY(parse_boolean(word)));
  if (kind == "integer") return bcd::Value(TRY(parse_integer(word, name)));
  if (kind == "device") return bcd::Value(TRY(parse_device(word, target)));
  return bcd::Value(word);
}

}  // namespace drydock::bcdedit
