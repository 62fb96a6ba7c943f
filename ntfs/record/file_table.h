// $MFT: the table of all file records, found from the boot sector alone.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/record/attribute_data.h"
#include "ntfs/record/attribute_list.h"

namespace drydock::ntfs {

class FileTable {
 public:
  // `volume` is borrowed.  Record 0 is read where the boot sector says, or where it
  // is torn there, from the mirror.  corrupt where neither can be believed.
  static Result<FileTable> open(const BlockDevice& volume, const BootSector& boot);

  const BlockDevice& volume() const { return *volume_; }
  const BootSector& boot() const { return boot_; }
  const AttributeData& data() const { return data_; }
  // Whether record 0 had to be taken from the mirror.
  bool from_mirror() const { return from_mirror_; }

  // Records that were ever written; what lies behind them is unused.
  std::uint64_t record_count() const { return record_count_; }
  std::uint64_t cluster_count() const { return boot_.volume_size / boot_.cluster_size; }

  // As it lies on the disk.
  Done read_raw(std::uint64_t number, MutableBytes into) const;

  // With its fixups taken off; corrupt where it is torn, or isn't a record at all.
  Result<ByteVector> read(std::uint64_t number) const;

  // The entries of a base record's $ATTRIBUTE_LIST; none where it has none.
  Result<std::vector<ListedAttribute>> list_of(Bytes base) const;

  // All of an attribute of the file whose base record is `base`; nothing where it
  // has no such attribute.
  Result<std::optional<AttributeData>> find(Bytes base, std::uint32_t type,
                                            std::u16string_view name) const;

 private:
  FileTable(const BlockDevice& volume, const BootSector& boot, AttributeData data)
      : volume_(&volume), boot_(boot), data_(std::move(data)) {
    count_records();
  }
  void count_records();
  Done read_pieces(Bytes base, AttributeData& data) const;
  Result<RecordAttribute> listed(const ListedAttribute& entry,
                                 ByteVector& record) const;

  const BlockDevice* volume_;
  BootSector boot_;
  AttributeData data_;
  std::uint64_t record_count_ = 0;
  bool from_mirror_ = false;
};

}  // namespace drydock::ntfs
