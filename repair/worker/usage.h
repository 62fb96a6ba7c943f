// What a process has taken, as the host counts it.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace drydock::worker {

struct Usage {
  std::chrono::milliseconds busy{0};  // processor time
  std::uint64_t io_count = 0;         // reads and writes that it has asked for
};

// Nothing where the process is gone, or the host doesn't tell.
std::optional<Usage> usage_of(int process);

}  // namespace drydock::worker
