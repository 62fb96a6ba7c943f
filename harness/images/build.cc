#include "harness/images/build.h"

#include <algorithm>
#include <iterator>

#include "harness/images/container.h"
#include "harness/images/contents.h"
#include "harness/images/filler_catalogs.h"
#include "harness/images/signed_windows.h"
#include "harness/images/volumes.h"
#include "harness/program.h"
#include "harness/work_folder.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::images {

std::vector<std::string> missing_programs() {
  std::vector<std::string> missing;
  for (const char* program :
       {"sfdisk", "mkfs.fat", "mmd", "mcopy", "mkntfs", "qemu-img"}) {
    if (!harness::have_program(program)) missing.emplace_back(program);
  }
  return missing;
}

Result<Layout> build_raw(const Spec& spec, std::uint64_t seed,
                         const std::filesystem::path& raw) {
  Layout layout = lay_out(spec, seed);
  harness::WorkFolder work = TRY(harness::WorkFolder::create());
  {
    auto disk = TRY(FileDevice::open(raw, {.writable = true, .create = true}));
    TRY(disk->resize(spec.size));
  }
  TRY(write_table(raw, layout).in("partition table"));

  auto boot = TRY(boot_contents(layout, work.path()));
  auto windows = TRY(windows_contents(layout, work.path()));
  Authority authority = TRY(Authority::create());
  TRY(sign_programs(authority, boot).in("system partition"));
  TRY(sign_windows(layout, authority, windows).in("Windows volume"));
  TRY(add_filler_catalogs(layout, authority, windows).in("Windows volume"));
  if (spec.firmware == Firmware::uefi) {
    TRY(make_esp(raw, layout, boot, work.path()).in("system partition"));
  } else if (layout.system_reserved) {
    TRY(make_ntfs(raw, *layout.system_reserved, "System Reserved",
                  layout.ids.ntfs_serial + 1, boot, work.path())
            .in("system partition"));
  } else {
    std::ranges::move(boot, std::back_inserter(windows));
  }
  TRY(make_ntfs(raw, layout.windows, "", layout.ids.ntfs_serial, windows, work.path())
          .in("Windows volume"));
  if (layout.recovery) {
    TRY(make_ntfs(raw, *layout.recovery, "Recovery", ~layout.ids.ntfs_serial,
                  recovery_contents(), work.path())
            .in("recovery volume"));
  }
  return layout;
}

Result<Layout> build_image(const Spec& spec, std::uint64_t seed,
                           const std::filesystem::path& image) {
  harness::WorkFolder work = TRY(harness::WorkFolder::create());
  Layout layout = TRY(build_raw(spec, seed, work / "disk.raw"));
  TRY(pack(work / "disk.raw", image, spec.container, spec.block_size));
  return layout;
}

}  // namespace drydock::images
