#include "ntfs/ntfs/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/details.h"
#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/path.h"
#include "ntfs/ntfs/security.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

class NtfsFile final : public File::Body {
 public:
  NtfsFile(std::shared_ptr<Mount> mount, StreamReference stream)
      : mount_(std::move(mount)), stream_(std::move(stream)) {}

  Result<DevicePtr> data() const override {
    return DevicePtr(TRY(mount_->data_of(stream_)));
  }
  Result<Details> details() const override {
    TRY(mount_->begin());
    return details_of(*mount_, stream_);
  }
  const std::shared_ptr<Mount>& mount() const { return mount_; }
  Reference reference() const { return stream_.file; }

 private:
  std::shared_ptr<Mount> mount_;
  StreamReference stream_;
};

class Volume final : public FileSystem {
 public:
  explicit Volume(std::shared_ptr<Mount> mount) : mount_(std::move(mount)) {}

  Result<VolumeFacts> facts() const override;
  Result<VolumeCondition> condition() const override { return mount_->condition(); }
  Done settle() override { return mount_->settle(); }
  Done check_settle() const override { return mount_->check_settle(); }
  const std::vector<Settlement>& settlements() const override {
    return mount_->settlements();
  }
  Result<File> find(std::string_view path) const override;
  Done list(const File& directory, const Visit& visit) const override;
  Done list_names(const File& directory, const VisitName& visit) const override;
  Result<File> create(std::string_view path) override {
    Reference made = TRY(ntfs::create(*mount_, path, Kind::file).in(path));
    return file_at({.file = made, .name = {}}).in(path);
  }
  Result<File> create_directory(std::string_view path) override {
    Reference made = TRY(ntfs::create(*mount_, path, Kind::directory).in(path));
    return file_at({.file = made, .name = {}}).in(path);
  }
  Done remove(std::string_view path) override {
    return ntfs::remove(*mount_, path).in(path);
  }
  Done rename(std::string_view from, std::string_view to) override {
    return ntfs::rename(*mount_, from, to);
  }
  Result<File> put(std::string_view path, Bytes content) override {
    return file_at(TRY(ntfs::put(*mount_, path, content).in(path))).in(path);
  }
  Done set_stat(std::string_view path, const Stat& stat) override {
    return ntfs::set_stat(*mount_, path, stat).in(path);
  }
  Done set_security(std::string_view path, Bytes descriptor) override {
    return ntfs::set_security(*mount_, path, descriptor).in(path);
  }
  Done flush() override { return mount_->flush(); }
  Done link(std::string_view from, std::string_view to) {
    return ntfs::link(*mount_, from, to);
  }

 private:
  Result<File> file_at(StreamReference stream) const;
  Result<Inode> open_directory(const File& directory) const;
  FileKind kind_of(const IndexedName& name) const;

  std::shared_ptr<Mount> mount_;
};

Result<std::string> label_of(Mount& mount) {
  Inode inode = TRY(Inode::open(mount, {.record = FILE_Volume}));
  auto name = TRY(Attribute::open(inode, le32_to_cpu(AT_VOLUME_NAME)));
  if (!name) return std::string();
  // Windows allows 32 letters.
  std::array<std::byte, 256> units{};
  s64 size = ntfs_attr_pread(name->get(), 0, units.size(), units.data());
  if (size < 0) return mount.failure("reading the label");
  return utf8_from_utf16le(Bytes(units).first(static_cast<std::size_t>(size)));
}

// Clusters that $Bitmap has as free.
Result<std::uint64_t> free_clusters(Mount& mount) {
  const BootSector& boot = mount.boot_sector();
  std::uint64_t left = boot.volume_size / boot.cluster_size;
  std::uint64_t used = 0;
  std::uint64_t count = left;
  std::vector<std::uint8_t> chunk(64 << 10);
  for (std::uint64_t offset = 0; left > 0; offset += chunk.size()) {
    std::uint64_t want =
        std::min<std::uint64_t>(chunk.size(), checked::div_up(left, 8));
    s64 got = ntfs_attr_pread(mount.volume()->lcnbmp_na, static_cast<s64>(offset),
                              static_cast<s64>(want), chunk.data());
    if (got < 0) return mount.failure("reading $Bitmap");
    if (static_cast<std::uint64_t>(got) != want) {
      return Error(Errc::corrupt,
                   fmt::format("$Bitmap ends at {}, and the volume has {} clusters",
                               offset + static_cast<std::uint64_t>(got), count));
    }
    std::uint64_t bits = std::min(left, want * 8);
    // Bits past the last cluster are set, and not of the volume.
    if (bits % 8 != 0) {
      chunk[bits / 8] &= static_cast<std::uint8_t>((1u << (bits % 8)) - 1);
    }
    for (std::uint64_t i = 0; i < want; ++i) used += std::popcount(chunk[i]);
    left -= bits;
  }
  return count - used;
}

