// What xcopy and robocopy have in common: a folder whose names go to another one.

#pragma once

#include <string>
#include <vector>

#include "repair/guest_path.h"
#include "repair/script/machine.h"
#include "repair/script/named.h"

namespace drydock::script {

// One name below a source folder.
struct TreeItem {
  Named named;
  std::string below;  // behind the folder's own path: "b\c"
};

// Those in `folder`, and where it is asked for all below; folders first, each before
// what is in it.
enum class Depth : std::uint8_t { names, all };
Result<std::vector<TreeItem>> items_in(Machine& machine,
                                       const repair::GuestPath& folder, Depth depth);

// Where an item goes.
repair::GuestPath below(const repair::GuestPath& folder, const std::string& path);

// bad_argument where `target` is `source`, or in it: copying all below would not end.
Done check_not_cyclic(const repair::GuestPath& source, const repair::GuestPath& target);

// How far apart two times of a copy may be: FAT counts two seconds for one.
Result<FileTime> tick_between(const repair::Disk& disk, const repair::GuestPath& a,
                              const repair::GuestPath& b);

// Whether `path` is one of these folders, or below one.
bool is_in_any(const repair::GuestPath& path,
               const std::vector<repair::GuestPath>& folders);

}  // namespace drydock::script
