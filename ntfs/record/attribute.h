// An attribute of a file record, taken apart: its name, and its value, or where
// its clusters are.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/record/file_record.h"
#include "ntfs/record/runs.h"

namespace drydock::ntfs {

struct RecordAttribute {
  AttributePlace place;
  std::uint16_t flags = 0;
  std::uint16_t id = 0;
  std::u16string name;
  bool resident = false;
  Bytes value;  // where it is resident; within the record

  // Where it isn't: this record's piece of it.
  std::uint64_t lowest_vcn = 0;
  std::uint64_t next_vcn = 0;  // the first that isn't in this piece
  Bytes pairs;                 // within the record
  // Of the whole, and only in the piece whose lowest VCN is 0.
  std::uint64_t allocated_size = 0;
  std::uint64_t data_size = 0;
  std::uint64_t valid_size = 0;

  std::uint32_t type() const { return place.type; }
  bool is(std::uint32_t other_type, std::u16string_view other_name) const {
    return type() == other_type && name == other_name;
  }
};

// "attribute 0xa0 $I30".
std::string describe(const RecordAttribute& attribute);

// The attribute at `place`, which attribute_places() gave.  corrupt where its name,
// value or mapping pairs don't lie within it.  `record` must outlive it.
Result<RecordAttribute> decode_attribute(Bytes record, const AttributePlace& place);

// All of a record's; corrupt where one of them is.
Result<std::vector<RecordAttribute>> decode_attributes(Bytes record);

// Its mapping pairs, decoded: corrupt as decode_runs() says, and where they don't
// describe as many clusters as its VCNs count.
Result<std::vector<Run>> runs_of(const RecordAttribute& attribute,
                                 std::uint64_t cluster_count,
                                 Holes holes = Holes::allow);

}  // namespace drydock::ntfs
