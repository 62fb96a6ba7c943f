// Wounds for NTFS volumes: bytes of records, index blocks and files, changed where
// they lie.

#pragma once

#include <functional>
#include <string>

#include "ntfs/record/attribute.h"
#include "ntfs/record/file_table.h"
#include "vhd/block_device.h"

namespace drydock {

class NtfsPatch {
 public:
  // Of the NTFS volume in `device`, which must outlive it.
  explicit NtfsPatch(BlockDevice& device);

  std::uint32_t record_size() const { return boot_.record_size; }
  std::uint32_t cluster_size() const { return boot_.cluster_size; }
  const ntfs::BootSector& boot() const { return boot_; }

  ByteVector record(std::uint64_t number) const;
  // Where the record lies in the volume, in bytes.
  std::uint64_t place_of(std::uint64_t number) const;

  using Change = std::function<void(MutableBytes)>;
  // Changes a record's bytes with its fixups off; the mirror's copy, if it has one,
  // too.
  void change_record(std::uint64_t number, const Change& change);
  // The value of a resident attribute; or its header and all.
  void change_value(std::uint64_t number, std::uint32_t type, const Change& change);
  void change_attribute(std::uint64_t number, std::uint32_t type, const Change& change,
                        std::u16string_view name = u"");
  // `size` bytes at `offset` of an attribute that has clusters.
  void change_data(std::uint64_t number, std::uint32_t type, std::u16string_view name,
                   std::uint64_t offset, std::size_t size, const Change& change);
  // A block of the directory's index, with its fixups off.
  void change_block(std::uint64_t number, std::uint64_t block, const Change& change);

  // The first cluster of the attribute.
  std::uint64_t cluster_of(std::uint64_t number, std::uint32_t type,
                           std::u16string_view name = u"") const;

 private:
  ntfs::FileTable table() const;
  ntfs::AttributeData data(std::uint64_t number, std::uint32_t type,
                           std::u16string_view name) const;
  BlockDevice& device_;
  ntfs::BootSector boot_;
};

}  // namespace drydock
