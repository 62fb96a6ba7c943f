// The bytes of an attribute, wherever its pieces are: in its record, or in clusters
// that one record or many tell of.  For reading NTFS's own structures; compressed
// bytes are given as they lie.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/record/attribute.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

class AttributeData {
 public:
  // Of `first`, the piece whose lowest VCN is 0, or a resident attribute.  `volume`
  // is borrowed.  corrupt as runs_of() says.
  static Result<AttributeData> create(const BlockDevice& volume, const BootSector& boot,
                                      const RecordAttribute& first);

  // Adds the next piece; corrupt where it isn't the next.
  Done append(const RecordAttribute& piece);

  std::uint64_t size() const { return size_; }  // in bytes
  // In bytes: what lies behind reads as zeros.
  std::uint64_t valid_size() const { return valid_size_; }
  // How far the pieces go, in bytes; all of it for a resident attribute.
  std::uint64_t mapped_size() const;
  bool has_holes() const { return has_holes_; }
  bool resident() const { return resident_; }

  // bad_argument past size(); corrupt where no piece tells of the bytes.
  Done read(std::uint64_t offset, MutableBytes into) const;

  // The first `size_max` bytes, or all.
  Result<ByteVector> read_all(std::uint64_t size_max) const;

  // Where on the volume the byte at `offset` is; nothing where it is in a hole, in
  // a record, or not mapped.
  std::optional<std::uint64_t> locate(std::uint64_t offset) const;

  // The reverse: which bytes of the attribute lie in `length` bytes of the volume
  // from `offset` on.
  struct Part {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  std::vector<Part> parts_at(std::uint64_t offset, std::uint64_t length) const;

 private:
  struct Piece {
    std::uint64_t start = 0;  // in clusters, of the attribute
    Run run;
  };
  AttributeData(const BlockDevice& volume, const BootSector& boot)
      : volume_(&volume),
        cluster_size_(boot.cluster_size),
        cluster_count_(boot.volume_size / boot.cluster_size) {}
  const Piece* piece_at(std::uint64_t cluster) const;
  Done read_piece(const Piece& piece, std::uint64_t offset, MutableBytes into) const;

  const BlockDevice* volume_;
  std::uint32_t cluster_size_;
  std::uint64_t cluster_count_;
  std::uint64_t size_ = 0;
  std::uint64_t valid_size_ = 0;
  std::uint64_t mapped_count_ = 0;  // in clusters
  bool resident_ = false;
  bool has_holes_ = false;
  ByteVector value_;  // of a resident one
  std::vector<Piece> pieces_;
};

}  // namespace drydock::ntfs
