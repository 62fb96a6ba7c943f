#include <sys/resource.h>

#include "repair/cli/peak_memory.h"

namespace drydock::cli {

std::uint64_t peak_memory() {
  struct rusage usage {};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

}  // namespace drydock::cli
