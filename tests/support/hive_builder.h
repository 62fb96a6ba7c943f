// Lays out a hive from a description, cell by cell.
//
// It knows the format by itself and shares nothing with repair/hive, whose
// reader, check and editor are tried on what it makes.  It writes what it is
// told, in the order in which it is told, so that tests can have it wrong.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock {

struct BuiltValue {
  std::string name;  // Latin-1; "" for the default value
  std::uint32_t type = 0;
  std::string data;
};

struct BuiltKey {
  std::string name;  // Latin-1
  std::vector<BuiltValue> values = {};
  std::vector<BuiltKey> subkeys = {};
  std::string list = "lh";      // or "lf", "li"
  std::size_t leaf_length = 0;  // not 0: leaves of so many, under an "ri"
};

class HiveBuilder {
 public:
  explicit HiveBuilder(const BuiltKey& root, std::uint32_t minor = 5) {
    bins_.resize(32);
    security_ = append(words({'s' | 'k' << 8, 0, 0, 0, 20}) + std::string(20, '\0'));
    patch(security_ + 8, security_);
    patch(security_ + 12, security_);
    std::uint32_t root_cell = lay_key(root, 0xffffffff, root.name, 0x2c);
    patch(security_ + 16, static_cast<std::uint32_t>(keys_.size()));
    finish(root_cell, minor);
  }

  const ByteVector& bytes() const { return file_; }
  // By path, the root's being its name: "ROOT\a\b".  Offsets of cells.
  std::uint32_t key(const std::string& path) const { return keys_.at(path); }
  std::uint32_t list(const std::string& path) const { return lists_.at(path); }
  std::uint32_t value(const std::string& path) const { return values_.at(path); }

  // The same hive with one word changed: `at` bytes into the cell's content.
  ByteVector with_word(std::uint32_t cell, std::size_t at, std::uint32_t word) const {
    ByteVector changed = file_;
    le32 field = word;
    std::memcpy(changed.data() + 4096 + cell + 4 + at, &field, sizeof(field));
    return changed;
  }
  // The same, of the cell's own size.
  ByteVector with_size(std::uint32_t cell, std::int32_t size) const {
    ByteVector changed = file_;
    le32 field = static_cast<std::uint32_t>(size);
    std::memcpy(changed.data() + 4096 + cell, &field, sizeof(field));
    return changed;
  }

 private:
  static std::string words(std::initializer_list<std::uint32_t> list) {
    std::string text;
    for (std::uint32_t word : list) text += as_text(bytes_of(le32(word)));
    return text;
  }
  static std::string half(std::size_t value) {
    return std::string(as_text(bytes_of(le16(static_cast<std::uint16_t>(value)))));
  }

  std::uint32_t append(std::string content) {
    content.resize((content.size() + 4 + 7) / 8 * 8 - 4);
    auto offset = static_cast<std::uint32_t>(bins_.size());
    bins_ += words({0 - static_cast<std::uint32_t>(content.size() + 4)}) + content;
    return offset;
  }
  // Absolute in the bins.
  void patch(std::size_t at, std::uint32_t word) {
    bins_.replace(at, 4, words({word}));
  }

  std::uint32_t lay_data(const std::string& data) {
    constexpr std::size_t segment = 16344;
    if (data.size() <= segment) return append(data);
    std::string list;
    std::size_t count = 0;
    for (std::size_t at = 0; at < data.size(); at += segment, ++count) {
      // Windows leaves four bytes more in each segment's cell.
      list += words({append(data.substr(at, segment) + std::string(4, '\0'))});
    }
    return append("db" + half(count) + words({append(list)}));
  }

  std::uint32_t lay_value(const BuiltValue& value) {
    auto size = static_cast<std::uint32_t>(value.data.size());
    std::string data = value.data;
    if (size <= 4) {
      data.resize(4);
      size |= 0x80000000;
    } else {
      data = words({lay_data(value.data)});
    }
    return append("vk" + half(value.name.size()) + words({size}) + data +
                  words({value.type}) + half(value.name.empty() ? 0 : 1) + half(0) +
                  value.name);
  }

