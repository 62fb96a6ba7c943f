// What a walk over a volume's records and directories says of files that are told
// of in more than one place: a name in a record and in a directory, a record in a
// list and in itself.  The walk says each; a Witness compares.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ntfs/record/attribute.h"
#include "ntfs/record/reference.h"

namespace drydock::ntfs {

class Witness {
 public:
  virtual ~Witness() = default;

  // A $FILE_NAME of `file`: it is called `name` in `directory`.
  virtual void name(Reference file, Reference directory, std::u16string_view name) = 0;
  // An entry of the index of `directory`.
  virtual void entry(Reference directory, Reference file, std::u16string_view name) = 0;
  // How many names the record of `file` counts.
  virtual void links(Reference file, std::uint16_t count) = 0;
  // The record `extension` says that it belongs to `file`.
  virtual void extension(Reference extension, Reference file) = 0;
  // `file` lists attributes that are in the record `extension`.
  virtual void listed(Reference extension, Reference file) = 0;
  // Clusters of an attribute; never a hole.
  virtual void clusters(std::uint64_t record, const RecordAttribute& attribute,
                        Run run) = 0;
};

}  // namespace drydock::ntfs
