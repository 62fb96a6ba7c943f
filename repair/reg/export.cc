#include "repair/reg/export.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "repair/reg_file/reg_file.h"
#include "vhd/base/try.h"

namespace drydock::reg {

Result<ByteVector> export_key(const hive::Hive& hive, hive::Key from,
                              std::string name) {
  // Ends, because no hive that opened leads back to a key.
  reg_file::Writer writer;
  std::vector<std::pair<hive::Key, std::string>> ahead;
  ahead.emplace_back(from, std::move(name));
  while (!ahead.empty()) {
    auto [key, path] = std::move(ahead.back());
    ahead.pop_back();
    TRY(writer.add(path, TRY(hive.values(key))));
    std::vector<hive::Key> subkeys = TRY(hive.subkeys(key));
    for (auto subkey = subkeys.rbegin(); subkey != subkeys.rend(); ++subkey) {
      ahead.emplace_back(*subkey, fmt::format("{}\\{}", path, TRY(hive.name(*subkey))));
    }
  }
  return writer.bytes();
}

}  // namespace drydock::reg
