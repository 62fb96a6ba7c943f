#include "repair/hive_editor.h"

#include <fmt/format.h>

#include "repair/bcd/names.h"
#include "repair/control_sets.h"
#include "repair/edit_words.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// Nothing where `result` says that it isn't there; else as it is.
template <class T>
Result<std::optional<T>> unless_absent(Result<T> result) {
  if (result) return std::optional<T>(*std::move(result));
  if (result.error().code() == Errc::not_found) return std::optional<T>();
  return std::move(result).error();
}

// What a store says of one element: its words, "" where it isn't there.
Result<std::string> element_words(const bcd::Store& store, const bcd::Object& object,
                                  bcd::ElementId element) {
  Result<bcd::Value> value = store.get(object.id, element);
  if (value) return words_of(*value, element, object.type);
  switch (value.error().code()) {
    case Errc::not_found:
      return std::string();
    case Errc::corrupt:  // A value of the wrong shape may be what is mended.
      return fmt::format("unreadable: {}", value.error().words());
    default:
      return std::move(value).error();
  }
}

// Data and type, to compare.
ByteVector bytes_of_value(const hive::Value& value) {
  ByteVector bytes = value.data;
  auto type = static_cast<std::uint32_t>(value.type);
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::byte>(type >> shift));
  }
  return bytes;
}

}  // namespace

Result<HiveEditor::Look> HiveEditor::look_at(const hive::Hive& hive, const Cell& cell) {
  auto key = TRY(unless_absent(hive.find(cell.key)));
  if (!key) return Look{};
  if (!cell.value) {
    std::size_t value_count = TRY(hive.values(*key)).size();
    std::size_t key_count = TRY(hive.subkeys(*key)).size();
    return Look{.held = ByteVector{},
                .words = fmt::format("a key with {} values and {} keys below it",
                                     value_count, key_count)};
  }
  auto value = TRY(unless_absent(hive.value(*key, *cell.value)));
  if (!value) return Look{};
  return Look{.held = bytes_of_value(*value), .words = words_of(*value)};
}

Result<HiveEditor::Held> HiveEditor::held(const hive::Hive& hive, const Cell& cell) {
  auto key = TRY(unless_absent(hive.find(cell.key)));
  if (!key) return Held();
  if (!cell.value) return Held(ByteVector{});
  auto value = TRY(unless_absent(hive.value(*key, *cell.value)));
  return value ? Held(bytes_of_value(*value)) : Held();
}

HiveEditor::Cell HiveEditor::cell_of(const bcd::ObjectId& object,
                                     bcd::ElementId element) {
  return {.key = bcd::element_path(object, element), .value = "Element"};
}

Result<Outcome> HiveEditor::apply(const Action& action) {
  Outcome outcome =
      TRY(std::visit([&](const auto& edit) { return apply(edit); }, action).in(place_));
  outcome.edit = kind_of(action);
  changed_ = changed_ || outcome.changed;
  return outcome;
}

Result<Outcome> HiveEditor::apply(const BcdSet& edit) {
  bcd::Store store = TRY(bcd::Store::open(*hive_));
  bcd::Object object = TRY(store.object(edit.object).in(words_of(edit.object)));
  std::string name = fmt::format("{} {}", words_of(object.id),
                                 bcd::element_name(edit.element, object.type));
  Cell cell = cell_of(edit.object, edit.element);
  Outcome outcome;
  outcome.where = fmt::format("{} {}", place_, name);
  Held before = TRY(held(*hive_, cell).in(name));
  outcome.before = TRY(element_words(store, object, edit.element).in(name));
  TRY(store.set(edit.object, edit.element, edit.value).in(name));
  outcome.after = TRY(element_words(store, object, edit.element).in(name));
  if (outcome.after != words_of(edit.value, edit.element, object.type)) {
    return Error(Errc::corrupt, fmt::format("it reads back as {}", outcome.after))
        .in(name);
  }
  outcome.changed = before != TRY(held(*hive_, cell).in(name));
  cells_.push_back(std::move(cell));
  return outcome;
}

