#include "harness/images/hive_file.h"

#include <fmt/format.h>
#include <hivex.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/work_folder.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::images {

namespace {

// hivex gives out memory that is ours to free.
template <class T>
using Owned = std::unique_ptr<T, decltype(&std::free)>;

std::string reason() { return std::strerror(errno); }

}  // namespace

struct HiveFile::Impl {
  std::unique_ptr<hive_h, decltype(&hivex_close)> hive;
  std::string place;

  Error refused(std::string_view what) const {
    return Error(Errc::unsupported, fmt::format("hivex, {}: {}", what, reason()))
        .in(place);
  }

  // 0 where there is none.
  hive_node_h find(std::string_view path) const {
    hive_node_h node = hivex_root(hive.get());
    while (node != 0 && !path.empty()) {
      std::string name(path.substr(0, path.find('\\')));
      path.remove_prefix(std::min(path.size(), name.size() + 1));
      node = hivex_node_get_child(hive.get(), node, name.c_str());
    }
    return node;
  }

  Result<hive_node_h> make(std::string_view path) {
    hive_node_h node = hivex_root(hive.get());
    while (!path.empty()) {
      std::string name(path.substr(0, path.find('\\')));
      path.remove_prefix(std::min(path.size(), name.size() + 1));
      hive_node_h child = hivex_node_get_child(hive.get(), node, name.c_str());
      if (child == 0) child = hivex_node_add_child(hive.get(), node, name.c_str());
      if (child == 0) return refused("making the key " + name);
      node = child;
    }
    return node;
  }

  // Nothing where there is no such value.
  std::optional<HiveTextValue> value(hive_node_h node, std::string_view name) const {
    HiveTextValue out{std::string(name), 0, {}};
    hive_value_h value =
        node == 0 ? 0 : hivex_node_get_value(hive.get(), node, out.name.c_str());
    if (value == 0) return std::nullopt;
    hive_type type = hive_t_REG_NONE;
    std::size_t size = 0;
    Owned<char> data(hivex_value_value(hive.get(), value, &type, &size), &std::free);
    if (!data) return std::nullopt;
    Bytes bytes = bytes_of(std::string_view(data.get(), size));
    out.type = static_cast<std::uint32_t>(type);
    out.data.assign(bytes.begin(), bytes.end());
    return out;
  }

  Done set(hive_node_h node, HiveTextValue value) {
    if (value.appends) {
      std::optional<HiveTextValue> old = this->value(node, value.name);
      if (old && old->data.size() >= 2) {  // without the empty text that ends it
        value.data.insert(value.data.begin(), old->data.begin(), old->data.end() - 2);
      }
    }
    hive_set_value set = {value.name.data(), static_cast<hive_type>(value.type),
                          value.data.size(),
                          reinterpret_cast<char*>(value.data.data())};
    if (hivex_node_set_value(hive.get(), node, &set, 0) != 0) {
      return refused("setting the value " + value.name);
    }
    return {};
  }
};

HiveFile::HiveFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HiveFile::HiveFile(HiveFile&&) noexcept = default;
HiveFile::~HiveFile() = default;

Result<HiveFile> HiveFile::open(const std::filesystem::path& path) {
  std::unique_ptr<hive_h, decltype(&hivex_close)> hive(
      hivex_open(path.c_str(), HIVEX_OPEN_WRITE), &hivex_close);
  if (!hive) {
    return Error(Errc::corrupt, "hivex can't open it: " + reason())
        .in(path.filename().string());
  }
  return HiveFile(
      std::make_unique<Impl>(Impl{std::move(hive), path.filename().string()}));
}

Done HiveFile::apply(const std::vector<HiveTextKey>& keys) {
  for (const HiveTextKey& key : keys) {
    hive_node_h node = TRY(impl_->make(key.path));
    for (const HiveTextValue& value : key.values) {
      TRY(impl_->set(node, value).in(key.path));
    }
  }
  return {};
}

std::optional<std::uint32_t> HiveFile::dword(std::string_view key,
                                             std::string_view name) const {
  std::optional<HiveTextValue> value = impl_->value(impl_->find(key), name);
  if (!value || value->type != hive_t_REG_DWORD) return std::nullopt;
  return load<le32>(value->data);
}

std::optional<std::string> HiveFile::text(std::string_view key,
                                          std::string_view name) const {
  std::optional<HiveTextValue> value = impl_->value(impl_->find(key), name);
  if (!value || (value->type != hive_t_REG_SZ && value->type != hive_t_REG_EXPAND_SZ)) {
    return std::nullopt;
  }
  std::string text = utf8_from_utf16le(value->data);
  return text.substr(0, text.find('\0'));
}

Done HiveFile::save() {
  if (hivex_commit(impl_->hive.get(), nullptr, 0) != 0) return impl_->refused("saving");
  return {};
}

Done make_hive(const std::filesystem::path& path, const HiveHead& head,
               std::string_view text, const Words& words) {
  TRY(harness::write_host_file(path, TRY(empty_hive(head))));
  return edit_hive(path, text, words);
}

Done edit_hive(const std::filesystem::path& path, std::string_view text,
               const Words& words) {
  std::vector<HiveTextKey> keys =
      TRY(read_hive_text(text, words).in(path.filename().string()));
  HiveFile file = TRY(HiveFile::open(path));
  TRY(file.apply(keys));
  return file.save();
}

}  // namespace drydock::images
