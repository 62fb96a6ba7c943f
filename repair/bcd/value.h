// An element's value, between its shape and its registry value.

#pragma once

#include <string_view>

#include "repair/bcd/store.h"

namespace drydock::bcd {

// The name of the one value in an element's key.
inline constexpr std::string_view kElementValue = "Element";

// corrupt where type or size isn't what the id's format digit asks for.  A
// digit that we don't know gives a Device of kind unknown with the bytes, as
// does a device that we can't take apart.
Result<Value> decode_value(ElementId id, const hive::Value& stored);

// bad_argument where the value's shape isn't the one that the digit asks for.
Result<hive::Value> encode_value(ElementId id, const Value& value);

}  // namespace drydock::bcd