Result<Outcome> HiveEditor::apply(const BcdDelete& edit) {
  bcd::Store store = TRY(bcd::Store::open(*hive_));
  bcd::Object object = TRY(store.object(edit.object).in(words_of(edit.object)));
  std::string name = fmt::format("{} {}", words_of(object.id),
                                 bcd::element_name(edit.element, object.type));
  Outcome outcome;
  outcome.where = fmt::format("{} {}", place_, name);
  outcome.before = TRY(element_words(store, object, edit.element).in(name));
  TRY(store.remove(edit.object, edit.element).in(name));
  cells_.push_back(cell_of(edit.object, edit.element));
  return outcome;
}

Result<Outcome> HiveEditor::apply(const BcdCreate& edit) {
  bcd::Store store = TRY(bcd::Store::open(*hive_));
  std::string name = words_of(edit.object);
  Outcome outcome;
  outcome.where = fmt::format("{} {}", place_, name);
  TRY(store.create(edit.object, edit.type).in(name));
  bcd::Object made = TRY(store.object(edit.object).in(name));
  outcome.after = words_of(made);
  if (made.type != edit.type || !made.elements.empty()) {
    return Error(Errc::corrupt, fmt::format("it reads back as {}", outcome.after))
        .in(name);
  }
  std::string key = fmt::format("Objects\\{}", to_string(edit.object));
  cells_.push_back({.key = key + "\\Description", .value = "Type"});
  cells_.push_back({.key = key + "\\Elements", .value = {}});
  return outcome;
}

Result<Outcome> HiveEditor::apply(const BcdRemove& edit) {
  bcd::Store store = TRY(bcd::Store::open(*hive_));
  std::string name = words_of(edit.object);
  Outcome outcome;
  outcome.where = fmt::format("{} {}", place_, name);
  outcome.before = words_of(TRY(store.object(edit.object).in(name)));
  TRY(store.remove(edit.object).in(name));
  cells_.push_back(
      {.key = fmt::format("Objects\\{}", to_string(edit.object)), .value = {}});
  return outcome;
}

Outcome HiveEditor::outcome_at(const Cell& cell) const {
  Outcome outcome;
  outcome.where = fmt::format("{} {}", place_, cell.key.empty() ? "\\" : cell.key);
  if (cell.value) {
    outcome.where +=
        fmt::format(" {}", cell.value->empty() ? "(default)" : *cell.value);
  }
  return outcome;
}

Result<Outcome> HiveEditor::apply(const RegistrySet& edit) {
  Cell cell{.key = edit.key, .value = {}};
  if (edit.value) cell.value = edit.value->name;
  Outcome outcome = outcome_at(cell);
  Look before = TRY(look_at(*hive_, cell).in(edit.key));
  TRY(refuse_new_control_set(*hive_, edit.key).in(edit.key));
  hive::Key key = TRY(hive_->create(edit.key).in(edit.key));
  if (edit.value) TRY(hive_->set(key, *edit.value).in(edit.key));
  Look after = TRY(look_at(*hive_, cell).in(edit.key));
  if (edit.value && after.held != bytes_of_value(*edit.value)) {
    return Error(Errc::corrupt, fmt::format("it reads back as {}", after.words))
        .in(edit.key);
  }
  outcome.changed = before.held != after.held;
  outcome.before = std::move(before.words);
  outcome.after = std::move(after.words);
  cells_.push_back(std::move(cell));
  return outcome;
}

Result<Outcome> HiveEditor::apply(const RegistryDelete& edit) {
  Cell cell{.key = edit.key, .value = edit.value};
  Outcome outcome = outcome_at(cell);
  outcome.before = TRY(look_at(*hive_, cell).in(edit.key)).words;
  hive::Key key = TRY(hive_->find(edit.key).in(edit.key));
  TRY((edit.value ? hive_->remove_value(key, *edit.value).in(*edit.value)
                  : hive_->remove(key))
          .in(edit.key));
  cells_.push_back(std::move(cell));
  return outcome;
}

template <class FileEdit>
Result<Outcome> HiveEditor::apply(const FileEdit&) {
  return Error(Errc::bad_argument, "a hive holds no files");
}

Done HiveEditor::check(const hive::Hive& saved) const {
  for (const Cell& cell : cells_) {
    if (TRY(held(saved, cell)) == TRY(held(*hive_, cell))) continue;
    return Error(Errc::corrupt, fmt::format("{} doesn't read back as it was edited",
                                            outcome_at(cell).where));
  }
  return {};
}

}  // namespace drydock::repair
