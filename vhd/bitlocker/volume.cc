#include "vhd/bitlocker/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/bitlocker/format.h"
#include "vhd/bitlocker/layout.h"
#include "vhd/bitlocker/sector_cipher.h"

namespace drydock::bitlocker {

namespace {

// So much is read or written below at once: it fits into a processor's cache.
constexpr std::uint64_t kPieceSize = 128 * 1024;

// Where an NTFS boot sector has the cluster of $MFTMirr, and its name.
constexpr std::size_t kMftMirrorOffset = 0x38;
constexpr std::size_t kNameOffset = 3;
constexpr std::string_view kNtfsName = "NTFS    ";

// What a boot sector of any file system ends with.
constexpr le16 kBootMark = 0xAA55;
constexpr std::size_t kBootMarkOffset = 510;

// Why the volume can be read and not written; "" where it can be.
std::string why_read_only(const Metadata& metadata) {
  if (metadata.version == 1) return "BitLocker of Windows Vista wrote this volume";
  if (metadata.encrypts_on_write) {
    return "BitLocker encrypts this volume as it is written";
  }
  if (metadata.state != State::encrypted) {
    return fmt::format("BitLocker's conversion of this volume is {}, not at its end",
                       to_string(metadata.state));
  }
  return {};
}

}  // namespace

struct Volume::Impl {
  DevicePtr below;
  Metadata metadata;
  std::vector<Stretch> stretches;
  std::unique_ptr<SectorCipher> cipher;
  std::string read_only;  // why

  const Stretch& at(std::uint64_t offset) const {
    auto next = std::ranges::upper_bound(stretches, offset, {}, &Stretch::offset);
    return *(next - 1);  // the first begins at 0
  }

  // Whole sectors that lie within `stretch`.
  Done read_sectors(const Stretch& stretch, std::uint64_t offset,
                    MutableBytes into) const;
  Done write_sectors(const Stretch& stretch, std::uint64_t offset,
                     MutableBytes sectors);

