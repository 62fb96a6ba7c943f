// What the server gives up once its image is open and its socket is made.

#pragma once

#include "vhd/base/result.h"

namespace drydock {

// From here on this thread, and every one that it starts, opens no file, makes no
// socket and no connection of its own, starts no program or process, runs no bytes as
// code and signals nobody else; connections that come in are still taken.  It can't be
// lifted.  unsupported where the host has no such filter.
Done confine_server();

}  // namespace drydock
