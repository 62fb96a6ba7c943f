#include "repair/hive/hive.h"

#include <fmt/format.h>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
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

}  // namespace

struct Hive::Impl {
  explicit Impl(ByteVector bytes) : file(std::move(bytes)), cells(file) {}

  Result<KeyCell> key(Key key) const { return cells.key(offset_of(key)); }
  Result<Key> find_subkey(Key parent, std::string_view name) const;

  ByteVector file;
  Cells cells;  // of `file`
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
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find('\\'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (!name.empty()) key = TRY(impl_->find_subkey(key, name));
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
    values.push_back(TRY(decode_value(impl_->cells, TRY(impl_->cells.value(offset)))));
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
  return Error(Errc::not_found,
               fmt::format("there is no value {} in {}",
                           name.empty() ? "(Default)" : name, to_utf8(cell.name)));
}

// Editing comes with the next change: until then a hive is for reading.
namespace {
Error not_yet() { return Error(Errc::unsupported, "hives can't be edited yet"); }
}  // namespace
Result<Key> Hive::create(std::string_view) { return not_yet(); }
Result<Key> Hive::create(Key, std::string_view) { return not_yet(); }
Done Hive::remove(Key) { return not_yet(); }
Done Hive::set(Key, const Value&) { return not_yet(); }
Done Hive::remove_value(Key, std::string_view) { return not_yet(); }
Result<ByteVector> Hive::save(SaveOptions) { return not_yet(); }

}  // namespace drydock::hive
