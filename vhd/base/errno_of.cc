#include "vhd/base/errno_of.h"

#include <cerrno>

namespace drydock {

int errno_of(Errc code) {
  switch (code) {
    case Errc::bad_argument:
      return EINVAL;
    case Errc::not_found:
      return ENOENT;
    case Errc::unsupported:
      return EOPNOTSUPP;
    case Errc::read_only:
      return EROFS;
    case Errc::busy:
      return EBUSY;
    case Errc::no_space:
      return ENOSPC;
    case Errc::corrupt:
    case Errc::interrupted:
    case Errc::could_not_tell:
    case Errc::io:
      return EIO;
  }
  return EIO;
}

}  // namespace drydock
