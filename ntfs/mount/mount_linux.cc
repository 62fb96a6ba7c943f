#define FUSE_USE_VERSION 314

#include <fmt/format.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "ntfs/mount/mount.h"
#include "ntfs/mount/operations.h"
#include "vhd/base/try.h"

namespace drydock::mount {

namespace {

// The option "fsname=" ends at a comma.
std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text) {
    if (c == ',' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// A program's arguments, as libfuse takes them.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) {
    for (const std::string& word : words) fuse_opt_add_arg(&arguments_, word.c_str());
  }
  ~Arguments() { fuse_opt_free_args(&arguments_); }
  Arguments(const Arguments&) = delete;
  fuse_args* get() { return &arguments_; }

 private:
  fuse_args arguments_ = FUSE_ARGS_INIT(0, nullptr);
};

}  // namespace

// The session that mounts, and never answers anything.
struct MountPoint::Impl {
  fuse_session* session = nullptr;

  ~Impl() {
    if (session == nullptr) return;
    fuse_session_unmount(session);
    fuse_session_destroy(session);
  }
};

MountPoint::MountPoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MountPoint::MountPoint(MountPoint&&) noexcept = default;
MountPoint::~MountPoint() = default;

int MountPoint::descriptor() const { return fuse_session_fd(impl_->session); }

Result<MountPoint> MountPoint::create(const std::filesystem::path& folder,
                                      const MountOptions& options) {
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    return Error(Errc::bad_argument, "this isn't a folder").in(folder.string());
  }
  std::string words =
      fmt::format("{},default_permissions,subtype=drydock,fsname={}",
                  options.writable ? "rw" : "ro", escaped(options.source));
  if (options.for_others) words += ",allow_other";
  Arguments arguments({"drydock", "-o", words});
  // It has to have one operation to be taken for a file system.
  fuse_lowlevel_ops nothing{};
  nothing.init = [](void*, fuse_conn_info*) {};
  auto impl = std::make_unique<Impl>();
  impl->session = fuse_session_new(arguments.get(), &nothing, sizeof nothing, nullptr);
  if (impl->session == nullptr ||
      fuse_session_mount(impl->session, folder.c_str()) != 0) {
    if (impl->session != nullptr) fuse_session_destroy(impl->session);
    impl->session = nullptr;
    return Error(Errc::io, "the host doesn't mount here").in(folder.string());
  }
  return MountPoint(std::move(impl));
}

Done serve(FileSystem& volume, int descriptor, const MountOptions& options) {
  Operations operations(volume, options.writable);
  Arguments arguments({"drydock"});
  fuse* served = fuse_new(arguments.get(), &Operations::table(),
                          sizeof(fuse_operations), &operations);
  if (served == nullptr) return Error(Errc::io, "the host's FUSE doesn't start");
  // A descriptor of something that is mounted already is named so.
  std::string place = fmt::format("/dev/fd/{}", descriptor);
  if (fuse_mount(served, place.c_str()) != 0) {
    fuse_destroy(served);
    return Error(Errc::io, "the host's FUSE doesn't take the mount");
  }
  fuse_session* session = fuse_get_session(served);
  fuse_set_signal_handlers(session);
  int ended = fuse_loop(served);
  fuse_remove_signal_handlers(session);
  fuse_destroy(served);
  TRY(volume.flush());
  // Below 0 is an errno; above is the signal that ended it.
  if (ended >= 0) return {};
  return Error(Errc::io, fmt::format("the host's FUSE ended with {}", ended));
}

}  // namespace drydock::mount
