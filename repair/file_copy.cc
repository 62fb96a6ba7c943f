#include "repair/file_copy.h"

namespace drydock::repair {

std::vector<std::string> copied_streams(const Details& details) {
  std::vector<std::string> names;
  bool wof = details.stored.starts_with("WOF");
  for (const Stream& stream : details.streams) {
    if (wof && stream.name == "WofCompressedData") continue;
    names.push_back(stream.name);
  }
  return names;
}

}  // namespace drydock::repair
