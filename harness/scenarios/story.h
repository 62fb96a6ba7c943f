// A story is a test of a repair as a person would tell it: a disk, a wound, a
// diagnosis, a cure and a proof, in YAML.
//
//   name: BCD default names no object
//   image:   { windows: server-2022, firmware: uefi, format: vhdx, size: 400MiB }
//   faults:  [ bcd.default-missing ]
//   diagnose:
//     - { recipe: bcd.default-missing, stops_boot: true }
//   repair: [ bcd.default-missing ]
//   expect:
//     - bcd: '{bootmgr} default is {current}'
//     - diagnose: healthy
//     - power_cut: every write and every flush ends in before or after
//     - undo: gives back every byte
//
// Also: `seed: 7` of the image and its wounds (1 if left out); `set: { driver:
// cstguard }`, what --set would tell the recipes; a fault with parameters, as
// `- { fault: driver.disable, driver: cstguard }`; `unclean: discard` and
// `discard_hibernation: yes`, as on the command line; `script: { file: x.cmd, drive:
// 'F:'
// }`, in the place of `repair`, too: the file lies beside the story, and `set` fills in
// its placeholders; `could_not_tell: [ 'partition 3 (ntfs)' ]`, which else fails a
// story; `unsigned: [ cdrom.sys ]`, all that `drivers verify` says so of, or that it
// can't tell, before the repair; `change`, in the place of `repair`: edits of files, as
// change.h has them; `given`: files to begin with, as given.h has them. README.md lists
// the lines that `expect` takes.  A word that isn't known is an error with file and
// line.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/faults/fault.h"
#include "harness/images/spec.h"
#include "harness/scenarios/change.h"
#include "harness/scenarios/commands.h"
#include "harness/scenarios/expectation.h"
#include "harness/scenarios/given.h"
#include "repair/recipe.h"

namespace drydock::scenarios {

// A finding that the diagnosis must have; what isn't said may be anything.
struct ExpectedFinding {
  std::string place;  // in the story: "default-missing.yaml:9"
  std::string recipe;
  // "where", "what", "stops_boot", "stop_code", "status", "image_name".
  std::map<std::string, std::string> facts;
};

struct Story {
  std::string name;
  images::Spec image;
  std::uint64_t seed = 1;
  std::vector<Given> given;  // files that the disk has besides
  std::vector<faults::Wound> wounds;
  // All findings, no more and no less, in any order.
  std::vector<ExpectedFinding> findings;
  // Files that `drydock drivers verify` doesn't believe, by name in lower case, all of
  // them; nothing: nobody asks.
  std::vector<std::string> unsigned_drivers;
  std::vector<const repair::Recipe*> recipes;
  repair::Settings settings;
  // What the repair does with unfinished work, as --unclean and
  // --discard-hibernation say it.
  VolumeOptions volumes;
  std::vector<std::string> untold;  // examined, and nobody could tell
  std::vector<Change> changes;      // in the place of a repair
  std::optional<Commands> script;   // in the place of both
  std::vector<std::shared_ptr<const Expectation>> expectations;
};

// `name` is what places are told with, `folder` where the story's script is.
// bad_argument for what isn't a story.
Result<Story> read_story(std::string_view text, std::string_view name,
                         const std::filesystem::path& folder = {});
Result<Story> read_story(const std::filesystem::path& file);

}  // namespace drydock::scenarios
