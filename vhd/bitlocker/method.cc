#include "vhd/bitlocker/method.h"

namespace drydock::bitlocker {

namespace {

struct Known {
  Method method;
  std::string_view name;
  std::size_t key_size;
};
constexpr Known kKnown[] = {
    {Method::aes_cbc_128_elephant, "aes-cbc-128-elephant", 64},
    {Method::aes_cbc_256_elephant, "aes-cbc-256-elephant", 64},
    {Method::aes_cbc_128, "aes-cbc-128", 16},
    {Method::aes_cbc_256, "aes-cbc-256", 32},
    {Method::aes_xts_128, "aes-xts-128", 32},
    {Method::aes_xts_256, "aes-xts-256", 64},
};

const Known* find(Method method) {
  for (const Known& known : kKnown) {
    if (known.method == method) return &known;
  }
  return nullptr;
}

}  // namespace

std::optional<Method> method_of(std::uint16_t number) {
  const Known* known = find(static_cast<Method>(number));
  if (known == nullptr) return std::nullopt;
  return known->method;
}

std::string_view to_string(Method method) {
  const Known* known = find(method);
  return known == nullptr ? "unknown" : known->name;
}

std::size_t key_size(Method method) {
  const Known* known = find(method);
  return known == nullptr ? 0 : known->key_size;
}

}  // namespace drydock::bitlocker
