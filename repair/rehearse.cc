#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "repair/bcd/names.h"
#include "repair/control_sets.h"
#include "repair/edit_words.h"
#include "repair/hive_logs.h"
#include "repair/plan.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::size_t kChunkSize = std::size_t{64} << 10;
// The least run of bytes that is written: a sector of every disk there is.
constexpr std::size_t kSectorSize = 512;

// Writes those sectors of `content` that `data` doesn't hold yet.
Done write_changed(BlockDevice& data, Bytes content) {
  if (data.size() < content.size()) TRY(data.resize(content.size()));
  ByteVector held(kChunkSize);
  for (std::size_t start = 0; start < content.size(); start += kChunkSize) {
    Bytes chunk = content.subspan(start, std::min(kChunkSize, content.size() - start));
    TRY(data.read(start, MutableBytes(held).first(chunk.size())));
    for (std::size_t at = 0; at < chunk.size(); at += kSectorSize) {
      Bytes sector = chunk.subspan(at, std::min(kSectorSize, chunk.size() - at));
      if (std::equal(sector.begin(), sector.end(), held.begin() + at)) continue;
      TRY(data.write(start + at, sector));
    }
  }
  return {};
}

Done check_holds(const BlockDevice& data, Bytes content) {
  bool same = data.size() == content.size();
  ByteVector held(kChunkSize);
  for (std::size_t start = 0; same && start < content.size(); start += kChunkSize) {
    Bytes chunk = content.subspan(start, std::min(kChunkSize, content.size() - start));
    MutableBytes into = MutableBytes(held).first(chunk.size());
    TRY(data.read(start, into));
    same = std::equal(chunk.begin(), chunk.end(), into.begin());
  }
  if (same) return {};
  return Error(Errc::corrupt, "what was written doesn't read back");
}

// A value of a hive, or with no name a key: what an edit is about.
struct Cell {
  std::string key;
  std::optional<std::string> value;
};

// What `hive` holds there: type and data of a value, a mark for a key; nothing
// where there is none.
Result<std::optional<ByteVector>> held(const hive::Hive& hive, const Cell& cell) {
  auto absent = [](const Error& error) { return error.code() == Errc::not_found; };
  Result<hive::Key> key = hive.find(cell.key);
  if (!key && absent(key.error())) return std::nullopt;
  if (!key) return std::move(key).error();
  if (!cell.value) return ByteVector{};
  Result<hive::Value> value = hive.value(*key, *cell.value);
  if (!value && absent(value.error())) return std::nullopt;
  if (!value) return std::move(value).error();
  auto type = static_cast<std::uint32_t>(value->type);
  ByteVector bytes(sizeof(type));
  std::memcpy(bytes.data(), &type, sizeof(type));
  bytes.insert(bytes.end(), value->data.begin(), value->data.end());
  return bytes;
}

Cell cell_of(const bcd::ObjectId& object, bcd::ElementId element) {
  return {
      .key = fmt::format("Objects\\{}\\Elements\\{:08x}", to_string(object), element),
      .value = "Element"};
}

Outcome outcome_at(std::string where) {
  Outcome outcome;
  outcome.where = std::move(where);
  return outcome;
}

// A hive or store with edits that aren't saved yet.
struct OpenHive {
  GuestPath path;
  FileSystemPtr volume;
  DevicePtr data;
  hive::Hive hive;
  bool changed = false;
  std::vector<Cell> cells;  // those that were edited
};

// Carries a plan out, edit by edit.
class Rehearsal {
 public:
  explicit Rehearsal(Disk& disk) : disk_(disk) {}

  Result<Outcome> apply(const Edit& edit) {
    Outcome outcome =
        TRY(std::visit([&](const auto& action) { return apply(action); }, edit.action));
    outcome.edit = kind_of(edit.action);
    outcome.why = edit.why;
    return outcome;
  }

  // Saves each open hive that an edit changed, and opens it anew to see that
  // every edited cell is there.
  Done save_hives();

 private:
  Result<Outcome> apply(const BcdSet& edit);
  Result<Outcome> apply(const BcdDelete& edit);
  Result<Outcome> apply(const RegistrySet& edit);
  Result<Outcome> apply(const RegistryDelete& edit);
  Result<Outcome> apply(const FilePut& edit);
  Result<Outcome> apply(const FileDelete& edit);
  Result<Outcome> apply(const FileRename& edit);

  Result<OpenHive*> open(const GuestPath& path);
  Result<std::string> file_words(const FileSystem& volume, const GuestPath& path) const;

  Disk& disk_;
  std::map<std::pair<std::uint32_t, std::string>, OpenHive> open_;
};

