// What a story does to a disk: the cures of its `repair`, or the edits of its
// `change`, as one transaction.
//
//   change:
//     - { put: 'C:\Windows\System32\drivers\new.sys', text: 'a driver' }
//     - { put: 'esp:\EFI\new.efi', lines: 3000 }
//     - { mkdir: 'C:\Tools' }
//     - { mv: 'C:\Windows\win.ini', to: 'C:\Tools\win.ini' }
//     - { rm: 'C:\Windows\win.ini' }

#pragma once

#include <string>
#include <vector>

#include "harness/yaml.h"
#include "repair/plan.h"
#include "repair/transaction.h"

namespace drydock::scenarios {

struct Change {
  enum class Verb : std::uint8_t { put, make_folder, move, remove };

  Verb verb = Verb::put;
  std::string path;  // as a guest path is written
  std::string to;    // of a move
  std::string text;  // of a put
};

// bad_argument, naming the place, for what isn't a change.
Result<Change> read_change(const harness::Yaml& node);

// What `text: TEXT` or `lines: COUNT` of a map stands for; lines can be compressed.
Result<std::string> read_text(const harness::Yaml& node);

// The edits that `changes` come to.  Fails as Disk::resolve().
Result<repair::Plan> plan_of(const std::vector<Change>& changes,
                             const repair::Disk& disk);

}  // namespace drydock::scenarios