  template <class Use>
  Done each_piece(std::uint64_t offset, std::uint64_t size, Use use) const;
};

// Calls use(stretch, sector_offset, sectors_size, offset, size) for every piece of
// [offset, offset + size): the piece, and the whole sectors that it lies in.
template <class Use>
Done Volume::Impl::each_piece(std::uint64_t offset, std::uint64_t size, Use use) const {
  std::uint64_t unit = metadata.sector_size;
  for (std::uint64_t end = offset + size; offset < end;) {
    const Stretch& stretch = at(offset);
    std::uint64_t first = offset / unit * unit;
    std::uint64_t stop =
        std::min({end, stretch.offset + stretch.size, first + kPieceSize});
    std::uint64_t last = (stop + unit - 1) / unit * unit;
    TRY(use(stretch, first, last - first, offset, stop - offset));
    offset = stop;
  }
  return {};
}

Done Volume::Impl::read_sectors(const Stretch& stretch, std::uint64_t offset,
                                MutableBytes into) const {
  if (stretch.kind == Stretch::Kind::zeros) {
    std::ranges::fill(into, std::byte{0});
    return {};
  }
  std::uint64_t target = stretch.target + (offset - stretch.offset);
  TRY(below->read(target, into));
  if (stretch.kind == Stretch::Kind::encrypted) return cipher->decrypt(target, into);
  if (stretch.kind == Stretch::Kind::vista_boot) {
    le64 mirror = metadata.mft_mirror;
    std::memcpy(into.data() + kNameOffset, kNtfsName.data(), kNtfsName.size());
    std::memcpy(into.data() + kMftMirrorOffset, &mirror, sizeof(mirror));
  }
  return {};
}

Done Volume::Impl::write_sectors(const Stretch& stretch, std::uint64_t offset,
                                 MutableBytes sectors) {
  std::uint64_t target = stretch.target + (offset - stretch.offset);
  if (stretch.kind == Stretch::Kind::encrypted) TRY(cipher->encrypt(target, sectors));
  return below->write(target, sectors);
}

Volume::Volume(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Volume::~Volume() = default;

Result<std::shared_ptr<Volume>> Volume::open(DevicePtr below, const KeyRing& ring) {
  auto impl = std::make_unique<Impl>();
  impl->metadata = TRY(read_metadata(*below));
  const Metadata& metadata = impl->metadata;
  if (metadata.has_bitmaps) {
    return Error(
        Errc::unsupported,
        "the volume is encrypted as it is written (encrypt-on-write), and only "
        "Windows reads its bitmaps of what is");
  }
  if (metadata.state == State::converting && metadata.converting_size > 0) {
    return Error(
        Errc::unsupported,
        fmt::format("{} bytes of the volume were being converted when the power "
                    "went: Windows has to finish that",
                    metadata.converting_size));
  }
  impl->stretches = TRY(layout_of(metadata));
  VolumeKey key = TRY(ring.unlock(metadata));
  impl->cipher = TRY(SectorCipher::create(key, metadata.sector_size));
  impl->below = std::move(below);
  impl->read_only = why_read_only(metadata);
  std::shared_ptr<Volume> volume(new Volume(std::move(impl)));
  if (!volume->metadata().encrypts_on_write) return volume;
  // Its bitmaps are gone: all of it is encrypted, or nobody knows what.
  le16 mark;
  TRY(volume->read(kBootMarkOffset, std::as_writable_bytes(std::span(&mark, 1))));
  if (mark == kBootMark) return volume;
  return Error(Errc::unsupported,
               "the volume is encrypted as it is written (encrypt-on-write), and the "
               "bitmaps of what is are missing");
}

const Metadata& Volume::metadata() const { return impl_->metadata; }
std::uint64_t Volume::size() const { return impl_->metadata.size; }
std::uint32_t Volume::sector_size() const { return impl_->metadata.sector_size; }
bool Volume::writable() const { return impl_->below->writable(); }

Done Volume::do_read(std::uint64_t offset, MutableBytes into) const {
  std::uint64_t start = offset;
  ByteVector sectors;
  return impl_->each_piece(
      offset, into.size(),
      [&](const Stretch& stretch, std::uint64_t first, std::uint64_t sectors_size,
          std::uint64_t at, std::uint64_t size) -> Done {
        MutableBytes wanted = into.subspan(at - start, size);
        if (size == sectors_size) return impl_->read_sectors(stretch, first, wanted);
        sectors.resize(sectors_size);
        TRY(impl_->read_sectors(stretch, first, sectors));
        std::memcpy(wanted.data(), sectors.data() + (at - first), size);
        return {};
      });
}

Done Volume::do_write(std::uint64_t offset, Bytes from) {
  if (!impl_->read_only.empty()) {
    return Error(Errc::read_only,
                 fmt::format("{}: it is read, not written", impl_->read_only));
  }
  // Before anything is written, all of it is looked at.
  TRY(impl_->each_piece(
      offset, from.size(),
      [](const Stretch& stretch, std::uint64_t, std::uint64_t, std::uint64_t at,
         std::uint64_t) -> Done {
        if (stretch.kind != Stretch::Kind::zeros) return {};
        return Error(
            Errc::read_only,
            fmt::format("the bytes at {:#x} of the volume are BitLocker's own", at));
      }));
  std::uint64_t start = offset;
  ByteVector sectors;
  return impl_->each_piece(
      offset, from.size(),
      [&](const Stretch& stretch, std::uint64_t first, std::uint64_t sectors_size,
          std::uint64_t at, std::uint64_t size) -> Done {
        sectors.resize(sectors_size);
        if (size != sectors_size) TRY(impl_->read_sectors(stretch, first, sectors));
        std::memcpy(sectors.data() + (at - first), from.data() + (at - start), size);
        return impl_->write_sectors(stretch, first, sectors);
      });
}

Done Volume::do_flush() { return impl_->below->flush(); }

// Zeros below are something else here.
Result<Extent> Volume::do_extent(std::uint64_t offset) const {
  const Stretch& stretch = impl_->at(offset);
  return Extent{.length = stretch.offset + stretch.size - offset,
                .zero = stretch.kind == Stretch::Kind::zeros};
}

}  // namespace drydock::bitlocker
