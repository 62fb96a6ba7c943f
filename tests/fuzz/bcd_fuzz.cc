// Input: records, each a value of a small store: which object (1 byte), the
// element's id (4), the registry type (1), the data's size (1), the data.  The
// store is made of them, read wholly, printed, used as a BCD-Template, and written
// back.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "repair/bcd/names.h"
#include "repair/bcd/new_store.h"
#include "repair/bcdedit/words.h"
#include "tests/support/empty_hive.h"
#include "vhd/base/endian.h"
#include "vhd/memory_device.h"

namespace drydock::bcd {
namespace {

constexpr int kRecordsMax = 24;  // keeps one input fast

constexpr ObjectId kObjects[] = {kBootManager, kEmsSettings,
                                 "11111111-2222-3333-4444-555555555555"_guid,
                                 "22222222-2222-3333-4444-555555555555"_guid,
                                 // What a BCD-Template has for a Windows of UEFI.
                                 "b012b84d-c47c-4ed5-b722-c0c42163e569"_guid};
constexpr ObjectType kTypes[] = {kBootManagerType, 0x20100000, kOsLoader, kResumeLoader,
                                 kOsLoader};

struct Record {
  std::uint8_t object;
  le32 element;
  std::uint8_t type;
  std::uint8_t size;
};
static_assert(OnDisk<Record> && sizeof(Record) == 7);

// Plants what a record says; the hive may refuse it.
void plant(hive::Hive& hive, const Record& record, Bytes data) {
  const ObjectId& object = kObjects[record.object % std::size(kObjects)];
  auto key = hive.create(fmt::format("Objects\\{}\\Elements\\{:08x}", to_string(object),
                                     std::uint32_t{record.element}));
  if (!key) return;
  static_cast<void>(hive.set(*key, {.name = "Element",
                                    .type = static_cast<hive::ValueType>(record.type),
                                    .data = {data.begin(), data.end()}}));
}

void read_wholly(const Store& store) {
  const bcdedit::PartitionNames nobody;
  auto objects = store.objects();
  if (!objects || objects->size() != std::size(kObjects)) std::abort();
  for (const Object& object : *objects) {
    static_cast<void>(store.get_inherited(object.id, element::safe_boot));
    for (const Element& element : object.elements) {
      auto value = store.get(object.id, element.id);
      if (bool(value) != element.problem.empty()) std::abort();
    }
  }
  if (!store.problems()) std::abort();
  static_cast<void>(store.resolve("{default}"));
  for (const char* which : {"active", "all"}) {
    if (!bcdedit::print({.which = which, .verbose = false}, store, nobody) ||
        !bcdedit::to_json_text({.which = which, .verbose = false}, store, "fuzz")) {
      std::abort();
    }
  }
}

// Whether a set() of what was read is asked for at all.
bool is_writable(const Element& element) {
  if (!element.problem.empty() || kind_name(element.id) == "unknown") return false;
  auto* device = std::get_if<Device>(&element.value);
  return device == nullptr || !device->raw.empty();
}

// What could be read can be written, and is then read as of the same shape.
void write_back(Store& store) {
  const auto before = store.objects();
  for (const Object& object : *before) {
    for (const Element& element : object.elements) {
      if (!is_writable(element)) continue;
      if (!store.set(object.id, element.id, element.value)) std::abort();
    }
  }
  const auto after = store.objects();
  if (!after || after->size() != before->size()) std::abort();
  for (std::size_t i = 0; i < after->size(); ++i) {
    const auto& was = (*before)[i].elements;
    const auto& is = (*after)[i].elements;
    if (!std::ranges::equal(was, is, [](const Element& a, const Element& b) {
          return a.id == b.id && a.value.index() == b.value.index() &&
                 a.problem == b.problem;
        })) {
      std::abort();
    }
  }
}

// Making a whole store takes a hundred times as long as all else: one input in so
// many is asked to.
constexpr std::size_t kOneMakesAStore = 16;

// Whatever a template says, a store can be made of it.
void use_as_template(const Store& store, bool makes) {
  NewStore made;
  made.system = boot_device();
  made.windows = boot_device();
  made.loader = kObjects[2];
  made.resume = kObjects[3];
  std::vector<Object> objects = objects_of(made);
  auto from = store.objects();
  if (!from || !apply_template(*from, made.uefi, made.loader, made.resume, objects)) {
    std::abort();
  }
  if (makes && !make_store(objects, {})) std::abort();
}

// A store of empty objects.
ByteVector make_base() {
  auto hive = hive::Hive::open(MemoryDevice(empty_hive()));
  if (!hive || !hive->create("Objects")) std::abort();
  auto store = Store::open(*hive);
  for (std::size_t i = 0; i < std::size(kObjects); ++i) {
    if (!store || !store->create(kObjects[i], kTypes[i])) std::abort();
  }
  auto bytes = hive->save();
  if (!bytes) std::abort();
  return *std::move(bytes);
}

void check_store(Bytes input) {
  static const ByteVector base = make_base();
  bool makes = input.size() % kOneMakesAStore == 0;
  auto hive = hive::Hive::open(MemoryDevice(base));
  if (!hive) std::abort();
  auto store = Store::open(*hive);
  if (!store) std::abort();
  for (int count = 0; count < kRecordsMax; ++count) {
    auto record = load<Record>(input);
    if (!record) break;
    input = input.subspan(sizeof(Record));
    Bytes data = input.first(std::min<std::size_t>(record->size, input.size()));
    plant(*hive, *record, data);
    input = input.subspan(data.size());
  }
  read_wholly(*store);
  use_as_template(*store, makes);
  write_back(*store);
}

}  // namespace
}  // namespace drydock::bcd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::bcd::check_store(std::as_bytes(std::span(data, size)));
  return 0;
}
