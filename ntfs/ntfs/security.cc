#include "ntfs/ntfs/security.h"

#include <fmt/format.h>

#include <cerrno>

#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/path.h"
#include "ntfs/ntfs/stamp.h"
#include "ntfs/security/descriptor.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

SECURITY_CONTEXT context_of(Mount& mount) {
  SECURITY_CONTEXT context{};
  context.vol = mount.volume();
  return context;
}

}  // namespace

Result<std::optional<ByteVector>> descriptor_of(const Inode& inode) {
  SECURITY_CONTEXT context = context_of(inode.mount());
  ByteVector bytes(security::kDescriptorSizeMax);
  errno = 0;
  int size = ntfs_get_ntfs_acl(&context, inode.get(),
                               reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (size <= 0) {
    if (errno == 0 || errno == ENOENT || errno == ENODATA) {
      return std::optional<ByteVector>();
    }
    return inode.mount().failure("reading its security descriptor");
  }
  if (static_cast<std::size_t>(size) > bytes.size()) {
    return Error(Errc::corrupt,
                 fmt::format("its security descriptor has {} bytes", size));
  }
  bytes.resize(static_cast<std::size_t>(size));
  return std::optional(std::move(bytes));
}

Done set_security(Mount& mount, std::string_view path, Bytes descriptor) {
  TRY(security::check_descriptor(descriptor));
  TRY(mount.begin_change());
  StreamReference file = TRY(resolve(mount, path));
  Inode inode = TRY(Inode::open(mount, file.file));
  TRY(check_ours(inode));
  SECURITY_CONTEXT context = context_of(mount);
  if (ntfs_set_ntfs_acl(&context, inode.get(),
                        reinterpret_cast<const char*>(descriptor.data()),
                        descriptor.size(), 0) != 0) {
    return mount.failure("setting its security descriptor");
  }
  stamp_changed(inode);
  return inode.close();
}

}  // namespace drydock::ntfs
