#include "repair/hive/hive.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/editor.h"
#include "repair/hive/format.h"
#include "repair/hive/upcase.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

Result<std::u16string> encode_name(std::string_view name) {
  auto units = to_utf16(name);
  if (!units) return Error(Errc::bad_argument, "a name that isn't UTF-8");
  return *std::move(units);
}

// A key's handle is its cell, and above it the cell of the key that led to it:
// what a key's own cell says of its parent may be wrong.
Key make_key(std::uint32_t parent, std::uint32_t cell) {
  return Key{std::uint64_t{parent} << 32 | cell};
}
std::uint32_t offset_of(Key key) { return static_cast<std::uint32_t>(key.handle); }
std::uint32_t parent_of(Key key) {
  return static_cast<std::uint32_t>(key.handle >> 32);
}

Result<Value> decode_value(const Cells& cells, const ValueCell& cell) {
  ByteVector data = TRY(cells.data(cell));
  return Value{.name = to_utf8(cell.name),
               .type = static_cast<ValueType>(std::uint32_t{cell.node.type}),
               .data = std::move(data)};
}

// The first name of `path`, which loses it; empty at the end.
std::string_view take_name(std::string_view& path) {
  std::string_view name;
  while (name.empty() && !path.empty()) {
    name = path.substr(0, path.find('\\'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return name;
}

}  // namespace

struct Hive::Impl {
  Impl(Recovery recovered, CheckReport report)
      : file(std::move(recovered.file)),
        recovery(std::move(recovered.report)),
        cells(file),
        header(read_header_facts(file)),
        editor(file),
        problems_before(std::move(report.problems)),
        hashes(report.hashes_right ? Cells::Hashes::right : Cells::Hashes::doubtful) {}

  Result<KeyCell> key(Key key) const { return cells.key(offset_of(key)); }
  Result<Key> find_subkey(Key parent, std::string_view name) const;

  // Makes an edit, of one step or several, whole or not at all.
  Done apply(const std::function<Done(Editor&)>& edit);
  Done mark_edited(ByteVector& saved, const SaveOptions& options) const;
  // Gives `saved` both sequence numbers, and `time` where it is one.
  static void seal(ByteVector& saved, std::uint32_t sequence,
                   std::optional<FileTime> time);

  ByteVector file;
  RecoveryReport recovery;
  Cells cells;  // of `file`
  HeaderFacts header;
  Editor editor;                        // of `file`
  std::set<std::uint32_t> edited_keys;  // whose time save() sets
  // What was wrong before the first edit, for save() to compare with.
  std::vector<Problem> problems_before;
  Cells::Hashes hashes;  // what the editor adds is right
};

Result<Key> Hive::Impl::find_subkey(Key parent, std::string_view name) const {
  std::u16string wanted = upcase(TRY(encode_name(name)));
  KeyCell cell = TRY(key(parent));
  auto found = TRY(cells.find_subkey(cell, wanted, hashes));
  if (found) return make_key(cell.offset, *found);
  return Error(Errc::not_found,
               fmt::format("there is no key {} in {}", name, to_utf8(cell.name)));
}

Hive::Hive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hive::Hive(Hive&&) noexcept = default;
Hive& Hive::operator=(Hive&&) noexcept = default;
Hive::~Hive() = default;

namespace {

Result<ByteVector> read_whole(const BlockDevice& device) {
  if (device.size() > kHiveSizeMax) {
    return Error(Errc::unsupported, fmt::format("a hive of {} bytes; the most is {}",
                                                device.size(), kHiveSizeMax));
  }
  return read_bytes(device, 0, device.size(), kHiveSizeMax);
}

// A dirty hive as it lies.
Recovery unrecovered(ByteVector file, std::string reason) {
  HeaderFacts header = read_header_facts(file);
  Recovery recovery;
  recovery.file = std::move(file);
  recovery.report.sequence = header.sequence1;
  if (!header.dirty()) return recovery;
  recovery.report.state = RecoveryState::not_recoverable;
  recovery.report.why_dirty = header.why_dirty();
  recovery.report.reason = std::move(reason);
  return recovery;
}

}  // namespace

Result<Hive> Hive::open(const BlockDevice& device) {
  ByteVector file = TRY(read_whole(device));
  CheckReport report = TRY(check_believed(file));
  return Hive(std::make_unique<Impl>(
      unrecovered(std::move(file), "its logs aren't beside it"), std::move(report)));
}

Result<Hive> Hive::open(const BlockDevice& device, const LogSource& logs) {
  ByteVector file = TRY(read_whole(device));
  Recovery recovery;
  if (!read_header_facts(file).dirty()) {
    recovery = recover(std::move(file), {});
  } else if (auto beside = logs()) {
    recovery = recover(std::move(file), *beside);
  } else {
    recovery = unrecovered(std::move(file), beside.error().describe());
  }
  CheckReport report = TRY(check_believed(recovery.file));
  return Hive(std::make_unique<Impl>(std::move(recovery), std::move(report)));
}

const RecoveryReport& Hive::recovery() const { return impl_->recovery; }

bool Hive::dirty() const {
  return impl_->recovery.state == RecoveryState::not_recoverable;
}

FileTime Hive::last_written() const {
  auto base = load<BaseBlock>(impl_->file);
  return base ? FileTime{base->last_written} : 0;
}

Key Hive::root() const { return make_key(kNoCell, impl_->cells.root()); }

Result<Key> Hive::find(std::string_view path) const { return find(root(), path); }

Result<Key> Hive::find(Key from, std::string_view path) const {
  Key key = from;
  for (auto name = take_name(path); !name.empty(); name = take_name(path)) {
    key = TRY(impl_->find_subkey(key, name));
  }
  return key;
}

Result<std::string> Hive::name(Key key) const {
  return to_utf8(TRY(impl_->key(key)).name);
}

Result<FileTime> Hive::last_written(Key key) const {
  return FileTime{TRY(impl_->key(key)).node.last_written};
}

Result<std::vector<Key>> Hive::subkeys(Key key) const {
  KeyCell cell = TRY(impl_->key(key));
  std::vector<Key> keys;
  for (std::uint32_t offset : TRY(impl_->cells.subkeys(cell))) {
    keys.push_back(make_key(cell.offset, offset));
  }
  return keys;
}

Result<std::vector<Value>> Hive::values(Key key) const {
  KeyCell cell = TRY(impl_->key(key));
  std::vector<Value> values;
  for (std::uint32_t offset : TRY(impl_->cells.values(cell))) {
    ValueCell value = TRY(impl_->cells.value(offset));
    values.push_back(TRY(decode_value(impl_->cells, value)));
  }
  return values;
}

Result<Value> Hive::value(Key key, std::string_view name) const {
  std::u16string wanted = TRY(encode_name(name));
  KeyCell cell = TRY(impl_->key(key));
  auto value = TRY(find_value(impl_->cells, cell, wanted));
  if (value) return decode_value(impl_->cells, *value);
  return Error(Errc::not_found,
               fmt::format("there is no value {} in {}",
                           name.empty() ? "(Default)" : name, to_utf8(cell.name)));
}

Done Hive::Impl::apply(const std::function<Done(Editor&)>& edit) {
  if (recovery.state == RecoveryState::not_recoverable) {
    return Error(Errc::busy,
                 fmt::format("{}, and its transaction logs, whose changes an edit "
                             "would throw away, can't be applied: {}",
                             recovery.why_dirty, recovery.reason));
  }
  Done done = edit(editor);
  if (done) {
    editor.keep();
  } else {
    editor.undo();
  }
  cells = Cells(file);
  return done;
}

Result<Key> Hive::create(std::string_view path) { return create(root(), path); }

Result<Key> Hive::create(Key from, std::string_view path) {
  Key key = from;
  std::string_view name = take_name(path);
  for (; !name.empty(); name = take_name(path)) {
    auto found = impl_->find_subkey(key, name);
    if (!found && found.error().code() != Errc::not_found) return found;
    if (!found) break;
    key = *found;
  }
  if (name.empty()) return key;
  std::set<std::uint32_t> edited{offset_of(key)};
  TRY(impl_->apply([&](Editor& editor) -> Done {
    for (; !name.empty(); name = take_name(path)) {
      std::u16string units = TRY(encode_name(name));
      key = make_key(offset_of(key), TRY(editor.create_key(offset_of(key), units)));
      edited.insert(offset_of(key));
    }
    return {};
  }));
  impl_->edited_keys.merge(edited);
  return key;
}

Done Hive::remove(Key key) {
  if (offset_of(key) == offset_of(root())) {
    return Error(Errc::bad_argument, "a hive's root can't be removed");
  }
  std::vector<std::uint32_t> gone;
  TRY(impl_->apply([&](Editor& editor) -> Done {
    gone = TRY(editor.remove_key(parent_of(key), offset_of(key)));
    return {};
  }));
  for (std::uint32_t offset : gone) impl_->edited_keys.erase(offset);
  impl_->edited_keys.insert(parent_of(key));
  return {};
}

Done Hive::set(Key key, const Value& value) { return set(key, std::vector{value}); }

Done Hive::set(Key key, const std::vector<Value>& values) {
  std::vector<const Value*> changed;
  for (const Value& value : values) {
    auto old = this->value(key, value.name);
    if (!old && old.error().code() != Errc::not_found) return std::move(old).error();
    if (old && old->type == value.type && old->data == value.data) continue;
    changed.push_back(&value);
  }
  if (changed.empty()) return {};
  TRY(impl_->apply([&](Editor& editor) -> Done {
    for (const Value* value : changed) TRY(editor.set_value(offset_of(key), *value));
    return {};
  }));
  impl_->edited_keys.insert(offset_of(key));
  return {};
}

Done Hive::remove_value(Key key, std::string_view name) {
  std::u16string wanted = TRY(encode_name(name));
  TRY(value(key, name));
  TRY(impl_->apply(
      [&](Editor& editor) { return editor.remove_value(offset_of(key), wanted); }));
  impl_->edited_keys.insert(offset_of(key));
  return {};
}

Done Hive::Impl::mark_edited(ByteVector& saved, const SaveOptions& options) const {
  FileTime time = options.clock();
  for (std::uint32_t offset : edited_keys) {
    KeyNode node = TRY(cells.key(offset)).node;
    node.last_written = time;
    static_cast<void>(store(saved, kBaseBlockSize + offset + sizeof(le32), node));
  }
  seal(saved, std::max(header.sequence1 + 1, options.sequence_min), time);
  return {};
}

void Hive::Impl::seal(ByteVector& saved, std::uint32_t sequence,
                      std::optional<FileTime> time) {
  BaseBlock base = *load<BaseBlock>(saved);
  base.sequence1 = sequence;
  base.sequence2 = sequence;
  if (time) base.last_written = *time;
  base.checksum = checksum(base);
  static_cast<void>(store(saved, 0, base));
}

Result<ByteVector> Hive::save(const SaveOptions& options) const {
  ByteVector saved = impl_->file;
  if (impl_->edited_keys.empty()) {
    bool recovered = impl_->recovery.state == RecoveryState::recovered;
    if (recovered && impl_->header.sequence1 < options.sequence_min) {
      Impl::seal(saved, options.sequence_min, std::nullopt);
    }
    return saved;
  }
  TRY(impl_->mark_edited(saved, options));
  const auto& before = impl_->problems_before;
  for (const Problem& problem : check(saved).problems) {
    bool known = std::any_of(before.begin(), before.end(), [&](const Problem& old) {
      return old.severity == problem.severity && old.what == problem.what &&
             old.where == problem.where;
    });
    if (known) continue;
    return Error(Errc::corrupt,
                 "the edited hive isn't as it should be: " + problem.what)
        .in(problem.where);
  }
  return saved;
}

}  // namespace drydock::hive
