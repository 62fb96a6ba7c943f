// A script: a place's filling, a 0, then the text.  What is taken can be shown again,
// and understood again, line by line.

#include <algorithm>
#include <cstdlib>

#include "repair/script/script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  Bytes input = std::as_bytes(std::span(data, size));
  auto zero = std::find(input.begin(), input.end(), std::byte{0});
  std::string filling(as_text(Bytes(input.begin(), zero)));
  if (zero == input.end()) return 0;
  auto text = script::decode_text(Bytes(zero + 1, input.end()));
  if (!text) return 0;
  script::Places places{.drive = "F:", .root = "\\Windows"};
  auto calls = script::read_calls(*text, places, {{"A", filling}});
  if (!calls) calls = script::read_calls(*text, places);
  if (!calls) return 0;
  for (const script::Call& call : *calls) {
    if (call.line == 0 || call.text.size() > 2 * script::kLineLengthMax) std::abort();
    const script::Verb* verb = script::find_verb(call.name);
    if (verb == nullptr) {
      static_cast<void>(script::likely_verb(call.name));
    } else {
      static_cast<void>(verb->prepare(call));
    }
  }
  return 0;
}
