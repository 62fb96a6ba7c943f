// Puts a believed copy of a driver, or of another file of Windows, in its place.
//
// Believed: its hash is in a trusted catalog of the guest, or it bears a trusted
// signature; it is a program for the same machine; and of the version that is wanted.
// Where the copy came from doesn't matter then.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/driver/copies.h"
#include "repair/plan.h"
#include "repair/signature/verify.h"
#include "repair/signature/version_resource.h"

namespace drydock::driver {

struct ReplaceOptions {
  // "10.0.20348.1"; nothing: that of the file that is replaced.
  std::optional<signature::VersionNumber> version = {};
  bool allow_unsigned = false;  // takes a copy that nobody believes
  bool keep_old = false;        // leaves what was there beside it, as old_NAME
};

struct Replacement {
  std::string place;  // of the copy
  std::optional<signature::VersionNumber> version = {};
  signature::Verification verification;
  // Why each of the other copies wasn't taken.
  std::vector<std::string> refused;
};

// Adds to `plan` what puts the first of `copies` that will do in the place of `file`,
// which may be missing.  Its security and times stay; a missing one gets those that its
// folder's files have.  not_found where no copy will do: the words say why each won't.
// Its other names, as that in WinSxS, show the copy as well where it is of the version
// that they had; else they are parted from it, and keep what they show.  A note says
// which.  A copy has the file's name, or says that it is its own.  With a version that
// can't be told, as of a damaged file, one of Windows' own must be of the build that
// this Windows' files are of, and the copies that are believed must all be of one
// version; else bad_argument, with the versions; that, too, for a file that is no
// program by its name.
Result<Replacement> plan_replacement(const repair::Installation& windows,
                                     const repair::GuestPath& file,
                                     const std::vector<FileCopy>& copies,
                                     const signature::Verifier& verifier,
                                     const ReplaceOptions& options, repair::Plan& plan);

}  // namespace drydock::driver
