// What a story does to a disk: the cures of its `repair`, or the edits of its
// `change`, as one transaction.
//
//   change:
//     - { put: 'C:\Windows\System32\drivers\new.sys', text: 'a driver' }
//     - { put: 'esp:\EFI\new.efi', lines: 3000 }
//     - { mkdir: 'C:\Tools' }
//     - { mv: 'C:\Windows\win.ini', to: 'C:\Tools\win.ini' }
//     - { rm: 'C:\Windows\win.ini' }
//     - { bcd_create: '{5f5e0000-...}', type: '0x10200003' }
//     - { bcd_set: '{bootmgr} displayorder', to: '{default} {5f5e0000-...}' }
//     - { bcd_remove: '{memdiag}' }

#pragma once

#include <string>
#include <vector>

#include "harness/yaml.h"
#include "repair/plan.h"
#include "repair/transaction.h"

namespace drydock::scenarios {

struct Change {
  enum class Verb : std::uint8_t {
    put,
    make_folder,
    move,
    remove,
    create_object,
    set_element,
    remove_object
  };

  Verb verb = Verb::put;
  std::string path;  // as a guest path is written; or an object, or its element
  std::string to;    // of a move, or an element's value
  std::string text;  // of a put; or an object's type
};

// bad_argument, naming the place, for what isn't a change.
Result<Change> read_change(const harness::Yaml& node);

// What `text: TEXT` or `lines: COUNT` of a map stands for; lines can be compressed.
Result<std::string> read_text(const harness::Yaml& node);

// The edit of a change of the boot store, after those that `plan` has already.
Result<repair::Action> plan_store_change(const Change& change, const repair::Disk& disk,
                                         const repair::Plan& plan);

// The edits that `changes` come to.  Fails as Disk::resolve().
Result<repair::Plan> plan_of(const std::vector<Change>& changes,
                             const repair::Disk& disk);

}  // namespace drydock::scenarios
