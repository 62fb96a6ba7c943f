#include "ntfs/ntfs/mount.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/messages.h"
#include "ntfs/record/mirror.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// What an honest volume needs for one call stays far below it: a directory of
// 20 million names, read block by block.  Going in circles so often takes a
// second or two.
constexpr std::uint64_t kReadsMax = 1 << 20;

constexpr ntfs_mount_flags kForensic = NTFS_MNT_RDONLY | NTFS_MNT_FORENSIC;

// A hiberfil.sys that isn't empty and is shorter than its own header is what
// libntfs-3g calls a hibernated non-system partition.
constexpr std::int64_t kHiberfileSizeMin = 4096;

Errc code_of(int number) {
  switch (number) {
    case ENOSPC:
      return Errc::no_space;
    case EROFS:
      return Errc::read_only;
    case EOPNOTSUPP:
    case EACCES:
      return Errc::unsupported;
    default:
      return Errc::corrupt;
  }
}

}  // namespace

Mount::Mount(Unfinished unfinished, VolumeOptions options, BootSector boot_sector)
    : options_(std::move(options)),
      boot_sector_(boot_sector),
      unfinished_(std::move(unfinished)),
      operations_(unfinished_.device()) {}

Mount::~Mount() {
  warm_.reset();
  if (volume_ != nullptr) ntfs_umount(volume_, FALSE);
}

Result<std::shared_ptr<Mount>> Mount::open(DevicePtr partition, VolumeOptions options) {
  std::array<std::byte, 512> sector{};
  if (partition->size() >= sector.size()) TRY(partition->read(0, sector));
  BootSector boot_sector = TRY(read_boot_sector(sector, partition->size()));
  keep_messages();
  Unfinished unfinished =
      TRY(Unfinished::examine(std::move(partition), options.unclean));
  std::shared_ptr<Mount> mount(
      new Mount(std::move(unfinished), std::move(options), boot_sector));
  TRY(mount->mount());
  TRY(mount->examine());
  if (mount->options_.unclean == Unclean::refuse && !mount->condition_.clean()) {
    return not_clean(mount->condition_);
  }
  return mount;
}

Done Mount::mount() {
  auto attempt = [this]() -> Done {
    operations_.begin(kReadsMax);
    forget_messages();
    struct ntfs_device* device = operations_.allocate();
    if (device == nullptr) return failure("mounting it");
    volume_ = ntfs_device_mount(device, kForensic);
    if (volume_ != nullptr) return {};
    Error error = failure("mounting it");
    ntfs_device_free(device);
    return error;
  };
  Done first = attempt();
  if (!first) {
    if (first.error().code() != Errc::corrupt) return first;
    // The library wants $MFT's mirror to equal it, which it needn't while
    // $LogFile holds changes to either.  Nobody reads the mirror otherwise, so
    // it may as well be shown as equal -- to a volume that won't be written.
    operations_.redirect({.offset = boot_sector_.mirror_offset,
                          .length = boot_sector_.mirror_size(),
                          .source = boot_sector_.mft_offset});
    if (!attempt()) return first;
    mirror_differs_ = true;
    TRY(examine_mirror());
  }
  ntfs_create_lru_caches(volume_);
  // Where this is off, the library makes plain what it empties to write anew.
  NVolSetCompression(volume_);
  return {};
}

// The library compares as many records as the mirror has room for, and Windows keeps
// no more than the first few up to date.
Done Mount::examine_mirror() {
  const BlockDevice& volume = *operations_.device();
  std::size_t size = kMirroredCount * boot_sector_.record_size;
  ByteVector records(size);
  ByteVector copies(size);
  TRY(volume.read(boot_sector_.mft_offset, records));
  TRY(volume.read(boot_sector_.mirror_offset, copies));
  for (std::size_t at = 0; at < size; at += boot_sector_.record_size) {
    auto one = [&](const ByteVector& all) {
      auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
      return ByteVector(begin, begin + boot_sector_.record_size);
    };
    if (compare_mirrored(one(records), one(copies)) == MirrorState::twins) continue;
    condition_.add(VolumeState::dirty, "its $MFTMirr differs from $MFT");
    mirror_torn_ = true;
    return {};
  }
  return {};
}

