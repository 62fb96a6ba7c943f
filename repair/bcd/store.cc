#include "repair/bcd/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "repair/bcd/names.h"
#include "repair/bcd/value.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {

namespace {

constexpr std::string_view kObjects = "Objects";
constexpr std::string_view kDescription = "Description";
constexpr std::string_view kType = "Type";
constexpr std::string_view kElements = "Elements";

// All 435 objects and 1,696 elements of 34 public stores are lower case.
std::string object_path(const ObjectId& id) {
  return fmt::format("{}\\{}", kObjects, to_string(id));
}

std::string element_key(ElementId id) { return fmt::format("{:08x}", id); }

std::optional<ElementId> parse_element_key(std::string_view name) {
  ElementId id = 0;
  auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), id, 16);
  bool whole = failure == std::errc() && end == name.data() + name.size();
  if (name.size() != 8 || !whole) return std::nullopt;
  return id;
}

// An absent key or value is an answer, not a failure.
template <class T>
Result<std::optional<T>> if_there(Result<T> found) {
  if (found) return std::optional<T>(*std::move(found));
  if (found.error().code() == Errc::not_found) return std::optional<T>();
  return std::move(found).error();
}

Result<Element> read_element(const hive::Hive& hive, hive::Key key, ElementId id) {
  Element element{.id = id, .value = Device{}, .problem = {}};
  auto stored = TRY(if_there(hive.value(key, kElementValue)));
  if (!stored) {
    element.problem = "its key has no value \"Element\"";
    return element;
  }
  auto value = decode_value(id, *stored);
  if (value) {
    element.value = *std::move(value);
  } else {
    element.value = opaque_device(std::move(stored->data));
    element.problem = value.error().words();
  }
  return element;
}

// `strangers`, where it is given, gets a clause for each key that is no
// element.
Result<Object> read_object(const hive::Hive& hive, hive::Key key, const ObjectId& id,
                           std::vector<std::string>* strangers) {
  Object object{.id = id, .type = 0, .elements = {}, .problem = {}};
  auto description = TRY(if_there(hive.find(key, kDescription)));
  std::optional<hive::Value> type;
  if (description) type = TRY(if_there(hive.value(*description, kType)));
  if (type && type->type == hive::ValueType::dword && type->number()) {
    object.type = static_cast<ObjectType>(*type->number());
  } else {
    object.problem = "it has no type: Description\\Type isn't a REG_DWORD";
  }
  auto elements = TRY(if_there(hive.find(key, kElements)));
  if (!elements) return object;  // some settings objects are empty
  for (hive::Key child : TRY(hive.subkeys(*elements))) {
    std::string name = TRY(hive.name(child));
    if (auto element = parse_element_key(name)) {
      object.elements.push_back(TRY(read_element(hive, child, *element)));
    } else if (strangers != nullptr) {
      strangers->push_back(
          fmt::format("key \"{}\" of object {} is no element", name, to_string(id)));
    }
  }
  return object;
}

Result<std::vector<Object>> read_objects(const hive::Hive& hive,
                                         std::vector<std::string>* strangers) {
  std::vector<Object> objects;
  hive::Key all = TRY(hive.find(kObjects));
  for (hive::Key key : TRY(hive.subkeys(all))) {
    std::string name = TRY(hive.name(key));
    auto id = parse_guid(name);
    if (id && name.starts_with('{')) {
      objects.push_back(
          TRY(read_object(hive, key, *id, strangers).in("object " + name)));
    } else if (strangers != nullptr) {
      strangers->push_back(fmt::format("key \"{}\" is no object", name));
    }
  }
  return objects;
}

Result<hive::Key> find_object(const hive::Hive& hive, const ObjectId& id) {
  auto key = TRY(if_there(hive.find(object_path(id))));
  if (!key) {
    return Error(Errc::not_found, "the store has no object " + to_string(id));
  }
  return *key;
}

std::string place_of(const ObjectId& id, ElementId element) {
  return fmt::format("element {:08x} of object {}", element, to_string(id));
}

// The objects that `id` inherits from, in order; none where it has no such
// list, or one that can't be read.
std::vector<ObjectId> parents_of(const Store& store, const ObjectId& id) {
  auto value = store.get(id, element::inherit);
  if (!value) return {};
  auto* parents = std::get_if<std::vector<ObjectId>>(&*value);
  return parents != nullptr ? *parents : std::vector<ObjectId>();
}

}  // namespace

std::string element_path(const ObjectId& id, ElementId element) {
  return fmt::format("{}\\{}\\{}", object_path(id), kElements, element_key(element));
}

Result<Store> Store::open(hive::Hive& hive) {
  if (!TRY(if_there(hive.find(kObjects)))) {
    return Error(Errc::corrupt, "the hive has no key \"Objects\": it is no boot store");
  }
  return Store(hive);
}

Result<Store> Store::lay_out(hive::Hive& hive) {
  hive::Key description = TRY(hive.create(kDescription));
  TRY(hive.set(description, hive::Value::sz("KeyName", "BCD00000000")));
  TRY(hive.create(kObjects));
  return Store(hive);
}

