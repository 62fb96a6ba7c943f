#include "ntfs/wof/expanded_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ntfs/wof/decompressor.h"
#include "ntfs/wof/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::wof {

namespace {

// Chunks that are kept expanded: enough for a reader that goes through a hive's
// header and two or three of its bins in turn.
constexpr std::size_t kKeptChunkCount = 16;
// Of the table, what is read at once.
constexpr std::uint64_t kTablePartSize = 16 << 10;

class ExpandedDevice final : public BlockDevice {
 public:
  ExpandedDevice(DevicePtr stream, std::uint64_t size, std::uint32_t chunk_size,
                 std::unique_ptr<Decompressor> decompressor)
      : stream_(std::move(stream)),
        size_(size),
        chunk_size_(chunk_size),
        end_size_(size > format::kShortEndsMax ? 8 : 4),
        table_size_(size == 0 ? 0 : (chunk_count() - 1) * end_size_),
        decompressor_(std::move(decompressor)) {}

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return stream_->sector_size(); }
  bool writable() const override { return false; }

  Done check_table() const;

 private:
  struct Kept {
    std::optional<std::uint64_t> chunk = std::nullopt;
    ByteVector bytes = {};
  };

  std::uint64_t chunk_count() const { return checked::div_up(size_, chunk_size_); }
  std::uint64_t length_of(std::uint64_t chunk) const {
    return std::min<std::uint64_t>(chunk_size_, size_ - chunk * chunk_size_);
  }
  Result<std::uint64_t> end_of(std::uint64_t chunk) const;
  Done decode(std::uint64_t chunk, MutableBytes into) const;
  Done expand_chunk(std::uint64_t chunk, MutableBytes into) const;
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t, Bytes) override {
    return Error(Errc::read_only, "a file that WOF compressed is replaced as a whole");
  }
  Done do_flush() override { return {}; }

  DevicePtr stream_;
  std::uint64_t size_;
  std::uint32_t chunk_size_;
  std::uint64_t end_size_;  // of one end in the table
  std::uint64_t table_size_;
  std::unique_ptr<Decompressor> decompressor_;
  // A part of the table, and where in it that begins.
  mutable ByteVector ends_;
  mutable std::uint64_t ends_offset_ = 0;
  mutable ByteVector compressed_;
  mutable std::array<Kept, kKeptChunkCount> kept_;  // chunk N at N % its size
};

Done ExpandedDevice::check_table() const {
  if (table_size_ <= stream_->size()) return {};
  return Error(Errc::corrupt,
               fmt::format("a stream of {} bytes can't hold the ends of {} "
                           "chunks",
                           stream_->size(), chunk_count()));
}

// Where the chunk ends, counted from the table's end.
Result<std::uint64_t> ExpandedDevice::end_of(std::uint64_t chunk) const {
  if (chunk + 1 == chunk_count()) return stream_->size() - table_size_;
  std::uint64_t at = chunk * end_size_;
  if (!checked::within(at, end_size_, ends_offset_ + ends_.size()) ||
      at < ends_offset_) {
    ends_offset_ = at / kTablePartSize * kTablePartSize;
    ends_.resize(std::min(kTablePartSize, table_size_ - ends_offset_));
    TRY(stream_->read(ends_offset_, ends_));
  }
  std::size_t place = static_cast<std::size_t>(at - ends_offset_);
  return end_size_ == 8 ? std::uint64_t{*load<le64>(ends_, place)}
                        : std::uint64_t{*load<le32>(ends_, place)};
}

Done ExpandedDevice::decode(std::uint64_t chunk, MutableBytes into) const {
  std::uint64_t start = chunk == 0 ? 0 : TRY(end_of(chunk - 1));
  std::uint64_t end = TRY(end_of(chunk));
  if (end > stream_->size() - table_size_ || start >= end ||
      end - start > into.size()) {
    return Error(Errc::corrupt,
                 fmt::format("it is said to lie from {} to {} of {} bytes", start, end,
                             stream_->size() - table_size_));
  }
  // What wouldn't become smaller is stored as it is.
  if (end - start == into.size()) return stream_->read(table_size_ + start, into);
  compressed_.resize(end - start);
  TRY(stream_->read(table_size_ + start, compressed_));
  return decompressor_->decompress(compressed_, into);
}

Done ExpandedDevice::expand_chunk(std::uint64_t chunk, MutableBytes into) const {
  Done done = decode(chunk, into);
  if (done) return done;
  return std::move(done).in(fmt::format("chunk {} of WofCompressedData", chunk));
}

Done ExpandedDevice::do_read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    std::uint64_t chunk = offset / chunk_size_;
    std::uint64_t from = offset % chunk_size_;
    std::uint64_t length = length_of(chunk);
    std::size_t part = std::min<std::uint64_t>(length - from, into.size());
    Kept& kept = kept_[chunk % kept_.size()];
    if (kept.chunk != chunk && part == length) {
      TRY(expand_chunk(chunk, into.first(part)));
    } else {
      if (kept.chunk != chunk) {
        kept.chunk.reset();
        kept.bytes.resize(length);
        TRY(expand_chunk(chunk, kept.bytes));
        kept.chunk = chunk;
      }
      std::ranges::copy(Bytes(kept.bytes).subspan(from, part), into.begin());
    }
    offset += part;
    into = into.subspan(part);
  }
  return {};
}

}  // namespace

Result<DevicePtr> expand(DevicePtr stream, std::uint64_t size,
                         Compression compression) {
  auto device =
      std::make_shared<ExpandedDevice>(std::move(stream), size, chunk_size(compression),
                                       TRY(make_decompressor(compression)));
  TRY(device->check_table());
  return DevicePtr(std::move(device));
}

}  // namespace drydock::wof
