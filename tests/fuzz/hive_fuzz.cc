// Input: one byte of choices, a hive's first sector, its bins.  Whatever they
// are, check() ends; where it finds nothing fatal the hive opens, all of it
// can be read, and each edit that isn't refused leaves a hive that check()
// believes.

#include <algorithm>
#include <cstdlib>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/format.h"
#include "repair/hive/hive.h"
#include "vhd/memory_device.h"

namespace drydock::hive {
namespace {

constexpr std::uint8_t kSeal = 1;  // put the header right, but for the root

void insist(bool holds) {
  if (!holds) std::abort();
}

ByteVector assemble(Bytes input, std::uint8_t choices) {
  Bytes head = input.first(std::min(input.size(), sizeof(BaseBlock)));
  Bytes bins = input.subspan(head.size());
  ByteVector file(kBaseBlockSize);
  std::copy(head.begin(), head.end(), file.begin());
  file.insert(file.end(), bins.begin(), bins.end());
  if ((choices & kSeal) == 0) return file;
  file.resize((file.size() + kBinUnit - 1) / kBinUnit * kBinUnit);
  BaseBlock base = *load<BaseBlock>(file);
  base.signature = kBaseBlockSignature;
  base.sequence2 = base.sequence1;
  base.type = 0;
  base.bins_size = static_cast<std::uint32_t>(file.size() - kBaseBlockSize);
  base.checksum = checksum(base);
  insist(store(file, 0, base));
  return file;
}

// Reads all there is; the number of keys.
std::uint64_t walk(const Hive& hive) {
  std::uint64_t count = 0;
  std::vector<Key> ahead{hive.root()};
  while (!ahead.empty()) {
    Key key = ahead.back();
    ahead.pop_back();
    ++count;
    auto name = hive.name(key);
    auto values = hive.values(key);
    auto subkeys = hive.subkeys(key);
    insist(name && values && subkeys && hive.last_written(key));
    for (const Value& value : *values) insist(bool(hive.value(key, value.name)));
    ahead.insert(ahead.end(), subkeys->begin(), subkeys->end());
  }
  return count;
}

// An edit may be refused, but then it has changed nothing that shows.
void edit(Hive& hive) {
  static_cast<void>(hive.set(hive.root(), Value::dword("v", 2)));
  if (auto made = hive.create("a\\new\\key")) {
    insist(bool(hive.set(*made, {Value::sz("", "x"), Value::binary("y", {})})));
  }
  walk(hive);
  auto subkeys = hive.subkeys(hive.root());
  if (subkeys && !subkeys->empty()) {
    static_cast<void>(hive.remove(subkeys->back()));
  }
  walk(hive);
  auto saved = hive.save({.clock = [] { return FileTime{1}; }});
  if (!saved) return;
  insist(check(*saved).fatal_count == 0);
  auto again = Hive::open(MemoryDevice(*std::move(saved)));
  insist(again && walk(*again) == walk(hive));
}

}  // namespace
}  // namespace drydock::hive

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::hive;
  if (size == 0) return 0;
  ByteVector file = assemble(std::as_bytes(std::span(data + 1, size - 1)), data[0]);
  CheckReport report = check(file);
  auto hive = Hive::open(MemoryDevice(std::move(file)));
  insist(bool(hive) == (report.fatal_count == 0));
  if (!hive) return 0;
  insist(walk(*hive) == report.key_count);
  edit(*hive);
  return 0;
}
