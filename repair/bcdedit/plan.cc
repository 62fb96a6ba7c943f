// What the commands of bcdedit come to in a store, edit by edit.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "repair/bcd/names.h"
#include "repair/bcdedit/values.h"
#include "repair/bcdedit/words.h"
#include "repair/likely_word.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcdedit {

namespace {

using Words = std::vector<std::string>;
using Actions = std::vector<repair::Action>;
using Ids = std::vector<bcd::ObjectId>;

Error usage(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

// Where the edits go.
struct Scene {
  const bcd::Store& store;
  const repair::GuestPath& where;
  const PartitionNames& partitions;
  const MakeGuid& make_guid;
};

// What `word` may have been meant for, to end an error with; or "".
std::string hint(std::string_view word, bcd::ObjectType type) {
  constexpr bcd::ObjectType types[] = {bcd::kOsLoader, bcd::kBootManagerType,
                                       bcd::kResumeLoader, bcd::kMemoryTester,
                                       bcd::kDeviceOptions};
  for (bcd::ObjectType other : types) {
    if (bcd::find_element(word, other)) {
      return fmt::format("; a {} has one", bcd::title_of({}, other));
    }
  }
  // Microsoft's own article prints "integrityservicesenable".
  for (std::size_t size = word.size(); size-- > 1;) {
    if (bcd::find_element(word.substr(0, size), type)) {
      return fmt::format("; is it \"{} {}\"?", word.substr(0, size), word.substr(size));
    }
  }
  std::string likely = repair::likely_word(ascii_lower(word), bcd::element_names(type));
  return likely.empty() ? "" : fmt::format("; is it \"{}\"?", likely);
}

Result<bcd::ElementId> find_element(const Edit& edit, bcd::ObjectType type) {
  auto id = bcd::find_element(std::string_view(edit.element), type);
  if (!id) {
    return Error(Errc::not_found,
                 fmt::format("a {} has no element \"{}\"{}", bcd::title_of({}, type),
                             edit.element, hint(edit.element, type)));
  }
  bool plausible = *id >> 28 >= 1 && *id >> 28 <= 5 && bcd::kind_name(*id) != "unknown";
  if (!plausible) {
    return usage(
        fmt::format("{:08x} is no element's id: its first digit is 1 to 5, "
                    "its second 1 to 7",
                    *id));
  }
  return *id;
}

// Two ids are published for this one name, and the wrong one would do nothing.
Done refuse_ambiguous(const Edit& edit) {
  if (!equal_ignoring_case(edit.element, "forcefipscrypto")) return {};
  return Error(Errc::unsupported,
               "forcefipscrypto is published as 16000079 and as 1600007b: write the "
               "one that you mean as custom:16000079 or custom:1600007b");
}

// What is there; nothing where there is no such element.
Result<std::optional<bcd::Value>> value_of(const bcd::Store& store,
                                           const bcd::ObjectId& object,
                                           bcd::ElementId element) {
  auto value = store.get(object, element);
  if (value) return std::optional<bcd::Value>(*std::move(value));
  if (value.error().code() == Errc::not_found) return std::optional<bcd::Value>();
  return std::move(value).error();
}

Result<Ids> list_of(const bcd::Store& store, const bcd::ObjectId& object,
                    bcd::ElementId element) {
  auto value = TRY(value_of(store, object, element));
  return value ? std::get<Ids>(*value) : Ids();
}

// An object that a list may name although it is gone.
Result<bcd::ObjectId> resolve_listed(const std::string& word, const bcd::Store& store) {
  auto found = store.resolve(word);
  if (found || !word.starts_with('{')) return found;
  auto id = parse_guid(word);
  if (!id) id = bcd::object_of_alias(word);
  if (!id) return found;
  return *id;
}

// The list that is there, with the objects of `edit` first, last or out of it.
Result<Ids> placed(const Edit& edit, const bcd::ObjectId& object,
                   bcd::ElementId element, const bcd::Store& store) {
  if (bcd::kind_name(element) != "objectlist") {
    return usage("/addfirst, /addlast and /remove are for lists of objects");
  }
  bool take_out = edit.how == Edit::How::take_out;
  Ids named;
  for (const std::string& word : edit.values) {
    named.push_back(TRY(take_out ? resolve_listed(word, store) : store.resolve(word)));
  }
  Ids list = TRY(list_of(store, object, element));
  for (const bcd::ObjectId& id : named) {
    if (std::erase(list, id) == 0 && take_out) {
      return Error(Errc::not_found, to_string(id) + " isn't in the list");
    }
  }
  if (edit.how == Edit::How::add_first) {
    list.insert(list.begin(), named.begin(), named.end());
  } else if (edit.how == Edit::How::add_last) {
    list.insert(list.end(), named.begin(), named.end());
  }
  return list;
}

// Sets a list; takes the element away for an empty one, which isn't stored.
repair::Action set_list(const Scene& scene, const bcd::ObjectId& object,
                        bcd::ElementId element, Ids list) {
  if (list.empty()) {
    return repair::BcdDelete{
        .store = scene.where, .object = object, .element = element};
  }
  return repair::BcdSet{.store = scene.where,
                        .object = object,
                        .element = element,
                        .value = std::move(list)};
}

// The object that is edited.  A settings object that the store lacks is made first,
// as bcdedit makes it: most stores have {emssettings}, but none need.
Result<bcd::Object> object_to_edit(const Edit& edit, const Scene& scene,
                                   Actions& actions) {
  auto id = scene.store.resolve(edit.object);
  if (id) return scene.store.object(*id);
  auto known = bcd::object_of_alias(edit.object);
  auto type = known ? bcd::well_known_type(*known) : std::nullopt;
  bool makes = edit.how == Edit::How::set;
  if (!type || *type >> 28 != 2 || !makes) return std::move(id).error();
  auto made = [&](const repair::Action& action) {
    const auto* create = std::get_if<repair::BcdCreate>(&action);
    return create != nullptr && create->object == *known;
  };
  if (std::ranges::none_of(actions, made)) {
    actions.push_back(
        repair::BcdCreate{.store = scene.where, .object = *known, .type = *type});
  }
  return bcd::Object{.id = *known, .type = *type, .elements = {}, .problem = {}};
}

Done plan_edit(const Edit& edit, const Scene& scene, Actions& actions) {
  bcd::Object object = TRY(object_to_edit(edit, scene, actions));
  bcd::ElementId element = TRY(find_element(edit, object.type));
  bool takes_away = edit.how == Edit::How::delete_value || edit.how == Edit::How::clear;
  if (takes_away) {
    bool there = std::ranges::find(object.elements, element, &bcd::Element::id) !=
                 object.elements.end();
    if (!there && edit.how == Edit::How::clear) return {};
    if (!there) {
      return Error(Errc::not_found, "it isn't set, so there is nothing to delete");
    }
    actions.push_back(repair::BcdDelete{
        .store = scene.where, .object = object.id, .element = element});
    return {};
  }
  TRY(refuse_ambiguous(edit));
  if (edit.how != Edit::How::set) {
    Ids list = TRY(placed(edit, object.id, element, scene.store));
    actions.push_back(set_list(scene, object.id, element, std::move(list)));
    return {};
  }
  Target target{.store = scene.store,
                .type = object.type,
                .element = element,
                .partitions = scene.partitions};
  bcd::Value value = TRY(parse_value(edit.values, target));
  actions.push_back(repair::BcdSet{.store = scene.where,
                                   .object = object.id,
                                   .element = element,
                                   .value = std::move(value)});
  return {};
}

Result<Actions> plan(const std::vector<Edit>& edits, const Scene& scene) {
  Actions actions;
  for (const Edit& edit : edits) {
    TRY(plan_edit(edit, scene, actions)
            .in(fmt::format("{} {}", edit.object, edit.element)));
  }
  return actions;
}

repair::Action describe_as(const Scene& scene, const bcd::ObjectId& object,
                           const std::string& description) {
  return repair::BcdSet{.store = scene.where,
                        .object = object,
                        .element = bcd::element::description,
                        .value = description};
}

Result<Actions> plan(const Create& create, const Scene& scene) {
  std::optional<bcd::ObjectId> id;
  std::optional<bcd::ObjectType> type = create.type;
  if (create.object) {
    id = bcd::object_of_alias(*create.object);
    if (!id) id = parse_guid(*create.object);
    if (!id) return usage(fmt::format("\"{}\" is no object's id", *create.object));
    if (!type) type = bcd::well_known_type(*id);
  } else {
    id = TRY(scene.make_guid());
  }
  if (!type) return usage("/create takes the type of such an object");
  if (scene.store.object(*id)) {
    return usage(fmt::format("the store has an object {} already", to_string(*id)));
  }
  Actions actions = {
      repair::BcdCreate{.store = scene.where, .object = *id, .type = *type}};
  if (create.description) {
    actions.push_back(describe_as(scene, *id, *create.description));
  }
  return actions;
}

// One element of a copy.  What isn't understood is copied as it lies.
Result<repair::Action> copy_element(const bcd::Element& element,
                                    const bcd::ObjectId& from, const bcd::ObjectId& to,
                                    const Scene& scene) {
  bool understood = element.problem.empty() && bcd::kind_name(element.id) != "unknown";
  if (understood) {
    return repair::Action(repair::BcdSet{.store = scene.where,
                                         .object = to,
                                         .element = element.id,
                                         .value = element.value});
  }
  hive::Value stored = TRY(scene.store.stored(from, element.id));
  return repair::Action(repair::RegistrySet{.hive = scene.where,
                                            .key = bcd::element_path(to, element.id),
                                            .value = std::move(stored)});
}

Result<Actions> plan(const Copy& copy, const Scene& scene) {
  bcd::Object object = TRY(scene.store.object(TRY(scene.store.resolve(copy.object))));
  if (!object.problem.empty()) {
    return Error(Errc::corrupt, object.problem).in(copy.object);
  }
  bcd::ObjectId id = TRY(scene.make_guid());
  Actions actions = {
      repair::BcdCreate{.store = scene.where, .object = id, .type = object.type}};
  for (const bcd::Element& element : object.elements) {
    if (element.id == bcd::element::description) continue;
    actions.push_back(TRY(copy_element(element, object.id, id, scene)));
  }
  actions.push_back(describe_as(scene, id, copy.description));
  // Microsoft's own words: the copy of an entry that is on the menu is added as the
  // menu's last item.
  auto menu = list_of(scene.store, bcd::kBootManager, bcd::element::display_order);
  if (menu && std::ranges::find(*menu, object.id) != menu->end()) {
    menu->push_back(id);
    actions.push_back(set_list(scene, bcd::kBootManager, bcd::element::display_order,
                               *std::move(menu)));
  }
  return actions;
}

// What hibernation of a loader resumes with, where no other loader shares it.
std::optional<bcd::ObjectId> resume_object_of(const bcd::Object& loader,
                                              const bcd::Store& store,
                                              const std::vector<bcd::Object>& objects) {
  if (loader.type != bcd::kOsLoader) return std::nullopt;
  auto value = store.get(loader.id, bcd::element::resume_object);
  if (!value) return std::nullopt;
  auto id = std::get<bcd::ObjectId>(*value);
  for (const bcd::Object& other : objects) {
    if (other.type != bcd::kOsLoader || other.id == loader.id) continue;
    auto others = store.get(other.id, bcd::element::resume_object);
    if (others && std::get<bcd::ObjectId>(*others) == id) return std::nullopt;
  }
  auto resume = store.object(id);
  bool is_one = resume && resume->type == bcd::kResumeLoader;
  return is_one ? std::optional(id) : std::nullopt;
}

// Takes what names an object of `gone` out of `object`.
void forget(const std::set<bcd::ObjectId>& gone, const bcd::Object& object,
            const Scene& scene, Actions& actions) {
  for (const bcd::Element& element : object.elements) {
    if (!element.problem.empty()) continue;
    if (const auto* id = std::get_if<bcd::ObjectId>(&element.value)) {
      if (!gone.contains(*id)) continue;
      actions.push_back(set_list(scene, object.id, element.id, {}));
    } else if (const auto* list = std::get_if<Ids>(&element.value)) {
      Ids kept = *list;
      if (std::erase_if(kept, [&](const auto& each) { return gone.contains(each); }) ==
          0) {
        continue;
      }
      actions.push_back(set_list(scene, object.id, element.id, std::move(kept)));
    }
  }
}

Result<Actions> plan(const Remove& remove, const Scene& scene) {
  bcd::Object object = TRY(scene.store.object(TRY(scene.store.resolve(remove.object))));
  if (bcd::alias_of(object.id) && !remove.force) {
    return usage(fmt::format("{} is a well-known entry: only /f deletes it",
                             *bcd::alias_of(object.id)));
  }
  std::set<bcd::ObjectId> gone = {object.id};
  Actions actions;
  if (remove.cleanup) {
    std::vector<bcd::Object> objects = TRY(scene.store.objects());
    if (auto resume = resume_object_of(object, scene.store, objects)) {
      gone.insert(*resume);
    }
    for (const bcd::Object& other : objects) {
      if (!gone.contains(other.id)) forget(gone, other, scene, actions);
    }
  }
  for (const bcd::ObjectId& id : gone) {
    actions.push_back(repair::BcdRemove{.store = scene.where, .object = id});
  }
  return actions;
}

template <class Other>
Result<Actions> plan(const Other&, const Scene&) {
  return usage("it changes no store");
}

}  // namespace

Result<std::vector<repair::Action>> plan(const Command& command,
                                         const bcd::Store& store,
                                         const repair::GuestPath& where,
                                         const PartitionNames& partitions,
                                         const MakeGuid& make_guid) {
  Scene scene{
      .store = store, .where = where, .partitions = partitions, .make_guid = make_guid};
  return std::visit([&](const auto& action) { return plan(action, scene); },
                    command.action);
}

}  // namespace drydock::bcdedit
