// Where there is no libvhdi to build with.

#include "repair/cli/second_reader.h"

namespace drydock::cli {

Result<SecondReading> read_again(const std::filesystem::path&, const Image&,
                                 const Progress&) {
  return Error(Errc::unsupported, "this drydock was built without libvhdi");
}

}  // namespace drydock::cli
