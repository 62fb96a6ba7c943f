#include "tests/repair/hive_support.h"

#include <hivex.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "tests/support/run.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::hive {

ByteVector load_hive_file(const std::filesystem::path& path) {
  std::string text;
  if (path.extension() == ".xz") {
    text = run({"xz", "-dc", path}).out;
  } else if (path.extension() == ".gz") {
    text = run({"gzip", "-dc", path}).out;
  } else {
    std::ifstream stream(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(stream), {});
  }
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

Result<Hive> open_hive(ByteVector bytes) {
  return Hive::open(MemoryDevice(std::move(bytes)));
}

void write_file(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

namespace {

Done gather(const Hive& hive, Key key, const std::string& path, Content& content) {
  KeyContent& here = content[path];
  here.last_written = TRY(hive.last_written(key));
  for (const Value& value : TRY(hive.values(key))) {
    here.values.emplace_back(value.name, static_cast<std::uint32_t>(value.type),
                             as_text(value.data));
  }
  for (Key subkey : TRY(hive.subkeys(key))) {
    std::string name = TRY(hive.name(subkey));
    TRY(gather(hive, subkey, path.empty() ? name : path + '\\' + name, content));
  }
  return {};
}

template <class T>
std::unique_ptr<T, decltype(&std::free)> owned(T* memory) {
  return {memory, &std::free};
}

void gather(hive_h* hive, hive_node_h key, const std::string& path, Content& content) {
  KeyContent& here = content[path];
  here.last_written = static_cast<FileTime>(hivex_node_timestamp(hive, key));
  auto values = owned(hivex_node_values(hive, key));
  for (hive_value_h* value = values.get(); value != nullptr && *value != 0; ++value) {
    auto name = owned(hivex_value_key(hive, *value));
    hive_type type{};
    std::size_t size = 0;
    auto data = owned(hivex_value_value(hive, *value, &type, &size));
    // Any number can come, also one that isn't of hive_type.
    std::uint32_t number = 0;
    static_assert(sizeof(type) == sizeof(number));
    std::memcpy(&number, &type, sizeof(number));
    here.values.emplace_back(name ? name.get() : "?", number,
                             data ? std::string(data.get(), size) : "?");
  }
  auto subkeys = owned(hivex_node_children(hive, key));
  for (hive_node_h* subkey = subkeys.get(); subkey != nullptr && *subkey != 0;
       ++subkey) {
    auto name = owned(hivex_node_name(hive, *subkey));
    std::string text = name ? name.get() : "?";
    gather(hive, *subkey, path.empty() ? text : path + '\\' + text, content);
  }
}

}  // namespace

Result<Content> content_by_us(const Hive& hive) {
  Content content;
  TRY(gather(hive, hive.root(), "", content));
  return content;
}

Content content_by_hivex(const std::filesystem::path& path) {
  Content content;
  std::unique_ptr<hive_h, decltype(&hivex_close)> hive(hivex_open(path.c_str(), 0),
                                                       &hivex_close);
  if (hive) gather(hive.get(), hivex_root(hive.get()), "", content);
  return content;
}

}  // namespace drydock::hive
