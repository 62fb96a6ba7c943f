#include "repair/hive/editor.h"

#include <fmt/format.h>
#include <hivex.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "repair/hive/format.h"
#include "repair/hive/memory_file.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

// The registry's own limits, in UTF-16 units.
constexpr std::size_t kKeyNameLengthMax = 255;
constexpr std::size_t kValueNameLengthMax = 16383;

// hivex counts from the file's start, cells from the first bin's.
hive_node_h node_of(std::uint32_t key) { return hive_node_h{key} + kBaseBlockSize; }

Error hivex_failed(std::string_view what) {
  return Error(Errc::io,
               fmt::format("hivex could not {}: {}", what, std::strerror(errno)));
}

// hivex takes names as C strings and turns them into UTF-16 by iconv, which
// knows no unpaired surrogates.
bool survives_hivex(std::u16string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == 0 || (name[i] & 0xFC00) == 0xDC00) return false;
    if ((name[i] & 0xFC00) != 0xD800) continue;
    if (++i == name.size() || (name[i] & 0xFC00) != 0xDC00) return false;
  }
  return true;
}

}  // namespace

Done check_writable(const Value& value) {
  auto name = to_utf16(value.name);
  if (!name) return Error(Errc::bad_argument, "a value's name that isn't UTF-8");
  if (name->size() > kValueNameLengthMax) {
    return Error(Errc::bad_argument,
                 fmt::format("a value's name of {} letters; the most is {}",
                             name->size(), kValueNameLengthMax));
  }
  if (!survives_hivex(*name)) {
    return Error(Errc::unsupported,
                 fmt::format("hivex can't write the name of value {}", value.name));
  }
  if (value.data.size() > kSegmentSize) {
    return Error(Errc::unsupported,
                 fmt::format("hivex can't write the {} bytes of value {} as Windows "
                             "reads them; the most is {}",
                             value.data.size(), value.name, kSegmentSize));
  }
  return {};
}

Done check_key_name(std::string_view name) {
  auto units = to_utf16(name);
  if (!units) return Error(Errc::bad_argument, "a key's name that isn't UTF-8");
  if (units->empty() || units->size() > kKeyNameLengthMax ||
      name.find('\\') != name.npos) {
    return Error(Errc::bad_argument,
                 fmt::format("a key can't be called \"{}\": 1 to {} letters, and no \\",
                             name, kKeyNameLengthMax));
  }
  // hivex orders and hashes names by their UTF-8 bytes, Windows by UPPER CASE.
  bool ascii = std::all_of(units->begin(), units->end(),
                           [](char16_t unit) { return unit > 0 && unit < 0x80; });
  if (ascii) return {};
  return Error(Errc::unsupported,
               fmt::format("hivex can't place a key called {} where Windows would look "
                           "for it: its name isn't ASCII",
                           name));
}

void Editor::Close::operator()(hive_h* handle) const { hivex_close(handle); }

Result<Editor> Editor::open(Bytes file) {
  MemoryFile source = TRY(MemoryFile::create(file));
  hive_h* handle = hivex_open(source.path().c_str(), HIVEX_OPEN_WRITE);
  if (handle == nullptr) {
    return Error(Errc::unsupported,
                 fmt::format("hivex doesn't open it: {}", std::strerror(errno)));
  }
  return Editor(handle);
}

Result<std::uint32_t> Editor::create_key(std::uint32_t parent, std::string_view name) {
  hive_node_h node =
      hivex_node_add_child(handle_.get(), node_of(parent), std::string(name).c_str());
  if (node == 0) return hivex_failed("create a key");
  return static_cast<std::uint32_t>(node - kBaseBlockSize);
}

Done Editor::remove_key(std::uint32_t key) {
  if (hivex_node_delete_child(handle_.get(), node_of(key)) != 0) {
    return hivex_failed("remove a key");
  }
  return {};
}

Done Editor::set_values(std::uint32_t key, const std::vector<Value>& values) {
  std::vector<Value> copies = values;  // hivex wants pointers to non-const
  std::vector<hive_set_value> list;
  for (Value& value : copies) {
    list.push_back({.key = value.name.data(),
                    .t = static_cast<hive_type>(value.type),
                    .len = value.data.size(),
                    .value = reinterpret_cast<char*>(value.data.data())});
  }
  if (hivex_node_set_values(handle_.get(), node_of(key), list.size(), list.data(), 0) !=
      0) {
    return hivex_failed("set values");
  }
  return {};
}

Result<ByteVector> Editor::bytes() {
  MemoryFile target = TRY(MemoryFile::create({}));
  if (hivex_commit(handle_.get(), target.path().c_str(), 0) != 0) {
    return hivex_failed("write the hive");
  }
  return target.read();
}

}  // namespace drydock::hive
