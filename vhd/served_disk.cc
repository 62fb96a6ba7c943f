#include "vhd/served_disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/chain.h"
#include "vhd/create.h"
#include "vhd/overlay.h"
#include "vhd/partition/table.h"
#include "vhd/slice.h"

namespace drydock {

namespace {

namespace fs = std::filesystem;

Done make_overlay(const fs::path& overlay, const fs::path& image,
                  const ServeOptions& options) {
  Chain parent =
      TRY(open_chain(TRY(FileDevice::open(image)), {.parents = options.parents}));
  ImageFacts facts = parent.image->facts();
  if (facts.format == ImageFormat::raw) {
    return Error(Errc::unsupported,
                 fmt::format("a raw image has no place for what a child must know of "
                             "it; convert it, or let the writes go to {}",
                             kMemoryOverlay));
  }
  CreateOptions create;
  create.format = facts.format;
  create.kind = ImageKind::differencing;
  create.parent = parent.image;
  create.parent_link = TRY(link_to_parent(image, overlay));
  auto file = TRY(FileDevice::open(overlay, {.writable = true, .create = true}));
  Done made = create_image(*file, create);
  if (!made) {
    file.reset();
    std::error_code ignored;
    fs::remove(overlay, ignored);
  }
  return made;
}

Result<ServedDisk> open_whole(const fs::path& image, const ServeOptions& options) {
  bool in_file = options.overlay && *options.overlay != fs::path(kMemoryOverlay);
  ChainOptions chain_options;
  chain_options.parents = options.parents;
  fs::path top = image;
  if (in_file) {
    top = *options.overlay;
    std::error_code unseen;
    if (!fs::exists(top, unseen)) {
      TRY(make_overlay(top, image, options).in(top.string()));
    }
    chain_options.writable = true;
    chain_options.parents.insert(chain_options.parents.begin(), image);
  }
  auto file = TRY(FileDevice::open(top, {.writable = in_file}));
  Chain chain = TRY(open_chain(std::move(file), std::move(chain_options)));
  if (in_file && chain.files.size() < 2) {
    return Error(Errc::bad_argument, "it isn't a differencing image").in(top.string());
  }
  ServedDisk disk{.files = std::move(chain.files), .device = std::move(chain.image)};
  if (options.overlay && !in_file) {
    disk.device = std::make_shared<Overlay>(std::move(disk.device));
  }
  return disk;
}

}  // namespace

Result<ServedDisk> open_served_disk(const fs::path& image,
                                    const ServeOptions& options) {
  ServedDisk disk = TRY(open_whole(image, options));
  if (!options.partition) return disk;
  partition::Table table = TRY(partition::read_table(*disk.device).in(image.string()));
  auto found = std::ranges::find(table.partitions, *options.partition,
                                 &partition::Partition::number);
  if (found == table.partitions.end()) {
    return Error(Errc::not_found,
                 fmt::format("the disk has no partition {}", *options.partition))
        .in(image.string());
  }
  disk.device = TRY(Slice::create(disk.device, found->offset, found->size));
  return disk;
}

}  // namespace drydock
