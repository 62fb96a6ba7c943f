#include "harness/scenarios/given.h"

#include <fmt/format.h>

#include "harness/scenarios/change.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

Result<Given> read_given(const harness::Yaml& node) {
  TRY(node.only({"file", "text", "lines", "as"}));
  Given given;
  given.path = TRY(node.get("file").text());
  if (!given.path.starts_with('\\')) {
    return node.error(fmt::format("'{}' doesn't start at the root", given.path));
  }
  given.text = TRY(read_text(node));
  std::string way = TRY(node.get("as").text());
  if (way != "lznt1" && way != "wof") {
    return node.get("as").error("a file is given as lznt1 or as wof");
  }
  given.way = way == "wof" ? Given::Way::wof : Given::Way::lznt1;
  return given;
}

}  // namespace drydock::scenarios
