// An NTFS volume, by libntfs-3g on our own device: no kernel, no FUSE, no path
// of the host.
//
// What its log holds is shown as if it were in its place, and put there before
// the first change.  A volume of which that can't be said opens for reading, as
// it lies, and condition() says so; each change of it is refused as busy, with
// the reason.  Opening writes nothing, and reading doesn't either.
//
// Names match by the volume's own $UpCase.  Unpaired surrogates, which NTFS
// allows, pass through as WTF-8.  8.3 aliases, and NTFS's own files ($MFT,
// $LogFile, ...), are found by name but not listed; the latter are read and
// never changed.

#pragma once

#include "ntfs/open_volume.h"

namespace drydock::ntfs {

// not_found where there is no NTFS; corrupt when the boot sector, $MFT or
// another system file can't be believed.
Result<FileSystemPtr> open(DevicePtr partition, VolumeOptions options = {});

// Gives the file at `from` the name `to` besides, in this `volume`, which open() gave:
// one record then has both, as System32 and WinSxS have most files of Windows.  No
// repair needs it; who builds a Windows does.  bad_argument for a directory, for a name
// that is taken, and for another file system.
Done link(FileSystem& volume, std::string_view from, std::string_view to);

}  // namespace drydock::ntfs
