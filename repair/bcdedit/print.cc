// A store in bcdedit's print, and as JSON.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/bcd/names.h"
#include "repair/bcdedit/words.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcdedit {

namespace {

using nlohmann::ordered_json;

// Where the values stand; a longer name pushes its own value out.
constexpr std::size_t kNameWidth = 24;

bool is_application_of(bcd::ObjectType type, std::uint32_t image_type) {
  return type >> 28 == 1 && (type >> 20 & 0xf) == image_type;
}

bool is_listed(bcd::ObjectType type, std::string_view which) {
  constexpr std::uint32_t firmware = 1;
  constexpr std::uint32_t boot_application = 2;
  if (equal_ignoring_case(which, "all")) return true;
  if (equal_ignoring_case(which, "firmware")) return is_application_of(type, firmware);
  if (equal_ignoring_case(which, "bootmgr")) return type == bcd::kBootManagerType;
  if (equal_ignoring_case(which, "osloader")) return type == bcd::kOsLoader;
  if (equal_ignoring_case(which, "resume")) return type == bcd::kResumeLoader;
  if (equal_ignoring_case(which, "inherit")) return type >> 28 == 2;
  return type == bcd::kBootManagerType || is_application_of(type, boot_application);
}

bool is_word_of_enum(std::string_view which) {
  constexpr std::string_view words[] = {"all",      "firmware", "bootapp", "bootmgr",
                                        "osloader", "resume",   "inherit"};
  return std::ranges::any_of(
      words, [&](std::string_view word) { return equal_ignoring_case(word, which); });
}

// The boot manager, and what its menu shows, in that order.
Result<std::vector<bcd::Object>> active_objects(const bcd::Store& store) {
  auto manager = store.object(bcd::kBootManager);
  if (!manager && manager.error().code() == Errc::not_found) {
    return std::vector<bcd::Object>();  // of a store that was just made
  }
  std::vector<bcd::Object> objects = {TRY(std::move(manager))};
  auto order = store.get(bcd::kBootManager, bcd::element::display_order);
  if (!order) return objects;
  for (const bcd::ObjectId& id : std::get<std::vector<bcd::ObjectId>>(*order)) {
    auto object = store.object(id);
    if (object) objects.push_back(*std::move(object));
  }
  return objects;
}

// In bcdedit's order: by type, then as the hive has them, which is by id.
Result<std::vector<bcd::Object>> select_objects(const Enum& what,
                                                const bcd::Store& store) {
  if (equal_ignoring_case(what.which, "active")) return active_objects(store);
  if (!is_word_of_enum(what.which)) {
    return std::vector{TRY(store.object(TRY(store.resolve(what.which))))};
  }
  std::vector<bcd::Object> objects = TRY(store.objects());
  std::erase_if(objects, [&](const bcd::Object& object) {
    return !is_listed(object.type, what.which);
  });
  std::ranges::stable_sort(objects, {}, &bcd::Object::type);
  return objects;
}

std::vector<bcd::Element> by_id(std::vector<bcd::Element> elements) {
  std::ranges::sort(elements, {}, &bcd::Element::id);
  return elements;
}

// A well-known object's alias, or {default}.
class Aliases {
 public:
  explicit Aliases(const bcd::Store& store) {
    auto id = store.resolve("{default}");
    if (id) default_ = *id;
  }
  std::optional<std::string_view> of(const bcd::ObjectId& id) const {
    if (auto alias = bcd::alias_of(id)) return alias;
    if (id == default_) return "{default}";
    return std::nullopt;
  }

 private:
  std::optional<bcd::ObjectId> default_;
};

// Text of a disk, for a terminal: what would steer it is shown as '?'.  That
// is ASCII's controls, and U+0080 to U+009F, which are 0xc2 and one byte more.
std::string printable(std::string text) {
  unsigned char before = 0;
  for (char& c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool steers = byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0);
    if (steers) c = '?';
    before = byte;
  }
  return text;
}

class Printer {
 public:
  Printer(const Enum& what, const bcd::Store& store, const PartitionNames& partitions)
      : verbose_(what.verbose), aliases_(store), partitions_(partitions) {}

