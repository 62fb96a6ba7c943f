// Makes the copies that copy, move, xcopy and robocopy ask for, and settles in
// between, so that what waits to be written stays little.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "repair/script/machine.h"
#include "repair/script/named.h"

namespace drydock::script {

// What a copy has of its source beside bytes and streams.
struct CopyRules {
  bool created = false;  // when it was made; the time of the last change
  bool modified = true;
  bool attributes = true;  // read-only, hidden, system, archive
  bool read_only = true;   // that one of them
  bool archived = true;    // it is marked for the next backup
  bool security = false;   // owner and rights; else those of its folder's files
  // Whether a file that is there may be replaced though it is read-only.
  bool over_read_only = false;
};

class Copier {
 public:
  // Settles the machine first.
  static Result<Copier> begin(Machine& machine, CopyRules rules = {});

  // Plans a copy; false where it is left out, with a note: reparse points are.
  // bad_argument where `to` is a folder, the file itself, or read-only.
  Result<bool> copy(const Named& from, const repair::GuestPath& to);
  // Plans this folder, and those on the way to it, as far as they aren't there.
  Done make_folder(const repair::GuestPath& folder);

  // As it was before, but for what was settled since.
  const repair::Disk& disk() const { return *disk_; }

 private:
  Copier(Machine& machine, const repair::Disk& disk, CopyRules rules)
      : machine_(&machine), disk_(&disk), rules_(rules) {}

  Done check_target(const Named& from, const std::optional<Named>& there,
                    const repair::GuestPath& to) const;
  Result<repair::FileFacts> facts_of(const File& file, const Named& from,
                                     const std::optional<Named>& there,
                                     const repair::GuestPath& to);
  Result<ByteVector> read(const File& file);
  Done settle_if_much();

  Machine* machine_;
  const repair::Disk* disk_;
  CopyRules rules_;
  std::uint64_t held_size_ = 0;
  std::size_t held_count_ = 0;
  std::set<std::pair<std::uint32_t, std::string>> made_;  // folders, in lower case
};

// The folders on the way to `folder`, and it, that aren't there, the outermost
// first.  bad_argument where a file is in the way.
Result<std::vector<repair::GuestPath>> missing_folders(const repair::Disk& disk,
                                                       const repair::GuestPath& folder);

}  // namespace drydock::script