Result<VolumeFacts> Volume::facts() const {
  TRY(mount_->begin());
  const BootSector& boot = mount_->boot_sector();
  std::string label = TRY(label_of(*mount_));
  std::uint64_t free_count = TRY(free_clusters(*mount_));
  return VolumeFacts{.file_system = "ntfs",
                     .label = std::move(label),
                     .serial = fmt::format("{:016x}", boot.serial_number),
                     .size = boot.volume_size,
                     .free = free_count * boot.cluster_size,
                     .cluster_size = boot.cluster_size,
                     .condition = mount_->condition()};
}

Result<File> Volume::file_at(StreamReference stream) const {
  Inode inode = TRY(Inode::open(*mount_, stream.file));
  Stat stat = TRY(stat_of(inode));
  stream.file = inode.reference();
  if (!stream.name.empty()) {
    auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream.name));
    if (!data) {
      return Error(Errc::not_found,
                   fmt::format("it has no stream \"{}\"", to_utf8(stream.name)));
    }
    stat.kind = FileKind::file;
    stat.size = static_cast<std::uint64_t>(std::max<s64>(data->get()->data_size, 0));
  }
  return File(stat, std::make_shared<NtfsFile>(mount_, std::move(stream)));
}

Result<File> Volume::find(std::string_view path) const {
  TRY(mount_->begin());
  return file_at(TRY(resolve(*mount_, path).in(path))).in(path);
}

Result<Inode> Volume::open_directory(const File& directory) const {
  const auto* body = dynamic_cast<const NtfsFile*>(directory.body().get());
  if (body == nullptr || body->mount() != mount_) {
    return Error(Errc::bad_argument, "this directory is of another volume");
  }
  TRY(mount_->begin());
  Inode inode = TRY(Inode::open(*mount_, body->reference()));
  if (!inode.is_directory()) return Error(Errc::bad_argument, "this isn't a directory");
  return inode;
}

// Of a reparse point, only the file itself says whether it is WOF's.
FileKind Volume::kind_of(const IndexedName& name) const {
  if (name.kind != FileKind::reparse_point) return name.kind;
  auto inode = Inode::open(*mount_, name.file);
  auto stat = inode ? stat_of(*inode) : Result<Stat>(Stat{.kind = name.kind});
  return stat ? stat->kind : name.kind;
}

Done Volume::list_names(const File& directory, const VisitName& visit) const {
  Inode inode = TRY(open_directory(directory));
  std::uint64_t itself = inode.reference().record;
  return visit_directory(inode, [&](IndexedName&& name) {
    // One that bites its own tail isn't opened twice.
    return visit(name.name, name.file.record == itself ? name.kind : kind_of(name));
  });
}

Done Volume::list(const File& directory, const Visit& visit) const {
  std::deque<IndexedName> names;
  {
    Inode inode = TRY(open_directory(directory));
    names = TRY(read_directory(inode));
  }
  for (IndexedName& name : names) {
    TRY(mount_->begin());  // `visit` may have used the volume.
    Entry entry{.name = std::move(name.name), .stat = {.id = name.file.pack()}};
    auto inode = Inode::open(*mount_, name.file);
    if (inode) {
      auto stat = stat_of(*inode);
      if (stat) {
        entry.stat = *stat;
      } else if (stat.error().code() == Errc::io) {
        return std::move(stat).error();
      }
    } else if (inode.error().code() != Errc::corrupt &&
               inode.error().code() != Errc::not_found) {
      return std::move(inode).error();
    }
    if (!visit(entry)) return {};
  }
  return {};
}

}  // namespace

Result<FileSystemPtr> open(DevicePtr partition, VolumeOptions options) {
  return FileSystemPtr(std::make_shared<Volume>(
      TRY(Mount::open(std::move(partition), std::move(options)))));
}

Done link(FileSystem& volume, std::string_view from, std::string_view to) {
  auto* ours = dynamic_cast<Volume*>(&volume);
  if (ours == nullptr) return Error(Errc::bad_argument, "this is no volume of NTFS");
  return ours->link(from, to);
}

}  // namespace drydock::ntfs