Result<OpenHive*> Rehearsal::open(const GuestPath& path) {
  auto name = std::pair(path.partition, ascii_lower(path.path));
  if (auto found = open_.find(name); found != open_.end()) return &found->second;
  FileSystemPtr volume = TRY(disk_.volume(path.partition));
  File file = TRY(volume->find(path.path));
  DevicePtr data = TRY(file.data());
  hive::Hive hive = TRY(hive::Hive::open(*data));
  auto [entry, is_new] =
      open_.emplace(std::move(name), OpenHive{.path = path,
                                              .volume = std::move(volume),
                                              .data = std::move(data),
                                              .hive = std::move(hive),
                                              .changed = false,
                                              .cells = {}});
  return &entry->second;
}

Done save(OpenHive& open) {
  std::uint32_t logged = TRY(greatest_log_sequence(*open.volume, open.path.path));
  if (logged == UINT32_MAX) {
    return Error(Errc::unsupported,
                 "its logs hold the greatest sequence number there is");
  }
  ByteVector bytes = TRY(open.hive.save({.sequence_min = logged + 1}));
  TRY(write_changed(*open.data, bytes));
  hive::Hive saved = TRY(hive::Hive::open(*open.data));
  for (const Cell& cell : open.cells) {
    if (TRY(held(saved, cell)) == TRY(held(open.hive, cell))) continue;
    return Error(Errc::corrupt, fmt::format("{} {} doesn't read back as it was edited",
                                            cell.key, cell.value.value_or("")));
  }
  return {};
}

