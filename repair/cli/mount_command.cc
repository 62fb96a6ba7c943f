#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "ntfs/mount/mount.h"
#include "repair/cli/commands.h"
#include "repair/cli/notes.h"
#include "repair/disk.h"
#include "repair/installation.h"
#include "vhd/base/try.h"
#include "vhd/served_disk.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

// What is mounted, with all that it stands on.
struct OpenVolume {
  repair::View view;  // to be read
  ServedDisk served;  // with an overlay
  std::unique_ptr<repair::Disk> disk;
  FileSystemPtr volume;
  std::string shown;  // "C:\\"
};

Result<std::unique_ptr<repair::Disk>> open_with_overlay(const MountRequest& request,
                                                        OpenVolume& open) {
  ServeOptions options{.partition = {}, .overlay = request.overlay, .parents = {}};
  for (const std::string& parent : request.disk.parents) {
    options.parents.emplace_back(parent);
  }
  open.served = TRY(open_served_disk(request.image, options));
  VolumeOptions volume = request.disk.options();
  volume.writable = true;
  return repair::Disk::open(open.served.device, std::move(volume));
}

// The volume that is meant where none is named.
Result<std::string> usual_volume(const repair::Disk& disk) {
  if (!disk.installations().empty()) return std::string("C:");
  std::string names;
  std::string last;
  for (std::uint32_t number : disk.volume_numbers()) {
    auto system = disk.file_system(number);
    if (!system || system->empty()) continue;
    last = fmt::format("{}:", number);
    names += (names.empty() ? "" : ", ") + last;
  }
  if (names == last && !last.empty()) return last;
  return Error(Errc::bad_argument,
               fmt::format("no Windows is on this disk; say which volume is meant "
                           "(--volume): {}",
                           names.empty() ? "there is none" : names));
}

Result<OpenVolume> open_volume_of(const MountRequest& request, Report& report) {
  OpenVolume open;
  if (request.overlay.empty()) {
    open.view = TRY(repair::open_view(request.image, request.disk.parent_paths()));
    report.track(open.view.file);
    note_image(open.view, report);
    open.disk = TRY(repair::open_disk(open.view, request.disk.options()));
  } else {
    open.disk = TRY(open_with_overlay(request, open));
  }
  std::string name = request.volume;
  if (name.empty()) name = TRY(usual_volume(*open.disk));
  repair::GuestPath root =
      TRY(open.disk->resolve(name + "\\", request.installation).in("--volume"));
  open.volume = TRY(open.disk->volume(root.partition).in(name));
  note_volume(*open.disk, root.partition, report);
  if (!request.overlay.empty()) TRY(open.volume->check_settle().in(name));
  open.shown = open.disk->show(root, request.installation);
  return open;
}

mount::MountOptions options_of(const MountRequest& request) {
  return {.writable = !request.overlay.empty(),
          .for_others = request.for_others,
          .source = request.image};
}

}  // namespace

struct Mounting::Impl {
  mount::MountPoint point;
};

Mounting::Mounting() = default;
Mounting::~Mounting() = default;

Result<std::vector<int>> Mounting::prepare(const MountRequest& request) {
  impl_ = std::make_unique<Impl>(
      Impl{TRY(mount::MountPoint::create(request.folder, options_of(request)))});
  return std::vector<int>{impl_->point.descriptor()};
}

Exit Mounting::mount(const MountRequest& request, Report& report) {
  auto open = open_volume_of(request, report);
  if (!open) return report.fail(std::move(open).error().in(request.image));
  json document = {{"image", request.image},
                   {"folder", request.folder},
                   {"volume", open->shown},
                   {"overlay", nullptr},
                   {"writable", !request.overlay.empty()}};
  if (!request.overlay.empty()) document["overlay"] = request.overlay;
  report.print(fmt::format("{} is at {}\n", open->shown, request.folder));
  report.document(std::move(document));
  report.finish();  // Whoever waits for it gets it now.
  std::fflush(stdout);
  report.note("Ctrl-C or umount ends it\n");
  Done done =
      mount::serve(*open->volume, impl_->point.descriptor(), options_of(request));
  if (done) done = open->disk->flush();
  return done ? Exit::done : report.fail(done.error());
}

void Mounting::end() { impl_.reset(); }

}  // namespace drydock::cli