  void print(const bcd::Object& object) {
    std::string title = bcd::title_of(object.id, object.type);
    text_ += fmt::format("\n{}\n{}\n", title, std::string(title.size(), '-'));
    line("identifier", {name_of(object.id)});
    if (!object.problem.empty()) line("type", {"(" + object.problem + ")"});
    for (const bcd::Element& element : by_id(object.elements)) {
      // Of a template; since Windows 7 only shown in full.
      if (element.id >> 28 == 4 && !verbose_) continue;
      std::string name = bcd::element_name(element.id, object.type);
      if (element.problem.empty()) {
        line(name, values_of(element, object.type));
      } else {
        line(name, {"(" + element.problem + ")"});
      }
    }
  }

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view name, const std::vector<std::string>& values) {
    text_ += fmt::format("{:<{}}", name, kNameWidth);
    if (name.size() >= kNameWidth) text_ += ' ';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) text_ += fmt::format("\n{:<{}}", "", kNameWidth);
      text_ += printable(values[i]);
    }
    text_ += '\n';
  }

  std::string name_of(const bcd::ObjectId& id) const {
    auto alias = verbose_ ? std::nullopt : aliases_.of(id);
    return alias ? std::string(*alias) : to_string(id);
  }

  // What stands between the brackets of "vhd=[C:]\x.vhdx".
  std::string place_of(const bcd::Device& device) const {
    if (device.kind == bcd::Device::Kind::boot) return "boot";
    if (device.kind == bcd::Device::Kind::locate) return "locate";
    if (device.kind == bcd::Device::Kind::partition && partitions_.show) {
      return partitions_.show(device).value_or("unknown");
    }
    return "unknown";
  }

  std::string on_parent(const bcd::Device& device) const {
    return fmt::format("{}=[{}]{}", to_string(device.kind),
                       device.parent.empty() ? "unknown" : place_of(device.parent[0]),
                       device.path);
  }

  std::string text_of(const bcd::Device& device) const {
    std::string text;
    switch (device.kind) {
      case bcd::Device::Kind::boot:
        return "boot";
      case bcd::Device::Kind::partition:
        text = place_of(device);
        return text == "unknown" ? text : "partition=" + text;
      case bcd::Device::Kind::ramdisk:
        text = on_parent(device);
        return device.options.is_zero() ? text : text + "," + name_of(device.options);
      case bcd::Device::Kind::file:
      case bcd::Device::Kind::vhd:
        return on_parent(device);
      case bcd::Device::Kind::locate:
        if (!device.parent.empty()) text = text_of(device.parent[0]) + ",";
        return text + (device.path.empty()
                           ? fmt::format("locate=custom:{:08x}", device.element)
                           : "locate=" + device.path);
      case bcd::Device::Kind::unknown:
        break;
    }
    return "unknown";
  }

  std::string text_of(std::uint64_t integer, const bcd::ElementName* element) const {
    if (element == nullptr) return fmt::format("{}", integer);
    for (const bcd::ValueWord& word : element->words) {
      if (word.value == integer) return std::string(word.word);
    }
    if (element->notation == bcd::Notation::address) return bcd::address_words(integer);
    return element->notation == bcd::Notation::hexadecimal
               ? fmt::format("{:#x}", integer)
               : fmt::format("{}", integer);
  }

  std::vector<std::string> values_of(const bcd::Element& element,
                                     bcd::ObjectType type) const {
    if (auto* device = std::get_if<bcd::Device>(&element.value)) {
      return {text_of(*device)};
    }
    if (auto* text = std::get_if<std::string>(&element.value)) return {*text};
    if (auto* id = std::get_if<bcd::ObjectId>(&element.value)) return {name_of(*id)};
    if (auto* yes = std::get_if<bool>(&element.value)) return {*yes ? "Yes" : "No"};
    if (auto* integer = std::get_if<std::uint64_t>(&element.value)) {
      return {text_of(*integer, bcd::find_element(element.id, type))};
    }
    std::vector<std::string> values;
    if (auto* ids = std::get_if<std::vector<bcd::ObjectId>>(&element.value)) {
      for (const bcd::ObjectId& id : *ids) values.push_back(name_of(id));
    } else {
      for (auto each : std::get<std::vector<std::uint64_t>>(element.value)) {
        values.push_back(fmt::format("{:#x}", each));
      }
    }
    return values;
  }

  bool verbose_;
  Aliases aliases_;
  const PartitionNames& partitions_;
  std::string text_;
};

std::string hex(Bytes bytes) {
  std::string text;
  for (std::byte each : bytes)
    text += fmt::format("{:02x}", std::to_integer<int>(each));
  return text;
}

