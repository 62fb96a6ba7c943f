// A VHDX file as it will be once its log is replayed, over the file as it is.
//
// It is read-only: what is shown here is nowhere but in memory.

#pragma once

#include "vhd/block_device.h"
#include "vhd/vhdx/log.h"

namespace drydock::vhdx {

class ReplayedFile final : public BlockDevice {
 public:
  ReplayedFile(DevicePtr file, Replay replay)
      : file_(std::move(file)), replay_(std::move(replay)) {}

  const Replay& replay() const { return replay_; }

  std::uint64_t size() const override { return replay_.file_size; }
  std::uint32_t sector_size() const override { return file_->sector_size(); }
  bool writable() const override { return false; }

 private:
  // A stretch that is all of one kind.
  struct Piece {
    std::uint64_t end = 0;
    const ByteVector* page = nullptr;  // what is there, for a page of the log
    bool zero = false;
  };
  Piece piece_at(std::uint64_t offset) const;
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override { return {}; }
  Result<Extent> do_extent(std::uint64_t offset) const override;

  DevicePtr file_;
  Replay replay_;
};

}  // namespace drydock::vhdx
