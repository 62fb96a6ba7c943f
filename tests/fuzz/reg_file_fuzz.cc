// A .reg file: whatever is read can be written, and then reads as it did.

#include <cstdlib>

#include "repair/reg_file/reg_file.h"

namespace drydock::reg_file {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<hive::Value> values_of(const Section& section) {
  std::vector<hive::Value> values;
  for (const Entry& entry : section.entries) {
    if (entry.value) values.push_back(*entry.value);
  }
  return values;
}

void try_section(const Section& section) {
  Writer writer;
  std::vector<hive::Value> values = values_of(section);
  if (!writer.add(section.key, values)) return;
  auto again = read(writer.bytes());
  require(static_cast<bool>(again));
  require(again->size() == 1 && again->front().entries.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const hive::Value& value = again->front().entries[i].value.value();
    require(value.name == values[i].name && value.type == values[i].type &&
            value.data == values[i].data);
  }
}

}  // namespace
}  // namespace drydock::reg_file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::reg_file;
  auto sections = read(std::as_bytes(std::span(data, size)));
  if (!sections) return 0;
  for (const Section& section : *sections) {
    // Written again, a name that begins with '-' would delete the key.
    if (!section.removes && !section.key.starts_with('-')) try_section(section);
  }
  return 0;
}