Done Rehearsal::save_hives() {
  for (auto& [name, open] : open_) {
    if (open.changed) TRY(save(open).in(disk_.show(open.path)));
  }
  open_.clear();
  return {};
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

std::string element_place(const Disk& disk, const GuestPath& store,
                          const bcd::Object& object, bcd::ElementId element) {
  return fmt::format("{} {} {}", disk.show(store), words_of(object.id),
                     bcd::element_name(element, object.type));
}

Result<Outcome> Rehearsal::apply(const BcdSet& edit) {
  OpenHive& open = *TRY(this->open(edit.store).in(disk_.show(edit.store)));
  bcd::Store store = TRY(bcd::Store::open(open.hive).in(disk_.show(edit.store)));
  bcd::Object object = TRY(store.object(edit.object).in(disk_.show(edit.store)));
  Outcome outcome = outcome_at(element_place(disk_, edit.store, object, edit.element));
  Cell cell = cell_of(edit.object, edit.element);
  auto before = TRY(held(open.hive, cell).in(outcome.where));
  outcome.before = TRY(element_words(store, object, edit.element).in(outcome.where));
  TRY(store.set(edit.object, edit.element, edit.value).in(outcome.where));
  outcome.after = TRY(element_words(store, object, edit.element).in(outcome.where));
  if (outcome.after != words_of(edit.value, edit.element, object.type)) {
    return Error(Errc::corrupt, fmt::format("it reads back as {}", outcome.after))
        .in(outcome.where);
  }
  outcome.changed = before != TRY(held(open.hive, cell).in(outcome.where));
  open.changed = open.changed || outcome.changed;
  open.cells.push_back(std::move(cell));
  return outcome;
}

Result<Outcome> Rehearsal::apply(const BcdDelete& edit) {
  OpenHive& open = *TRY(this->open(edit.store).in(disk_.show(edit.store)));
  bcd::Store store = TRY(bcd::Store::open(open.hive).in(disk_.show(edit.store)));
  bcd::Object object = TRY(store.object(edit.object).in(disk_.show(edit.store)));
  Outcome outcome = outcome_at(element_place(disk_, edit.store, object, edit.element));
  outcome.before = TRY(element_words(store, object, edit.element).in(outcome.where));
  TRY(store.remove(edit.object, edit.element).in(outcome.where));
  open.changed = true;
  open.cells.push_back(cell_of(edit.object, edit.element));
  return outcome;
}

std::string registry_place(const Disk& disk, const GuestPath& hive,
                           const std::string& key,
                           const std::optional<std::string>& value) {
  std::string place = fmt::format("{} {}", disk.show(hive), key.empty() ? "\\" : key);
  if (!value) return place;
  return fmt::format("{} {}", place, value->empty() ? "(default)" : *value);
}

// The words of a value, "" where it isn't there.
Result<std::string> value_words(const hive::Hive& hive, const Cell& cell) {
  Result<hive::Key> key = hive.find(cell.key);
  if (!key && key.error().code() == Errc::not_found) return std::string();
  if (!key) return std::move(key).error();
  if (!cell.value) {
    return fmt::format("a key with {} values and {} keys below it",
                       TRY(hive.values(*key)).size(), TRY(hive.subkeys(*key)).size());
  }
  Result<hive::Value> value = hive.value(*key, *cell.value);
  if (!value && value.error().code() == Errc::not_found) return std::string();
  if (!value) return std::move(value).error();
  return words_of(*value);
}

// Makes the edit of `edit` in an open hive.
Done set_value(hive::Hive& hive, const RegistrySet& edit) {
  TRY(refuse_new_control_set(hive, edit.key));
  hive::Key key = TRY(hive.create(edit.key));
  if (!edit.value) return {};
  TRY(hive.set(key, *edit.value));
  hive::Value got = TRY(hive.value(key, edit.value->name));
  if (got.type == edit.value->type && got.data == edit.value->data) return {};
  return Error(Errc::corrupt, fmt::format("it reads back as {}", words_of(got)));
}

Result<Outcome> Rehearsal::apply(const RegistrySet& edit) {
  OpenHive& open = *TRY(this->open(edit.hive).in(disk_.show(edit.hive)));
  Cell cell{.key = edit.key, .value = {}};
  if (edit.value) cell.value = edit.value->name;
  Outcome outcome = outcome_at(registry_place(disk_, edit.hive, edit.key, cell.value));
  auto before = TRY(held(open.hive, cell).in(outcome.where));
  outcome.before = TRY(value_words(open.hive, cell).in(outcome.where));
  TRY(set_value(open.hive, edit).in(outcome.where));
  outcome.after = TRY(value_words(open.hive, cell).in(outcome.where));
  outcome.changed = before != TRY(held(open.hive, cell).in(outcome.where));
  open.changed = open.changed || outcome.changed;
  open.cells.push_back(std::move(cell));
  return outcome;
}

Result<Outcome> Rehearsal::apply(const RegistryDelete& edit) {
  OpenHive& open = *TRY(this->open(edit.hive).in(disk_.show(edit.hive)));
  Cell cell{.key = edit.key, .value = edit.value};
  Outcome outcome = outcome_at(registry_place(disk_, edit.hive, edit.key, edit.value));
  outcome.before = TRY(value_words(open.hive, cell).in(outcome.where));
  hive::Key key = TRY(open.hive.find(edit.key).in(outcome.where));
  TRY((edit.value ? open.hive.remove_value(key, *edit.value) : open.hive.remove(key))
          .in(outcome.where));
  open.changed = true;
  open.cells.push_back(std::move(cell));
  return outcome;
}

// Size and hash of a file, "" where there is none.
Result<std::string> Rehearsal::file_words(const FileSystem& volume,
                                          const GuestPath& path) const {
  Result<File> file = volume.find(path.path);
  if (!file && file.error().code() == Errc::not_found) return std::string();
  if (!file) return std::move(file).error();
  if (file->is_directory()) return std::string("a folder");
  Result<DevicePtr> data = file->data();
  if (data) return words_of(**data);
  // Bytes that are stored in a way that we don't read can still be replaced.
  return fmt::format("{} bytes, {}", file->stat().size, data.error().words());
}

Result<Outcome> Rehearsal::apply(const FilePut& edit) {
  Outcome outcome = outcome_at(disk_.show(edit.file));
  TRY(save_hives());
  FileSystemPtr volume = TRY(disk_.volume(edit.file.partition));
  outcome.before = TRY(file_words(*volume, edit.file).in(outcome.where));
  outcome.after =
      fmt::format("{} bytes, sha256 {}", edit.content.size(), sha256_of(edit.content));
  outcome.changed = outcome.before != outcome.after;
  if (!outcome.changed) return outcome;
  File file = TRY(volume->put(edit.file.path, edit.content).in(outcome.where));
  TRY(check_holds(*TRY(file.data().in(outcome.where)), edit.content).in(outcome.where));
  return outcome;
}

Result<Outcome> Rehearsal::apply(const FileDelete& edit) {
  Outcome outcome = outcome_at(disk_.show(edit.file));
  TRY(save_hives());
  FileSystemPtr volume = TRY(disk_.volume(edit.file.partition));
  outcome.before = TRY(file_words(*volume, edit.file).in(outcome.where));
  TRY(volume->remove(edit.file.path).in(outcome.where));
  if (TRY(file_words(*volume, edit.file).in(outcome.where)).empty()) return outcome;
  return Error(Errc::corrupt, "it is still there after its removal").in(outcome.where);
}

Result<Outcome> Rehearsal::apply(const FileRename& edit) {
  GuestPath target{.partition = edit.file.partition, .path = edit.to};
  Outcome outcome = outcome_at(disk_.show(edit.file));
  TRY(save_hives());
  FileSystemPtr volume = TRY(disk_.volume(edit.file.partition));
  outcome.before = disk_.show(edit.file);
  outcome.after = disk_.show(target);
  TRY(volume->rename(edit.file.path, edit.to).in(outcome.where));
  static_cast<void>(TRY(volume->find(edit.to).in(outcome.where)));
  return outcome;
}

}  // namespace

Result<std::vector<Outcome>> rehearse(const Plan& plan, Disk& disk) {
  Rehearsal rehearsal(disk);
  std::vector<Outcome> outcomes;
  for (const Edit& edit : plan.edits) outcomes.push_back(TRY(rehearsal.apply(edit)));
  TRY(rehearsal.save_hives());
  TRY(disk.flush());
  return outcomes;
}

}  // namespace drydock::repair