ordered_json json_of(const bcd::Device& device) {
  const bcd::Device& partition = bcd::innermost(device);
  ordered_json json = {{"kind", to_string(device.kind)},
                       {"disk_id", nullptr},
                       {"partition_id", nullptr},
                       {"path", nullptr},
                       {"raw", hex(device.raw)}};
  if (partition.kind == bcd::Device::Kind::partition && partition.gpt) {
    json["disk_id"] = to_string(partition.disk_id);
    json["partition_id"] = to_string(partition.partition_id);
  } else if (partition.kind == bcd::Device::Kind::partition) {
    json["disk_id"] = fmt::format("{:#010x}", partition.mbr_signature);
    json["partition_id"] = fmt::format("{}", partition.mbr_offset);
  }
  // A locate in a vhd has no path of its own, as a rule.
  const std::string& path = device.path.empty() && !device.parent.empty()
                                ? device.parent[0].path
                                : device.path;
  if (!path.empty()) json["path"] = path;
  return json;
}

// A number, as long as a reader that has only doubles gets it whole.
ordered_json json_of(std::uint64_t integer) {
  constexpr std::uint64_t number_max = std::uint64_t{1} << 53;
  if (integer <= number_max) return integer;
  return fmt::format("{}", integer);
}

ordered_json json_of(const bcd::Value& value) {
  if (auto* device = std::get_if<bcd::Device>(&value)) return json_of(*device);
  if (auto* text = std::get_if<std::string>(&value)) return *text;
  if (auto* id = std::get_if<bcd::ObjectId>(&value)) return to_string(*id);
  if (auto* yes = std::get_if<bool>(&value)) return *yes;
  if (auto* integer = std::get_if<std::uint64_t>(&value)) return json_of(*integer);
  ordered_json list = ordered_json::array();
  if (auto* ids = std::get_if<std::vector<bcd::ObjectId>>(&value)) {
    for (const bcd::ObjectId& id : *ids) list.push_back(to_string(id));
  } else {
    for (auto each : std::get<std::vector<std::uint64_t>>(value)) {
      list.push_back(json_of(each));
    }
  }
  return list;
}

ordered_json problem_of(const std::string& problem) {
  return problem.empty() ? ordered_json(nullptr) : ordered_json(problem);
}

ordered_json json_of(const bcd::Element& element, bcd::ObjectType type) {
  const bcd::ElementName* known = bcd::find_element(element.id, type);
  bool named = known != nullptr && !known->name.empty();
  std::string_view kind = bcd::kind_name(element.id);
  ordered_json json = {{"id", fmt::format("{:#010x}", element.id)},
                       {"name", named ? ordered_json(known->name) : nullptr},
                       {"kind", kind},
                       {"value", nullptr},
                       {"problem", problem_of(element.problem)}};
  auto* device = std::get_if<bcd::Device>(&element.value);
  bool only_bytes = device != nullptr && kind != "device";
  json["value"] = only_bytes ? ordered_json(hex(device->raw)) : json_of(element.value);
  return json;
}

}  // namespace

Result<std::string> print(const Enum& what, const bcd::Store& store,
                          const PartitionNames& partitions) {
  Printer printer(what, store, partitions);
  std::vector<bcd::Object> objects = TRY(select_objects(what, store));
  if (objects.empty()) {
    return std::string("There are no matching objects or the store is empty.\n");
  }
  for (const bcd::Object& object : objects) printer.print(object);
  return printer.text();
}

Result<std::string> to_json_text(const Enum& what, const bcd::Store& store,
                                 std::string_view name) {
  Aliases aliases(store);
  ordered_json document = {{"store", name}, {"objects", ordered_json::array()}};
  for (const bcd::Object& object : TRY(select_objects(what, store))) {
    auto alias = aliases.of(object.id);
    ordered_json json = {{"id", to_string(object.id)},
                         {"alias", alias ? ordered_json(*alias) : nullptr},
                         {"type", fmt::format("{:#010x}", object.type)},
                         {"problem", problem_of(object.problem)},
                         {"elements", ordered_json::array()}};
    for (const bcd::Element& element : by_id(object.elements)) {
      json["elements"].push_back(json_of(element, object.type));
    }
    document["objects"].push_back(std::move(json));
  }
  // Names on a disk needn't be UTF-8: half a surrogate pair comes as WTF-8.
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace drydock::bcdedit
