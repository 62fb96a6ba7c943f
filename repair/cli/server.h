// nbdkit, run as a child: how `drydock serve` shows a disk to others.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vhd/base/result.h"

namespace drydock::cli {

struct ServerRequest {
  // "file=/disk.vhdx" and such: what our plugin is told.
  std::vector<std::string> parameters;
  std::string socket;  // "": one in a fresh folder, gone in the end
};

// Starts nbdkit with our plugin, calls `ready` with the URI once it takes
// connections, and returns when it has ended: by a signal that asks us to end
// (SIGINT, SIGTERM, SIGHUP), which ends it cleanly, or by itself, which is io.
// not_found where nbdkit isn't installed.
Done serve_until_signal(const ServerRequest& request,
                        const std::function<void(const std::string& uri)>& ready);

}  // namespace drydock::cli
