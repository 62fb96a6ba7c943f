#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "repair/worker/usage.h"

namespace drydock::worker {

namespace {

// Fields 14 and 15 of proc(5)'s stat, counted behind the name, which may hold blanks.
std::optional<std::chrono::milliseconds> busy_time(int process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long long user = 0;
  long long system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<Usage> usage_of(int process) {
  auto busy = busy_time(process);
  if (!busy) return std::nullopt;
  std::ifstream file(fmt::format("/proc/{}/io", process));
  std::string name;
  std::uint64_t value = 0;
  Usage usage{.busy = *busy};
  bool told = false;
  while (file >> name >> value) {
    if (name != "syscr:" && name != "syscw:") continue;
    usage.io_count += value;
    told = true;
  }
  if (!told) return std::nullopt;
  return usage;
}

}  // namespace drydock::worker