// Finds out how the volume was left.
Done Mount::examine() {
  TRY(begin());
  std::uint16_t flags = le16_to_cpu(volume_->flags);
  if ((flags & kVolumeIsDirty) != 0) {
    condition_.add(VolumeState::dirty,
                   "it is marked dirty, so Windows will run chkdsk at its next start");
  } else if ((flags & kChkdskUnderway) != 0) {
    condition_.add(VolumeState::dirty, "chkdsk was at work on it and did not end");
  }
  chkdsk_underway_ = (flags & kChkdskUnderway) != 0;
  {
    Inode log = TRY(Inode::open(*this, {.record = kLogFileRecord}));
    auto data = TRY(Attribute::open(log, le32_to_cpu(AT_DATA)));
    ByteVector start(kLogStartSize);
    s64 size = 0;
    if (data) {
      size = ntfs_attr_pread(data->get(), 0, kLogStartSize, start.data());
    }
    if (size < 0) return failure("reading $LogFile");
    start.resize(static_cast<std::size_t>(size));
    add_log_state(condition_, log_state(start));
  }
  if (condition_.has(VolumeState::log_unfinished)) {
    condition_.replay = unfinished_.replay();
    condition_.replay_problem = unfinished_.problem();
  }
  return examine_hibernation();
}

Done Mount::examine_hibernation() {
  Inode root = TRY(Inode::open(*this, {.record = kRootRecord}));
  auto found = TRY(look_up(root, u"hiberfil.sys"));
  TRY(root.close());
  if (!found) return {};
  Inode file = TRY(Inode::open(*this, *found));
  auto data = TRY(Attribute::open(file, le32_to_cpu(AT_DATA)));
  if (!data || data->get()->data_size == 0) return {};
  std::array<std::byte, 4> start{};
  if (ntfs_attr_pread(data->get(), 0, start.size(), start.data()) < 0) {
    return failure("reading hiberfil.sys");
  }
  if (is_hibernated(start) || data->get()->data_size < kHiberfileSizeMin) {
    condition_.add(VolumeState::hibernated,
                   "Windows is hibernated: its hiberfil.sys holds a system that "
                   "remembers what the volume says");
  }
  return {};
}

bool Mount::writable() const {
  return options_.writable && operations_.device()->writable();
}

Done Mount::begin() {
  operations_.begin(kReadsMax);
  forget_messages();
  return cool();
}

Done Mount::begin_change(std::uint64_t length) {
  TRY(settle());
  TRY(begin());
  // Finding room takes no more than a look at $Bitmap for each cluster.
  operations_.begin(kReadsMax + length / boot_sector_.sector_size);
  return {};
}

Result<OpenData*> Mount::warm(const StreamReference& stream) {
  if (warm_ && warm_->inode.reference() == stream.file && warm_->name == stream.name) {
    return warm_.get();
  }
  TRY(cool());
  warm_ = std::make_unique<OpenData>(TRY(open_data(*this, stream)));
  return warm_.get();
}

Done Mount::cool() {
  if (!warm_) return {};
  std::unique_ptr<OpenData> closing = std::move(warm_);
  return close(std::move(*closing));
}

Result<OpenData*> Mount::begin_data(const StreamReference& stream) {
  // A file's runs are a list: nothing in it can go in circles.
  operations_.begin(~std::uint64_t{0});
  forget_messages();
  return warm(stream);
}

Result<OpenData*> Mount::begin_data_change(const StreamReference& stream) {
  TRY(settle());
  return begin_data(stream);
}

Error Mount::failure(std::string_view doing) {
  int number = errno;
  if (auto error = operations_.take_error()) return std::move(*error).in(doing);
  std::string message = first_message();
  if (message.empty()) message = std::strerror(number);
  return Error(code_of(number), fmt::format("libntfs-3g says: {}", message)).in(doing);
}

Done Mount::flush() {
  if (!writable()) return {};
  TRY(begin());
  for (ntfs_inode* inode : {volume_->mft_ni, volume_->mftmirr_ni, volume_->lcnbmp_ni,
                            volume_->vol_ni, volume_->secure_ni}) {
    if (inode == nullptr || !(NInoDirty(inode) || NInoAttrListDirty(inode))) continue;
    if (ntfs_inode_sync(inode) != 0) {
      return failure(fmt::format("writing record {} of $MFT", inode->mft_no));
    }
  }
  if (ntfs_device_sync(volume_->dev) != 0) return failure("flushing the volume");
  return operations_.device()->flush();
}

Result<std::shared_ptr<DataDevice>> Mount::data_of(const StreamReference& stream) {
  DataKey key(stream.file.pack(), stream.name);
  if (auto found = data_.find(key); found != data_.end()) {
    if (auto held = found->second.lock()) return held;
  }
  std::erase_if(data_, [](const auto& entry) { return entry.second.expired(); });
  auto device = TRY(DataDevice::open(shared_from_this(), stream));
  data_[key] = device;
  return device;
}

void Mount::tell_replaced(const StreamReference& stream, std::uint64_t size) {
  auto found = data_.find(DataKey(stream.file.pack(), stream.name));
  if (found == data_.end()) return;
  if (auto held = found->second.lock()) held->replaced(size);
}

void Mount::tell_removed(Reference file) {
  for (auto& [key, data] : data_) {
    if (key.first != file.pack()) continue;
    if (auto held = data.lock()) held->replaced(0);
  }
}

}  // namespace drydock::ntfs
