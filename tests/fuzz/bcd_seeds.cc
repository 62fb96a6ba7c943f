#include "repair/bcd/names.h"
#include "tests/fuzz/seeds.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {
namespace {

using namespace bcd;

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// One record of a store, as bcd_fuzz.cc takes them.
void append_record(ByteVector& seed, std::uint8_t object, ElementId id,
                   hive::ValueType type, Bytes data) {
  seed.push_back(std::byte{object});
  append(seed, bytes_of(le32(id)));
  seed.push_back(static_cast<std::byte>(type));
  seed.push_back(static_cast<std::byte>(data.size()));
  append(seed, data);
}

ByteVector store_seed() {
  using hive::Value;
  constexpr ObjectId loader = "11111111-2222-3333-4444-555555555555"_guid;
  ByteVector seed;
  auto add = [&](std::uint8_t object, ElementId id, const Value& value) {
    append_record(seed, object, id, value.type, value.data);
  };
  ByteVector eight(8);
  add(0, element::default_object, Value::sz("", to_string(loader)));
  add(0, element::display_order, Value::multi_sz("", {to_string(loader)}));
  add(0, element::timeout, Value::binary("", Bytes(eight).first(1)));
  add(0, element::inherit, Value::multi_sz("", {to_string(kEmsSettings)}));
  add(1, element::inherit, Value::multi_sz("", {to_string(kBootManager)}));
  add(1, element::boot_ems, Value::binary("", Bytes(eight).first(1)));
  add(2, element::os_device,
      Value::binary("", *encode_device(gpt_partition(loader, loader))));
  add(2, element::application_path, Value::sz("", "\\winload.efi"));
  add(2, element::safe_boot, Value::binary("", eight));
  add(2, 0x17000077, Value::binary("", eight));
  return seed;
}

ByteVector wrong_types_seed() {
  using hive::Value;
  ByteVector seed;
  for (ElementId format = 0; format < 9; ++format) {
    Value value = format % 2 == 0 ? Value::sz("", "{x}") : Value::dword("", 1);
    append_record(seed, 2, 0x20000001 | format << 24, value.type, value.data);
  }
  return seed;
}

ByteVector template_seed() {
  using hive::Value;
  ByteVector seed;
  ByteVector eight(8);
  auto add = [&](ElementId id, const Value& value) {
    append_record(seed, 4, id, value.type, value.data);
  };
  add(0x12000005, Value::sz("", "de-DE"));
  add(0x25000020, Value::binary("", eight));
  add(0x26000022, Value::binary("", Bytes(eight).first(1)));
  add(0x45000001, Value::binary("", eight));
  add(0x20000001, Value::binary("", eight));  // of no shape that we know
  return seed;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  return {store_seed(), wrong_types_seed(), template_seed()};
}

}  // namespace drydock::fuzz
