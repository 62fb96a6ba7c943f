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

std::uint32_t offset_of(Key key) { return static_cast<std::uint32_t>(key.handle); }

Result<Value> decode_value(const Cells& cells, const ValueCell& cell) {
  return Value{.name = to_utf8(cell.name),
               .type = static_cast<ValueType>(std::uint32_t{cell.node.type}),
               .data = TRY(cells.data(cell))};
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

Error no_value(std::string_view name, const std::u16string& key) {
  return Error(Errc::not_found,
               fmt::format("there is no value {} in {}",
                           name.empty() ? "(Default)" : name, to_utf8(key)));
}

}  // namespace

struct Hive::Impl {
  explicit Impl(ByteVector bytes) : file(std::move(bytes)), cells(file) {}

  Result<KeyCell> key(Key key) const { return cells.key(offset_of(key)); }
  Result<Key> find_subkey(Key parent, std::string_view name) const;

  Done check_editable() const;
  // Runs `edit` on hivex's copy, and takes over what came of it; on an Error
  // leaves the hive and forgets the copy, which may be half-changed.
  Done apply(const std::function<Done(Editor&)>& edit);
  Done mark_edited(ByteVector& saved, const SaveOptions& options) const;

  ByteVector file;
  Cells cells;  // of `file`
  std::optional<Editor> editor;
  std::set<std::uint32_t> edited_keys;  // whose time save() sets
  // The state that was read, for save() to compare with.
  std::optional<BaseBlock> base_before;
  std::vector<Problem> problems_before;
};

Result<Key> Hive::Impl::find_subkey(Key parent, std::string_view name) const {
  std::u16string wanted = TRY(encode_name(name));
  KeyCell cell = TRY(key(parent));
  for (std::uint32_t offset : TRY(cells.subkeys(cell))) {
    KeyCell subkey = TRY(cells.key(offset));
    if (compare_ignoring_case(subkey.name, wanted) == 0) return Key{offset};
  }
  return Error(Errc::not_found,
               fmt::format("there is no key {} in {}", name, to_utf8(cell.name)));
}

Hive::Hive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hive::Hive(Hive&&) noexcept = default;
Hive& Hive::operator=(Hive&&) noexcept = default;
Hive::~Hive() = default;

Result<Hive> Hive::open(const BlockDevice& device) {
  if (device.size() > kHiveSizeMax) {
    return Error(Errc::unsupported, fmt::format("a hive of {} bytes; the most is {}",
                                                device.size(), kHiveSizeMax));
  }
  ByteVector file = TRY(read_bytes(device, 0, device.size(), kHiveSizeMax));
  TRY(believe(file));
  return Hive(std::make_unique<Impl>(std::move(file)));
}

bool Hive::dirty() const { return read_header_facts(impl_->file).dirty(); }

FileTime Hive::last_written() const {
  auto base = load<BaseBlock>(impl_->file);
  return base ? FileTime{base->last_written} : 0;
}

Key Hive::root() const { return Key{impl_->cells.root()}; }

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
    keys.push_back(Key{offset});
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
  for (std::uint32_t offset : TRY(impl_->cells.values(cell))) {
    ValueCell value = TRY(impl_->cells.value(offset));
    if (compare_ignoring_case(value.name, wanted) == 0) {
      return decode_value(impl_->cells, value);
    }
  }
  return no_value(name, cell.name);
}

Done Hive::Impl::check_editable() const {
  HeaderFacts header = read_header_facts(file);
  if (!header.dirty()) return {};
  return Error(Errc::busy, header.why_dirty() +
                               ": its transaction logs may hold changes, which an edit "
                               "would throw away");
}

Done Hive::Impl::apply(const std::function<Done(Editor&)>& edit) {
  if (!base_before) {
    problems_before = check(file).problems;
    base_before = load<BaseBlock>(file);
  }
  if (!editor) editor = TRY(Editor::open(file));
  auto keys_before = edited_keys;
  auto run = [&]() -> Result<ByteVector> {
    TRY(edit(*editor));
    return editor->bytes();
  };
  auto edited = run();
  if (!edited) {
    editor.reset();
    edited_keys = std::move(keys_before);
    return std::move(edited).error();
  }
  file = *std::move(edited);
  cells = Cells(file);
  return {};
}

Result<Key> Hive::create(std::string_view path) { return create(root(), path); }

