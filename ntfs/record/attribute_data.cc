#include "ntfs/record/attribute_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

Result<AttributeData> AttributeData::create(const BlockDevice& volume,
                                            const BootSector& boot,
                                            const RecordAttribute& first) {
  AttributeData data(volume, boot);
  data.resident_ = first.resident;
  if (first.resident) {
    data.value_.assign(first.value.begin(), first.value.end());
    data.size_ = data.valid_size_ = data.value_.size();
    return data;
  }
  data.size_ = first.data_size;
  data.valid_size_ = std::min(first.valid_size, first.data_size);
  TRY(data.append(first));
  return data;
}

Done AttributeData::append(const RecordAttribute& piece) {
  if (resident_ || piece.resident || piece.lowest_vcn != mapped_count_) {
    return Error(Errc::corrupt,
                 fmt::format("a piece begins with VCN {}, the one before ends at {}",
                             piece.lowest_vcn, mapped_count_));
  }
  for (const Run& run : TRY(runs_of(piece, cluster_count_))) {
    pieces_.push_back({.start = mapped_count_, .run = run});
    mapped_count_ += run.count;
    has_holes_ |= run.lcn == kHole;
  }
  return {};
}

std::uint64_t AttributeData::mapped_size() const {
  if (resident_) return size_;
  return checked::mul(mapped_count_, cluster_size_).value_or(UINT64_MAX);
}

const AttributeData::Piece* AttributeData::piece_at(std::uint64_t cluster) const {
  auto after = std::ranges::upper_bound(pieces_, cluster, {}, &Piece::start);
  if (after == pieces_.begin()) return nullptr;
  const Piece& piece = *std::prev(after);
  return cluster - piece.start < piece.run.count ? &piece : nullptr;
}

Done AttributeData::read_piece(const Piece& piece, std::uint64_t offset,
                               MutableBytes into) const {
  if (piece.run.lcn == kHole || offset >= valid_size_) {
    std::ranges::fill(into, std::byte{0});
    return {};
  }
  std::uint64_t valid = std::min<std::uint64_t>(into.size(), valid_size_ - offset);
  std::uint64_t within = offset - piece.start * cluster_size_;
  TRY(volume_->read(piece.run.lcn * cluster_size_ + within, into.first(valid)));
  std::ranges::fill(into.subspan(valid), std::byte{0});
  return {};
}

Done AttributeData::read(std::uint64_t offset, MutableBytes into) const {
  if (!checked::within(offset, into.size(), size_)) {
    return Error(Errc::bad_argument, fmt::format("{} bytes at {} of an attribute of {}",
                                                 into.size(), offset, size_));
  }
  if (resident_) {
    std::ranges::copy(Bytes(value_).subspan(offset, into.size()), into.begin());
    return {};
  }
  for (std::size_t done = 0; done < into.size();) {
    std::uint64_t at = offset + done;
    const Piece* piece = piece_at(at / cluster_size_);
    if (piece == nullptr) {
      return Error(Errc::corrupt, fmt::format("its mapping doesn't reach byte {}", at));
    }
    std::uint64_t left = (piece->start + piece->run.count) * cluster_size_ - at;
    std::size_t part = std::min<std::uint64_t>(into.size() - done, left);
    TRY(read_piece(*piece, at, into.subspan(done, part)));
    done += part;
  }
  return {};
}

Result<ByteVector> AttributeData::read_all(std::uint64_t size_max) const {
  ByteVector bytes(std::min(size_, size_max));
  TRY(read(0, bytes));
  return bytes;
}

std::optional<std::uint64_t> AttributeData::locate(std::uint64_t offset) const {
  const Piece* piece = resident_ ? nullptr : piece_at(offset / cluster_size_);
  if (piece == nullptr || piece->run.lcn == kHole) return std::nullopt;
  return piece->run.lcn * cluster_size_ + (offset - piece->start * cluster_size_);
}

std::vector<AttributeData::Part> AttributeData::parts_at(std::uint64_t offset,
                                                         std::uint64_t length) const {
  std::vector<Part> parts;
  for (const Piece& piece : pieces_) {
    if (piece.run.lcn == kHole) continue;
    std::uint64_t start = piece.run.lcn * cluster_size_;
    std::uint64_t end = start + piece.run.count * cluster_size_;
    std::uint64_t first = std::max(start, offset);
    std::uint64_t last = std::min(end, offset + length);
    if (first >= last) continue;
    parts.push_back({.offset = piece.start * cluster_size_ + (first - start),
                     .length = last - first});
  }
  return parts;
}

}  // namespace drydock::ntfs
