// windows.h comes first: psapi.h doesn't stand alone.
#include <windows.h>
//
#include <psapi.h>

#include "repair/cli/peak_memory.h"

namespace drydock::cli {

std::uint64_t peak_memory() {
  PROCESS_MEMORY_COUNTERS counters{};
  if (::K32GetProcessMemoryInfo(::GetCurrentProcess(), &counters, sizeof(counters)) ==
      0) {
    return 0;
  }
  return counters.PeakWorkingSetSize;
}

}  // namespace drydock::cli
