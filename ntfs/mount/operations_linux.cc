#define FUSE_USE_VERSION 314

#include <fmt/format.h>
#include <fuse.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ntfs/mount/operations.h"
#include "vhd/base/errno_of.h"

namespace drydock::mount {

namespace {

// FILETIME counts 100 ns from 1601-01-01, this many seconds before Unix does.
constexpr std::int64_t kUnixStart = 11'644'473'600;
constexpr std::uint64_t kTicksPerSecond = 10'000'000;

// How long the kernel may believe what it was told: where nothing is written, long.
constexpr double kBeliefSeconds = 3600;

template <class T>
int status(const Result<T>& result) {
  return result ? 0 : -errno_of(result.error().code());
}

timespec to_timespec(FileTime time) {
  if (time == 0) return {};
  auto seconds = static_cast<std::int64_t>(time / kTicksPerSecond) - kUnixStart;
  return {.tv_sec = seconds,
          .tv_nsec = static_cast<long>(time % kTicksPerSecond * 100)};
}

void fill(const Stat& stat, bool writable, struct stat& facts) {
  facts = {};
  facts.st_ino = stat.id;
  facts.st_nlink = stat.link_count;
  facts.st_uid = ::getuid();
  facts.st_gid = ::getgid();
  facts.st_size = static_cast<off_t>(stat.size);
  facts.st_blocks = static_cast<blkcnt_t>((stat.size + 511) / 512);
  facts.st_mtim = to_timespec(stat.modified);
  facts.st_atim = to_timespec(stat.accessed);
  facts.st_ctim = to_timespec(stat.changed != 0 ? stat.changed : stat.modified);
  mode_t write = writable && (stat.attributes & attribute::read_only) == 0 ? 0200 : 0;
  switch (stat.kind) {
    case FileKind::directory:
      facts.st_mode = S_IFDIR | 0555 | write;
      break;
    case FileKind::reparse_point:
      facts.st_mode = S_IFLNK | 0777;
      break;
    case FileKind::file:
      facts.st_mode = S_IFREG | 0444 | write;
  }
}

// What the host's own programs couldn't name.
bool is_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

// Where a link at `path` leads, for the host: with the host's slashes, if it is
// relative and stays in the volume.  Others are shown as Windows has them, and lead
// nowhere here: a disk doesn't choose which file of the host is opened.
std::string host_target(std::string_view path, const std::string& target) {
  std::string shown = target;
  std::ranges::replace(shown, '\\', '/');
  auto depth = std::ranges::count(path, '/') - 1;
  std::size_t start = 0;
  while (start <= shown.size()) {
    std::size_t end = std::min(shown.find('/', start), shown.size());
    std::string_view name = std::string_view(shown).substr(start, end - start);
    if (name.empty() || name.find(':') != name.npos) return target;  // "\x", "C:\x"
    if (name == "..") --depth;
    if (name != "." && name != "..") ++depth;
    if (depth < 0) return target;
    start = end + 1;
  }
  return shown;
}

Operations& self() {
  return *static_cast<Operations*>(fuse_get_context()->private_data);
}

}  // namespace

Operations::Operations(FileSystem& volume, bool writable)
    : volume_(volume), writable_(writable) {
  has_ids_ = facts().file_system == "ntfs";
}

const VolumeFacts& Operations::facts() {
  if (!facts_are_old_) return facts_;
  if (auto facts = volume_.facts()) facts_ = *facts;
  facts_are_old_ = false;
  return facts_;
}

FileSystem& Operations::changing() {
  facts_are_old_ = true;
  return volume_;
}

int Operations::look(const char* path, struct stat& facts) const {
  auto file = volume_.find(path);
  if (!file) return status(file);
  fill(file->stat(), writable_, facts);
  return 0;
}

int Operations::list(const char* path,
                     const std::function<bool(const Entry&)>& visit) const {
  auto directory = volume_.find(path);
  if (!directory) return status(directory);
  if (!directory->is_directory()) return -ENOTDIR;
  return status(volume_.list(*directory, [&](const Entry& entry) {
    return !is_name(entry.name) || visit(entry);
  }));
}

int Operations::read_link(const char* path, std::string& target) const {
  auto file = volume_.find(path);
  if (!file) return status(file);
  auto details = file->details();
  if (!details) return status(details);
  if (!details->reparse_point) return -EINVAL;
  const ReparsePoint& point = *details->reparse_point;
  target = point.target.empty() ? fmt::format("reparse point {:#010x}", point.tag)
                                : host_target(path, point.target);
  return 0;
}

int Operations::keep(const File& file, std::uint64_t& handle) {
  if (file.is_directory()) return -EISDIR;
  for (auto& [number, known] : open_) {
    if (!has_ids_ || known.id != file.stat().id) continue;
    ++known.count;
    handle = number;
    return 0;
  }
  auto data = file.data();
  if (!data) return status(data);
  handle = next_handle_++;
  open_[handle] = {.data = std::move(*data), .id = file.stat().id};
  return 0;
}

int Operations::open(const char* path, std::uint64_t& handle) {
  auto file = volume_.find(path);
  return file ? keep(*file, handle) : status(file);
}

int Operations::create(const char* path, std::uint64_t& handle) {
  auto file = changing().create(path);
  return file ? keep(*file, handle) : status(file);
}

void Operations::close(std::uint64_t handle) {
  auto found = open_.find(handle);
  if (found != open_.end() && --found->second.count == 0) open_.erase(found);
}

int Operations::read(std::uint64_t handle, MutableBytes into, std::uint64_t offset) {
  const DevicePtr& data = open_.at(handle).data;
  if (offset >= data->size()) return 0;
  into = into.first(std::min<std::uint64_t>(into.size(), data->size() - offset));
  Done done = data->read(offset, into);
  return done ? static_cast<int>(into.size()) : status(done);
}

int Operations::write(std::uint64_t handle, Bytes from, std::uint64_t offset) {
  const DevicePtr& data = open_.at(handle).data;
  facts_are_old_ = true;
  std::uint64_t end = offset + from.size();
  if (end > data->size()) {
    Done grown = data->resize(end);
    if (!grown) return status(grown);
  }
  Done done = data->write(offset, from);
  return done ? static_cast<int>(from.size()) : status(done);
}

int Operations::resize(const char* path, std::uint64_t size) {
  std::uint64_t handle = 0;
  int opened = open(path, handle);
  if (opened != 0) return opened;
  facts_are_old_ = true;
  int result = status(open_.at(handle).data->resize(size));
  close(handle);
  return result;
}

int Operations::remove(const char* path, FileKind kind) {
  auto file = volume_.find(path);
  if (!file) return status(file);
  if (file->is_directory() != (kind == FileKind::directory)) {
    return file->is_directory() ? -EISDIR : -ENOTDIR;
  }
  Done done = changing().remove(path);
  bool full =
      !done && file->is_directory() && done.error().code() == Errc::bad_argument;
  return full ? -ENOTEMPTY : status(done);
}

int Operations::make_directory(const char* path) {
  return status(changing().create_directory(path));
}

int Operations::rename(const char* from, const char* to, bool may_replace) {
  auto source = volume_.find(from);
  if (!source) return status(source);
  auto target = volume_.find(to);
  bool same = target && has_ids_ && target->stat().id == source->stat().id;
  if (target && !same) {
    if (!may_replace) return -EEXIST;
    int removed =
        remove(to, source->is_directory() ? FileKind::directory : FileKind::file);
    if (removed != 0) return removed;
  }
  return status(changing().rename(from, to));
}

int Operations::flush() { return status(volume_.flush()); }

namespace {

// libfuse's side of each; `info` is null where no file is open.

void* init(fuse_conn_info*, fuse_config* config) {
  Operations& operations = self();
  config->use_ino = operations.facts().file_system == "ntfs" ? 1 : 0;
  config->nullpath_ok = 0;
  if (!operations.writable()) {
    config->kernel_cache = 1;
    config->attr_timeout = config->entry_timeout = kBeliefSeconds;
  }
  return &self();
}

int read_directory(const char* path, void* buffer, fuse_fill_dir_t fill_name, off_t,
                   fuse_file_info*, fuse_readdir_flags) {
  for (const char* name : {".", ".."}) {
    fill_name(buffer, name, nullptr, 0, fuse_fill_dir_flags{});
  }
  return self().list(path, [&](const Entry& entry) {
    struct stat facts {};
    fill(entry.stat, self().writable(), facts);
    return fill_name(buffer, entry.name.c_str(), &facts, 0, fuse_fill_dir_flags{}) == 0;
  });
}

int statistics(const char*, struct statvfs* facts) {
  const VolumeFacts& volume = self().facts();
  *facts = {};
  std::uint64_t unit = std::max<std::uint64_t>(volume.cluster_size, 512);
  facts->f_bsize = facts->f_frsize = unit;
  facts->f_blocks = volume.size / unit;
  facts->f_bfree = facts->f_bavail = volume.free / unit;
  facts->f_namemax = 255;
  return 0;
}

fuse_operations make_table() {
  fuse_operations table{};
  table.init = init;
  table.getattr = [](const char* path, struct stat* facts, fuse_file_info*) {
    return self().look(path, *facts);
  };
  table.readlink = [](const char* path, char* into, std::size_t size) {
    std::string target;
    int result = self().read_link(path, target);
    std::size_t length = std::min(target.size(), size - 1);
    std::memcpy(into, target.data(), length);
    into[length] = '\0';
    return result;
  };
  table.readdir = read_directory;
  table.statfs = statistics;
  table.open = [](const char* path, fuse_file_info* info) {
    return self().open(path, info->fh);
  };
  table.create = [](const char* path, mode_t, fuse_file_info* info) {
    return self().create(path, info->fh);
  };
  table.release = [](const char*, fuse_file_info* info) {
    self().close(info->fh);
    return 0;
  };
  table.read = [](const char*, char* into, std::size_t size, off_t offset,
                  fuse_file_info* info) {
    return self().read(info->fh, {reinterpret_cast<std::byte*>(into), size},
                       static_cast<std::uint64_t>(offset));
  };
  table.write = [](const char*, const char* from, std::size_t size, off_t offset,
                   fuse_file_info* info) {
    return self().write(info->fh, {reinterpret_cast<const std::byte*>(from), size},
                        static_cast<std::uint64_t>(offset));
  };
  table.truncate = [](const char* path, off_t size, fuse_file_info*) {
    return self().resize(path, static_cast<std::uint64_t>(size));
  };
  table.unlink = [](const char* path) { return self().remove(path, FileKind::file); };
  table.rmdir = [](const char* path) {
    return self().remove(path, FileKind::directory);
  };
  table.mkdir = [](const char* path, mode_t) { return self().make_directory(path); };
  table.rename = [](const char* from, const char* to, unsigned flags) {
    constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE
    if ((flags & ~kNoReplace) != 0) return -EINVAL;
    return self().rename(from, to, flags == 0);
  };
  table.fsync = [](const char*, int, fuse_file_info*) { return self().flush(); };
  // The volume's clock stamps what is written; other times aren't kept.  Programs that
  // copy with times shall not fail for it.
  table.utimens = [](const char*, const timespec*, fuse_file_info*) { return 0; };
  return table;
}

}  // namespace

const fuse_operations& Operations::table() {
  static const fuse_operations kTable = make_table();
  return kTable;
}

}  // namespace drydock::mount
