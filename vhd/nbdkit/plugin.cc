// The nbdkit plugin: any image, chain or partition that drydock opens, to whatever
// speaks NBD.
//
//   nbdkit drydock disk.vhdx
//   nbdkit drydock file=disk.vhdx partition=3 overlay=changes.vhdx
//
// nbdkit asks for a C interface of functions over one plugin, so the disk that is
// served is this file's one mutable global.
//
// Threads: a disk that is only read takes requests at once, one that is written to
// takes them one by one; thread_model() says so to nbdkit.

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include "vhd/base/errno_of.h"
#include "vhd/nbdkit/confine.h"
#include "vhd/served_disk.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

namespace drydock {
namespace {

struct Server {
  std::filesystem::path image;
  ServeOptions options;
  bool confined = false;
  ServedDisk disk;
};

Server server;

// The edge to C: says an Error in nbdkit's way, and lets no exception through.
template <class Work>
int say(const Work& work) {
  try {
    Done done = work();
    if (done) return 0;
    nbdkit_error("%s", done.error().describe().c_str());
    nbdkit_set_error(errno_of(done.error().code()));
  } catch (const std::bad_alloc&) {
    nbdkit_error("there is no memory for this");
    nbdkit_set_error(ENOMEM);
  }
  return -1;
}

BlockDevice& device() { return *server.disk.device; }

// A path that still counts when nbdkit has gone to the background, and to /.
int take_path(const char* value, std::filesystem::path& path) {
  char* absolute = nbdkit_absolute_path(value);
  if (absolute == nullptr) return -1;
  path = absolute;
  std::free(absolute);
  return 0;
}

int config(const char* key, const char* value) {
  std::string_view name = key;
  if (name == "file") return take_path(value, server.image);
  if (name == "parent") return take_path(value, server.options.parents.emplace_back());
  if (name == "overlay") {
    if (value == kMemoryOverlay) {
      server.options.overlay = value;
      return 0;
    }
    return take_path(value, server.options.overlay.emplace());
  }
  if (name == "confined") {
    int chosen = nbdkit_parse_bool(value);
    server.confined = chosen == 1;
    return chosen < 0 ? -1 : 0;
  }
  if (name == "partition") {
    const char* end = value + std::strlen(value);
    std::uint32_t number = 0;
    auto [stop, problem] = std::from_chars(value, end, number);
    if (problem == std::errc() && stop == end && number != 0) {
      server.options.partition = number;
      return 0;
    }
    nbdkit_error("partition=%s isn't a number from 1 on", value);
    return -1;
  }
  nbdkit_error("there is no parameter %s", key);
  return -1;
}

int config_complete() {
  if (!server.image.empty()) return 0;
  nbdkit_error("file=IMAGE is missing");
  return -1;
}

constexpr const char* kHelp =
    "file=IMAGE          a raw, VHD or VHDX image (the word file= may be left out)\n"
    "partition=N         only this partition of it\n"
    "overlay=FILE        writes go to this differencing image, made if it isn't there\n"
    "overlay=:memory:    writes are kept in memory, and gone in the end\n"
    "parent=FILE         where a differencing image's parent is, and so on\n"
    "confined=true       once all is open, nothing else of the host can be reached";

int thread_model() {
  return server.options.overlay ? NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS
                                : NBDKIT_THREAD_MODEL_PARALLEL;
}

// Before nbdkit goes to the background: what is wrong is said where it was started.
int get_ready() {
  return say([]() -> Done {
    Result<ServedDisk> disk = open_served_disk(server.image, server.options);
    if (!disk) return std::move(disk).error();
    server.disk = *std::move(disk);
    return {};
  });
}

// The last that comes before the first connection, with every file and socket open.
int after_fork() {
  if (!server.confined) return 0;
  if (Done done = confine_server(); !done) {
    std::fprintf(stderr, "drydock: note: the server isn't confined: %s\n",
                 done.error().describe().c_str());
  }
  return 0;
}

void cleanup() {
  if (server.disk.device && device().writable()) {
    // flush-justified: nbdkit can't be cut here; tests/cli/serve_test.py misses it.
    static_cast<void>(say([] { return device().flush(); }));
  }
  server.disk = {};
}

void* open(int /*readonly*/) { return NBDKIT_HANDLE_NOT_NEEDED; }

std::int64_t get_size(void*) { return static_cast<std::int64_t>(device().size()); }

int can_write(void*) { return device().writable() ? 1 : 0; }

// All connections share one device: what one has written the others read, and any
// one's flush makes safe what all have written.
int can_multi_conn(void*) { return 1; }

int can_extents(void*) { return 1; }

int can_fua(void*) { return NBDKIT_FUA_EMULATE; }  // a flush after the write

int block_size(void*, std::uint32_t* minimum, std::uint32_t* preferred,
               std::uint32_t* maximum) {
  *minimum = 1;
  *preferred = std::max<std::uint32_t>(device().sector_size(), 4096);
  *maximum = 0xffffffff;
  return 0;
}

int pread(void*, void* into, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  MutableBytes bytes(static_cast<std::byte*>(into), count);
  return say([&] { return device().read(offset, bytes); });
}

int pwrite(void*, const void* from, std::uint32_t count, std::uint64_t offset,
           std::uint32_t) {
  Bytes bytes(static_cast<const std::byte*>(from), count);
  return say([&] { return device().write(offset, bytes); });
}

int flush(void*, std::uint32_t) {
  // flush-justified: as in cleanup().
  return say([] { return device().flush(); });
}

int trim(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  return say([&] { return device().trim(offset, count); });
}

// Zeros that must keep their space have to be written: nbdkit does that itself.
int zero(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t flags) {
  if ((flags & NBDKIT_FLAG_MAY_TRIM) == 0) {
    nbdkit_set_error(EOPNOTSUPP);
    return -1;
  }
  return say([&] { return device().zero(offset, count); });
}

int extents(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t flags,
            struct nbdkit_extents* list) {
  bool one = (flags & NBDKIT_FLAG_REQ_ONE) != 0;
  return say([&]() -> Done {
    for (std::uint64_t at = offset; at < offset + count;) {
      Result<Extent> extent = device().extent(at);
      if (!extent) return std::move(extent).error();
      if (extent->length == 0) return {};
      std::uint32_t type = extent->zero ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0;
      if (nbdkit_add_extent(list, at, extent->length, type) != 0) {
        return Error(Errc::io, "nbdkit takes no more extents");
      }
      if (one) return {};
      at += extent->length;
    }
    return {};
  });
}

struct nbdkit_plugin make_plugin() {
  struct nbdkit_plugin plugin {};
  plugin.name = "drydock";
  plugin.longname = "drydock: disks of Windows machines";
  plugin.version = DRYDOCK_VERSION;
  plugin.description = "serves raw, VHD and VHDX images, their chains and partitions";
  plugin.magic_config_key = "file";
  plugin.config = config;
  plugin.config_complete = config_complete;
  plugin.config_help = kHelp;
  plugin.thread_model = thread_model;
  plugin.get_ready = get_ready;
  plugin.after_fork = after_fork;
  plugin.cleanup = cleanup;
  plugin.open = open;
  plugin.get_size = get_size;
  plugin.can_write = can_write;
  plugin.can_multi_conn = can_multi_conn;
  plugin.can_extents = can_extents;
  plugin.can_fua = can_fua;
  plugin.block_size = block_size;
  plugin.pread = pread;
  plugin.pwrite = pwrite;
  plugin.flush = flush;
  plugin.trim = trim;
  plugin.zero = zero;
  plugin.extents = extents;
  return plugin;
}

struct nbdkit_plugin plugin = make_plugin();

}  // namespace
}  // namespace drydock

NBDKIT_REGISTER_PLUGIN(drydock::plugin)
