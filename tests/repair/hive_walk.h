// A hive from its root to its last value, put into words in some program's manner.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "repair/hive/cells.h"
#include "repair/hive/hive.h"
#include "vhd/base/try.h"

namespace drydock::hive {

// The whole of a hive, its keys in the order of their lists.
class HiveWalk {
 public:
  HiveWalk(const Hive& hive, Bytes file) : hive_(hive), cells_(file) {}
  virtual ~HiveWalk() = default;

  Result<std::string> run() {
    KeyCell root = TRY(cell_of(hive_.root()));
    TRY(visit(hive_.root(), first_path(root)));
    return std::move(text_);
  }

 protected:
  virtual std::string first_path(const KeyCell& root) const = 0;
  virtual std::string path_of(const std::string& above, const KeyCell& key) const = 0;
  virtual Done add_key(const std::string& path, Key key, const KeyCell& cell) = 0;
  virtual void add_value(const std::string& path, const Value& value,
                         const ValueCell& cell) = 0;
  virtual void end_values(std::size_t count) = 0;

  const Hive& hive() const { return hive_; }
  const Cells& cells() const { return cells_; }
  std::string& text() { return text_; }

 private:
  // The lower half of a key's handle is its cell.
  Result<KeyCell> cell_of(Key key) const {
    return cells_.key(static_cast<std::uint32_t>(key.handle));
  }

  Done visit(Key key, const std::string& path) {
    KeyCell cell = TRY(cell_of(key));
    TRY(add_key(path, key, cell));
    std::vector<Value> values = TRY(hive_.values(key));
    std::vector<std::uint32_t> offsets = TRY(cells_.values(cell));
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_value(path, values[i], TRY(cells_.value(offsets[i])));
    }
    end_values(values.size());
    for (Key subkey : TRY(hive_.subkeys(key))) {
      TRY(visit(subkey, path_of(path, TRY(cell_of(subkey)))));
    }
    return {};
  }

  const Hive& hive_;
  Cells cells_;
  std::string text_;
};

}  // namespace drydock::hive
