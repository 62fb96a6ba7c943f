#include "repair/recipes/boot_objects.h"

#include <fmt/format.h>

#include "repair/bcd/names.h"
#include "repair/edit_words.h"
#include "vhd/base/try.h"

namespace drydock::repair {

Result<std::vector<bcd::Object>> read_boot_objects(const Installation& windows) {
  hive::Hive hive = TRY(windows.open_boot_store());
  std::string place = windows.disk().show(*windows.boot().bcd);
  if (hive.dirty()) {
    return Error(Errc::busy, "its log holds changes that the store lacks").in(place);
  }
  bcd::Store store = TRY(bcd::Store::open(hive).in(place));
  return store.objects().in(place);
}

const bcd::Object* find_object(const std::vector<bcd::Object>& objects,
                               const bcd::ObjectId& id) {
  for (const bcd::Object& object : objects) {
    if (object.id == id) return &object;
  }
  return nullptr;
}

bcd::Device device_of(const partition::Partition& partition,
                      const partition::Table& table) {
  if (table.scheme == partition::Scheme::mbr) {
    return bcd::mbr_partition(
        {.signature = table.mbr_signature, .offset = partition.offset});
  }
  return bcd::gpt_partition(table.disk_id, partition.id);
}

std::string name_of(const bcd::Object& object) {
  const auto* description = value_of<std::string>(object, bcd::element::description);
  if (description == nullptr) return words_of(object.id);
  return fmt::format("{} \"{}\"", words_of(object.id), *description);
}

}  // namespace drydock::repair