Result<Key> Hive::create(Key from, std::string_view path) {
  TRY(impl_->check_editable());
  Key key = from;
  std::string_view name = take_name(path);
  for (; !name.empty(); name = take_name(path)) {
    auto found = impl_->find_subkey(key, name);
    if (!found && found.error().code() != Errc::not_found) return found;
    if (!found) break;
    key = *found;
  }
  if (name.empty()) return key;
  TRY(impl_->apply([&](Editor& editor) -> Done {
    for (; !name.empty(); name = take_name(path)) {
      TRY(check_key_name(name));
      impl_->edited_keys.insert(offset_of(key));
      key = Key{TRY(editor.create_key(offset_of(key), name))};
    }
    impl_->edited_keys.insert(offset_of(key));
    return {};
  }));
  return key;
}

Done Hive::remove(Key key) {
  TRY(impl_->check_editable());
  if (offset_of(key) == offset_of(root())) {
    return Error(Errc::bad_argument, "a hive's root can't be removed");
  }
  std::uint32_t parent = TRY(impl_->key(key)).node.parent;
  return impl_->apply([&](Editor& editor) -> Done {
    impl_->edited_keys.insert(parent);
    return editor.remove_key(offset_of(key));
  });
}

Done Hive::set(Key key, const Value& value) { return set(key, std::vector{value}); }

Done Hive::set(Key key, const std::vector<Value>& values) {
  TRY(impl_->check_editable());
  std::vector<Value> all = TRY(this->values(key));
  bool same = true;
  for (const Value& value : values) {
    std::u16string wanted = TRY(encode_name(value.name));
    auto old = std::find_if(all.begin(), all.end(), [&](const Value& other) {
      return compare_ignoring_case(to_utf16(other.name).value_or(u""), wanted) == 0;
    });
    if (old == all.end()) {
      all.push_back(value);
      same = false;
    } else if (old->type != value.type || old->data != value.data) {
      old->type = value.type;
      old->data = value.data;
      same = false;
    }
  }
  if (same) return {};
  for (const Value& value : all) TRY(check_writable(value));
  return impl_->apply([&](Editor& editor) -> Done {
    impl_->edited_keys.insert(offset_of(key));
    return editor.set_values(offset_of(key), all);
  });
}

Done Hive::remove_value(Key key, std::string_view name) {
  TRY(impl_->check_editable());
  std::u16string wanted = TRY(encode_name(name));
  std::vector<Value> all = TRY(values(key));
  auto old = std::find_if(all.begin(), all.end(), [&](const Value& other) {
    return compare_ignoring_case(to_utf16(other.name).value_or(u""), wanted) == 0;
  });
  if (old == all.end()) return no_value(name, TRY(impl_->key(key)).name);
  all.erase(old);
  for (const Value& value : all) TRY(check_writable(value));
  return impl_->apply([&](Editor& editor) -> Done {
    impl_->edited_keys.insert(offset_of(key));
    return editor.set_values(offset_of(key), all);
  });
}

// hivex has raised the sequence numbers once for each edit, and no key's time.
Done Hive::Impl::mark_edited(ByteVector& saved, const SaveOptions& options) const {
  FileTime time = options.clock();
  for (std::uint32_t offset : edited_keys) {
    auto edited = cells.key(offset);
    if (!edited) continue;  // removed since
    edited->node.last_written = time;
    if (!store(saved, kBaseBlockSize + offset + sizeof(le32), edited->node)) {
      return Error(Errc::corrupt, "a key lies outside the hive").in(cell_name(offset));
    }
  }
  auto base = load<BaseBlock>(saved);
  if (!base) return Error(Errc::corrupt, "a hive without a base block");
  base->sequence1 =
      std::max(std::uint32_t{base_before->sequence1} + 1, options.sequence_min);
  base->sequence2 = base->sequence1;
  base->last_written = time;
  base->checksum = checksum(*base);
  static_cast<void>(store(saved, 0, *base));
  return {};
}

Result<ByteVector> Hive::save(const SaveOptions& options) const {
  if (impl_->edited_keys.empty()) return impl_->file;
  ByteVector saved = impl_->file;
  TRY(impl_->mark_edited(saved, options));
  const auto& before = impl_->problems_before;
  for (const Problem& problem : check(saved).problems) {
    bool known = std::any_of(before.begin(), before.end(), [&](const Problem& old) {
      return old.severity == problem.severity && old.what == problem.what &&
             old.where == problem.where;
    });
    if (known) continue;
    return Error(Errc::unsupported,
                 "hivex would leave this in the hive: " + problem.what)
        .in(problem.where);
  }
  return saved;
}

}  // namespace drydock::hive
