#include "ntfs/ntfs/trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/libraries.h"
#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"
#include "vhd/overlay.h"

namespace drydock::ntfs {

namespace {

constexpr std::string_view kFirstName = "drydock trial 0.tmp";
constexpr std::string_view kSecondName = "drydock trial, renamed.tmp";
// Too much for a record, and for one cluster of most volumes.
constexpr std::size_t kContentSize = 10'000;

Result<std::vector<std::string>> names_in_root(Mount& mount) {
  TRY(mount.begin());
  Inode root = TRY(Inode::open(mount, {.record = kRootRecord}));
  std::vector<std::string> names;
  for (IndexedName& name : TRY(read_directory(root))) {
    names.push_back(std::move(name.name));
  }
  std::ranges::sort(names);
  return names;
}

Result<std::shared_ptr<Mount>> open_untried(DevicePtr partition,
                                            const VolumeOptions& options) {
  auto mount = TRY(Mount::open(std::move(partition), options));
  mount->set_trial(nullptr);
  return mount;
}

Done check(bool holds, std::string_view words) {
  if (holds) return {};
  return Error(Errc::corrupt, std::string(words));
}

// Makes a file, and takes it away again.
Done make_and_remove(const std::shared_ptr<Mount>& mount) {
  ByteVector content(kContentSize, std::byte{0x5a});
  StreamReference made = TRY(put(*mount, kFirstName, content));
  TRY(rename(*mount, kFirstName, kSecondName));
  TRY(mount->begin());
  StreamReference found = TRY(resolve(*mount, kSecondName));
  TRY(check(found == made, "a renamed file is another one"));
  DevicePtr data = TRY(mount->data_of(found));
  TRY(check(TRY(read_bytes(*data, 0, data->size(), kContentSize)) == content,
            "a file doesn't hold what was written"));
  TRY(remove(*mount, kSecondName));
  return mount->flush();
}

Done try_on(const std::shared_ptr<Overlay>& overlay, const VolumeOptions& options) {
  auto mount = TRY(open_untried(overlay, options));
  TRY(mount->settle());
  auto before = TRY(names_in_root(*mount));
  bool taken = std::ranges::find(before, kFirstName) != before.end() ||
               std::ranges::find(before, kSecondName) != before.end();
  if (taken) return {};
  TRY(make_and_remove(mount));
  mount.reset();
  mount = TRY(open_untried(overlay, options));
  return check(TRY(names_in_root(*mount)) == before,
               "a file that was made and removed left its directory changed");
}

}  // namespace

Done try_library(DevicePtr partition, const VolumeOptions& options) {
  Done tried = try_on(std::make_shared<Overlay>(std::move(partition)), options);
  if (tried) return {};
  switch (tried.error().code()) {
    case Errc::no_space:
    case Errc::busy:
    case Errc::read_only:
      return {};
    case Errc::io:
      return tried;
    default:
      return Error(
          Errc::unsupported,
          fmt::format("{} fails a trial on a copy of this volume in memory, so "
                      "nothing is written with it: {}",
                      ntfs_library_versions(), tried.error().describe()));
  }
}

}  // namespace drydock::ntfs