  static std::uint32_t hint(const std::string& list, const std::string& name) {
    std::uint32_t hash = 0;
    if (list == "lf") {
      for (std::size_t i = 0; i < 4 && i < name.size(); ++i) {
        hash |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]))
                << 8 * i;
      }
      return hash;
    }
    for (char letter : name) {
      bool lower = letter >= 'a' && letter <= 'z';
      hash = hash * 37 + static_cast<unsigned char>(lower ? letter - 32 : letter);
    }
    return hash;
  }

  std::uint32_t lay_list(const BuiltKey& key, const std::vector<std::uint32_t>& cells) {
    auto lay_leaf = [&](std::size_t first, std::size_t count) {
      std::string leaf = key.list + half(count);
      for (std::size_t i = first; i < first + count; ++i) {
        leaf += words({cells[i]});
        if (key.list != "li") leaf += words({hint(key.list, key.subkeys[i].name)});
      }
      return append(leaf);
    };
    if (key.leaf_length == 0) return lay_leaf(0, cells.size());
    std::string root;
    std::size_t count = 0;
    for (std::size_t i = 0; i < cells.size(); i += key.leaf_length, ++count) {
      root += words({lay_leaf(i, std::min(key.leaf_length, cells.size() - i))});
    }
    return append("ri" + half(count) + root);
  }

  // Depth is the description's own: nested no deeper than its maker could write.
  std::uint32_t lay_key(const BuiltKey& key, std::uint32_t parent,
                        const std::string& path, std::size_t flags) {
    std::uint32_t offset =
        append("nk" + half(flags) + std::string(72, '\0') + key.name);
    keys_[path] = offset;
    std::size_t fields = offset + 4;
    std::size_t longest[4] = {};
    std::vector<std::uint32_t> subkeys;
    for (const BuiltKey& subkey : key.subkeys) {
      longest[0] = std::max(longest[0], 2 * subkey.name.size());
      subkeys.push_back(lay_key(subkey, offset, path + '\\' + subkey.name, 0x20));
    }
    std::string values;
    for (const BuiltValue& value : key.values) {
      longest[2] = std::max(longest[2], 2 * value.name.size());
      longest[3] = std::max(longest[3], value.data.size());
      std::uint32_t cell = lay_value(value);
      values_[path + '\\' + value.name] = cell;
      values += words({cell});
    }
    std::uint32_t none = 0xffffffff;
    if (!subkeys.empty()) lists_[path] = lay_list(key, subkeys);
    patch(fields + 16, parent);
    patch(fields + 20, static_cast<std::uint32_t>(subkeys.size()));
    patch(fields + 28, subkeys.empty() ? none : lists_[path]);
    patch(fields + 32, none);
    patch(fields + 36, static_cast<std::uint32_t>(key.values.size()));
    patch(fields + 40, values.empty() ? none : append(values));
    patch(fields + 44, security_);
    patch(fields + 48, none);
    for (std::size_t i = 0; i < 4; ++i) {
      patch(fields + 52 + 4 * i, static_cast<std::uint32_t>(longest[i]));
    }
    patch(fields + 72, static_cast<std::uint32_t>(key.name.size()));
    return offset;
  }

  // One bin of all cells, and a free one to its end.
  void finish(std::uint32_t root, std::uint32_t minor) {
    std::size_t size = (bins_.size() + 8 + 4095) / 4096 * 4096;
    bins_ += words({static_cast<std::uint32_t>(size - bins_.size())});
    bins_.resize(size);
    bins_.replace(0, 4, "hbin");
    patch(8, static_cast<std::uint32_t>(size));
    std::string base = "regf" + words({1, 1, 0, 0, 1, minor, 0, 1, root,
                                       static_cast<std::uint32_t>(size), 1});
    base.resize(4096);
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < 508; at += 4) sum ^= *load<le32>(bytes_of(base), at);
    base.replace(508, 4, words({sum}));
    Bytes all = bytes_of(base += bins_);
    file_.assign(all.begin(), all.end());
  }

  std::string bins_;
  ByteVector file_;
  std::uint32_t security_ = 0;
  std::map<std::string, std::uint32_t> keys_;
  std::map<std::string, std::uint32_t> lists_;
  std::map<std::string, std::uint32_t> values_;
};

}  // namespace drydock