Result<std::vector<Object>> Store::objects() const {
  return read_objects(*hive_, nullptr);
}

Result<Object> Store::object(const ObjectId& id) const {
  return read_object(*hive_, TRY(find_object(*hive_, id)), id, nullptr)
      .in("object " + to_string(id));
}

Result<Value> Store::get(const ObjectId& id, ElementId element) const {
  hive::Key object = TRY(find_object(*hive_, id));
  std::string path = fmt::format("{}\\{}", kElements, element_key(element));
  auto key = TRY(if_there(hive_->find(object, path)));
  if (!key) {
    return Error(Errc::not_found, "there is no " + place_of(id, element));
  }
  Element found = TRY(read_element(*hive_, *key, element));
  if (!found.problem.empty()) {
    return Error(Errc::corrupt, found.problem).in(place_of(id, element));
  }
  return std::move(found.value);
}

Result<hive::Value> Store::stored(const ObjectId& id, ElementId element) const {
  return hive_->value(TRY(hive_->find(element_path(id, element))), kElementValue)
      .in(place_of(id, element));
}

Result<Value> Store::get_inherited(const ObjectId& id, ElementId element) const {
  TRY(find_object(*hive_, id));
  struct Visit {
    ObjectId object;
    int depth = 0;
  };
  std::vector<Visit> ahead = {{id, 0}};
  std::set<ObjectId> seen;  // what one path has asked, no other need ask
  while (!ahead.empty()) {
    Visit visit = ahead.back();
    ahead.pop_back();
    if (visit.depth > kInheritDepthMax || !seen.insert(visit.object).second) continue;
    auto value = get(visit.object, element);
    if (value || value.error().code() != Errc::not_found) return value;
    std::vector<ObjectId> parents = parents_of(*this, visit.object);
    for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) {
      ahead.push_back({*parent, visit.depth + 1});
    }
  }
  return Error(Errc::not_found, "neither it nor what it inherits from has a value")
      .in(place_of(id, element));
}

Result<std::vector<std::string>> Store::problems() const {
  std::vector<std::string> problems;
  for (const Object& object : TRY(read_objects(*hive_, &problems))) {
    if (!object.problem.empty()) {
      problems.push_back(
          fmt::format("object {}: {}", to_string(object.id), object.problem));
    }
    for (const Element& element : object.elements) {
      if (element.problem.empty()) continue;
      problems.push_back(
          fmt::format("{}: {}", place_of(object.id, element.id), element.problem));
    }
  }
  return problems;
}

Done Store::set(const ObjectId& id, ElementId element, const Value& value) {
  hive::Value stored = TRY(encode_value(element, value).in(place_of(id, element)));
  hive::Key object = TRY(find_object(*hive_, id));
  std::string path = fmt::format("{}\\{}", kElements, element_key(element));
  hive::Key key = TRY(hive_->create(object, path).in(place_of(id, element)));
  return hive_->set(key, stored).in(place_of(id, element));
}

Done Store::remove(const ObjectId& id, ElementId element) {
  hive::Key object = TRY(find_object(*hive_, id));
  std::string path = fmt::format("{}\\{}", kElements, element_key(element));
  auto key = TRY(if_there(hive_->find(object, path)));
  if (!key) {
    return Error(Errc::not_found, "there is no " + place_of(id, element));
  }
  return hive_->remove(*key).in(place_of(id, element));
}

Done Store::remove(const ObjectId& id) {
  return hive_->remove(TRY(find_object(*hive_, id))).in("object " + to_string(id));
}

Done Store::create(const ObjectId& id, ObjectType type) {
  std::string path = object_path(id);
  if (TRY(if_there(hive_->find(path)))) {
    return Error(Errc::bad_argument, "the store has an object " + to_string(id));
  }
  hive::Key object = TRY(hive_->create(path));
  hive::Key description = TRY(hive_->create(object, kDescription));
  TRY(hive_->create(object, kElements));
  return hive_->set(description, hive::Value::dword(kType, type));
}

Result<ObjectId> Store::resolve(std::string_view word) const {
  // The pseudo aliases' own ids occur in scripts, never as keys.
  constexpr ObjectId kDefault = "1cae1eb7-a0df-4d4d-9851-4860e34ef535"_guid;
  constexpr ObjectId kCurrent = "fa926493-6f1c-4193-a414-58f0b2456d1e"_guid;
  std::optional<ObjectId> id = object_of_alias(word);
  if (!id && word.starts_with('{')) id = parse_guid(word);
  if (equal_ignoring_case(word, "{default}") || id == kDefault ||
      equal_ignoring_case(word, "{current}") || id == kCurrent) {
    Value value = TRY(get(kBootManager, element::default_object).in(std::string(word)));
    id = std::get<ObjectId>(value);
  }
  if (!id) {
    return Error(Errc::not_found,
                 fmt::format("\"{}\" is neither an object's id nor an alias", word));
  }
  TRY(find_object(*hive_, *id).in(std::string(word)));
  return *id;
}

}  // namespace drydock::bcd
