// The changes of a story that are made to the boot store.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "harness/scenarios/change.h"
#include "repair/bcd/names.h"
#include "repair/installation.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

// "0x10200003", or a number in digits.
Result<std::uint64_t> number_of(std::string_view word) {
  int base = word.starts_with("0x") ? 16 : 10;
  if (base == 16) word.remove_prefix(2);
  std::uint64_t number = 0;
  auto [end, failed] =
      std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (failed != std::errc() || end != word.data() + word.size()) {
    return Error(Errc::bad_argument, fmt::format("'{}' isn't a number", word));
  }
  return number;
}

// An object of the store, or one that the story has made.
Result<bcd::ObjectId> object_of(const std::string& word, const bcd::Store& store) {
  if (auto id = parse_guid(word)) return *id;
  return store.resolve(word);
}

Result<bcd::ObjectType> type_of(const bcd::ObjectId& id, const bcd::Store& store,
                                const repair::Plan& plan) {
  for (const repair::Edit& edit : plan.edits) {
    const auto* create = std::get_if<repair::BcdCreate>(&edit.action);
    if (create != nullptr && create->object == id) return create->type;
  }
  return TRY(store.object(id)).type;
}

Result<bcd::Value> value_of(const std::string& words, bcd::ElementId element,
                            const bcd::Store& store) {
  std::string_view kind = bcd::kind_name(element);
  if (kind == "string") return bcd::Value(words);
  if (kind == "integer") return bcd::Value(TRY(number_of(words)));
  if (kind == "boolean") return bcd::Value(words == "yes");
  if (kind == "object") return bcd::Value(TRY(object_of(words, store)));
  if (kind != "objectlist") {
    return Error(Errc::bad_argument, fmt::format("a story sets no {}", kind));
  }
  std::vector<bcd::ObjectId> objects;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    objects.push_back(TRY(object_of(word, store)));
  }
  return bcd::Value(std::move(objects));
}

}  // namespace

Result<repair::Action> plan_store_change(const Change& change, const repair::Disk& disk,
                                         const repair::Plan& plan) {
  if (disk.installations().empty() || !disk.installations()[0]->boot().bcd) {
    return Error(Errc::not_found, "the disk has no boot store");
  }
  repair::GuestPath where = *disk.installations()[0]->boot().bcd;
  hive::Hive hive = TRY(disk.installations()[0]->open_boot_store());
  bcd::Store store = TRY(bcd::Store::open(hive));
  std::string name = change.path.substr(0, change.path.find(' '));
  bcd::ObjectId id = TRY(object_of(name, store));
  if (change.verb == Change::Verb::create_object) {
    auto type = static_cast<bcd::ObjectType>(TRY(number_of(change.text)));
    return repair::Action(
        repair::BcdCreate{.store = where, .object = id, .type = type});
  }
  if (change.verb == Change::Verb::remove_object) {
    return repair::Action(repair::BcdRemove{.store = where, .object = id});
  }
  std::string word = change.path.substr(std::min(name.size() + 1, change.path.size()));
  bcd::ObjectType type = TRY(type_of(id, store, plan));
  auto element = bcd::find_element(word, type);
  if (!element) {
    return Error(Errc::bad_argument, fmt::format("'{}' is no element of it", word));
  }
  bcd::Value value = TRY(value_of(change.to, *element, store));
  return repair::Action(repair::BcdSet{
      .store = where, .object = id, .element = *element, .value = std::move(value)});
}

}  // namespace drydock::scenarios
