#include "repair/bcd/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "repair/bcd/names.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {

namespace {

using hive::ValueType;

// The format digit of an id, which is also one more than the place of the
// shape in Value.
enum class Format : std::uint32_t {
  device = 1,
  string = 2,
  object = 3,
  object_list = 4,
  integer = 5,
  boolean = 6,
  integer_list = 7,
};

Format format_of(ElementId id) { return Format{id >> 24 & 0xf}; }

bool is_known(Format format) {
  return format >= Format::device && format <= Format::integer_list;
}

ValueType registry_type(Format format) {
  switch (format) {
    case Format::string:
    case Format::object:
      return ValueType::sz;
    case Format::object_list:
      return ValueType::multi_sz;
    default:
      return ValueType::binary;
  }
}

// Little-endian, of 1 to 8 bytes.
std::uint64_t integer_of(Bytes bytes) {
  std::array<std::byte, sizeof(le64)> wide{};
  std::memcpy(wide.data(), bytes.data(), std::min(bytes.size(), wide.size()));
  return *load<le64>(wide);
}

Result<ObjectId> object_of(std::string_view text) {
  auto id = parse_guid(text);
  if (!id || !text.starts_with('{')) {
    return Error(Errc::corrupt, fmt::format("\"{}\" is no object's id", text));
  }
  return *id;
}

Result<Value> decode_objects(const hive::Value& stored) {
  std::vector<ObjectId> objects;
  for (const std::string& text : stored.texts().value_or(std::vector<std::string>())) {
    objects.push_back(TRY(object_of(text)));
  }
  return Value(std::move(objects));
}

Result<Value> decode_integer(Bytes data) {
  // Install media keep timeout, debugtype and debugport in 1 byte and baudrate
  // in 3; everything else seen has 8.
  if (data.empty() || data.size() > sizeof(le64)) {
    return Error(Errc::corrupt,
                 fmt::format("an integer has {} bytes, not 1 to 8", data.size()));
  }
  return Value(integer_of(data));
}

Result<Value> decode_boolean(Bytes data) {
  if (data.size() != 1) {
    return Error(Errc::corrupt,
                 fmt::format("a boolean has {} bytes, not 1", data.size()));
  }
  return Value(data.front() != std::byte{0});
}

Result<Value> decode_integers(Bytes data) {
  if (data.size() % sizeof(le64) != 0) {
    return Error(Errc::corrupt, fmt::format("a list of integers has {} bytes, which "
                                            "isn't a multiple of 8",
                                            data.size()));
  }
  std::vector<std::uint64_t> integers;
  for (; !data.empty(); data = data.subspan(sizeof(le64))) {
    integers.push_back(integer_of(data.first(sizeof(le64))));
  }
  return Value(std::move(integers));
}

ByteVector bytes_from(std::uint64_t integer) {
  le64 stored = integer;
  Bytes bytes = bytes_of(stored);
  return {bytes.begin(), bytes.end()};
}

Result<hive::Value> encode_string(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return Error(Errc::bad_argument, "a string with a zero in it can't be stored");
  }
  if (!to_utf16(text)) return Error(Errc::bad_argument, "the string isn't UTF-8");
  return hive::Value::sz(kElementValue, text);
}

hive::Value encode_objects(const std::vector<ObjectId>& objects) {
  std::vector<std::string> texts;
  for (const ObjectId& object : objects) texts.push_back(to_string(object));
  return hive::Value::multi_sz(kElementValue, texts);
}

hive::Value encode_integers(const std::vector<std::uint64_t>& integers) {
  ByteVector data;
  for (std::uint64_t integer : integers) {
    ByteVector bytes = bytes_from(integer);
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  return hive::Value::binary(kElementValue, data);
}

}  // namespace

Result<Value> decode_value(ElementId id, const hive::Value& stored) {
  Format format = format_of(id);
  if (!is_known(format)) return Value(opaque_device(stored.data));
  if (stored.type != registry_type(format)) {
    return Error(Errc::corrupt,
                 fmt::format("{} where {} belongs", hive::to_string(stored.type),
                             hive::to_string(registry_type(format))));
  }
  switch (format) {
    case Format::device:
      return Value(decode_device(stored.data));
    case Format::string:
      return Value(stored.text().value_or(""));
    case Format::object:
      return Value(TRY(object_of(stored.text().value_or(""))));
    case Format::object_list:
      return decode_objects(stored);
    case Format::integer:
      return decode_integer(stored.data);
    case Format::boolean:
      return decode_boolean(stored.data);
    case Format::integer_list:
      break;
  }
  return decode_integers(stored.data);
}

Result<hive::Value> encode_value(ElementId id, const Value& value) {
  Format format = format_of(id);
  if (!is_known(format) || value.index() + 1 != static_cast<std::size_t>(format)) {
    return Error(
        Errc::bad_argument,
        fmt::format("element {:08x} takes a value of kind {}, not {}", id,
                    kind_name(id),
                    kind_name(static_cast<ElementId>(value.index() + 1) << 24)));
  }
  switch (format) {
    case Format::device:
      return hive::Value::binary(kElementValue,
                                 TRY(encode_device(std::get<Device>(value))));
    case Format::string:
      return encode_string(std::get<std::string>(value));
    case Format::object:
      return hive::Value::sz(kElementValue, to_string(std::get<ObjectId>(value)));
    case Format::object_list:
      return encode_objects(std::get<std::vector<ObjectId>>(value));
    case Format::integer:
      return hive::Value::binary(kElementValue,
                                 bytes_from(std::get<std::uint64_t>(value)));
    case Format::boolean:
      return hive::Value::binary(kElementValue,
                                 ByteVector{std::byte{std::get<bool>(value)}});
    case Format::integer_list:
      break;
  }
  return encode_integers(std::get<std::vector<std::uint64_t>>(value));
}

}  // namespace drydock::bcd
