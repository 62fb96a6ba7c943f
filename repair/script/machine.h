// The disk as a script's lines so far have left it, and what they came to.
//
// A line reads the disk through this, and says what is to be edited.  Edits are
// gathered, and carried out on the disk before the next line that reads.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/disk.h"
#include "repair/guest_path.h"
#include "repair/plan.h"
#include "repair/reg/hives.h"
#include "repair/script/call.h"
#include "vhd/base/random_guid.h"

namespace drydock::script {

// What the letters of a script mean: 'F' to "C:", which is the Windows volume, "esp:"
// or a partition, "3:".
using Drives = std::map<char, std::string>;

// What one line came to.
struct Step {
  std::size_t line = 0;
  std::string text;
  std::vector<repair::Outcome> outcomes = {};
  std::vector<std::string> notes = {};
  std::string output = {};  // what it prints
};

class Machine {
 public:
  // Borrows `disk`, which must be writable, and stand on an overlay.  `installation`
  // is an index into its installations().  Without drives letters are the guest's.
  Machine(repair::Disk& disk, std::size_t installation, Drives drives,
          MakeGuid make_guid = random_guid);

  // ---- The lines, one after the other.

  void begin(std::size_t line, std::string text);
  // Ends the line, and sends what it printed to where it was redirected.
  Done end(const std::optional<Redirection>& output);
  // Carries out what is left.  After an Error the disk is half-changed.
  Done finish();
  // What settling volumes and hives came to, before any line.
  const std::vector<repair::Outcome>& settled() const { return settled_; }
  std::vector<Step>& steps() { return steps_; }
  const std::vector<Step>& steps() const { return steps_; }
  // All edits that were carried out, and what they came to: settled() and each step's.
  const repair::Plan& done() const { return done_; }
  std::vector<repair::Outcome> outcomes() const;

  // ---- What a line does.

  // No line behind this one is to be run.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  // Something for the plan: "ControlSet002 isn't there; nothing is added to it".
  void note(std::string words);
  // The same, where no line so far has said it.
  void note_once(std::string words);
  // What the command prints.  Lines end in \n.
  void print(std::string_view text);
  // An edit, after all so far.  bad_argument where the script's files together are
  // more than can be held in memory.
  Done edit(repair::Action action);
  // Carries out all edits so far, so that disk() shows them.
  Done settle();

  // ---- What it reads.

  // With all edits carried out.
  Result<const repair::Disk*> disk();
  const repair::Installation& windows() const;
  std::size_t installation() const { return installation_; }
  const MakeGuid& make_guid() const { return make_guid_; }

  // A path as the script writes it: "F:\x", "x" and "..\x" in the current folder.
  // not_found where the drive isn't of this disk; bad_argument for what is no path.
  Result<repair::GuestPath> resolve(std::string_view path) const;
  // Whether its drive isn't of this disk, but of the machine that the script was
  // written for.
  bool is_elsewhere(std::string_view path) const;
  // As the script writes it: "F:\Windows".
  std::string show(const repair::GuestPath& path) const;

  // cd, and "F:" alone.  Whether the folder is there is the caller's question.
  void enter(const std::string& folder);
  void enter_drive(char letter);
  std::string folder() const;  // "F:\Windows"
  // What pushd left behind, for popd.
  std::vector<std::string>& pushed_folders() { return pushed_folders_; }

  // ---- Its registry.

  // `name` is the key as it is printed: "HKEY_LOCAL_MACHINE\BROKENSYSTEM".
  // bad_argument where it is taken.
  Done load_hive(std::string name, repair::GuestPath file);
  // not_found where no hive has this name.
  Done unload_hive(const std::string& name);
  // Those that are still loaded, by name.
  std::vector<std::string> loaded_hives() const;
  // The hives, as they are when no edit so far has been carried out since.
  reg::Hives& hives();

 private:
  struct Location {
    char letter = 'C';
    std::string path;  // "\Windows"; the root is "\"
  };
  Result<Location> locate(std::string_view path) const;
  // The volume behind a letter, as Disk::resolve() takes it: "C:".
  std::optional<std::string> volume_of(char letter) const;

  repair::Disk* disk_;
  std::size_t installation_;
  Drives drives_;
  MakeGuid make_guid_;
  char letter_ = 'C';
  std::map<char, std::string> folders_;  // the current one of each letter
  std::vector<std::string> pushed_folders_;
  std::map<std::string, std::pair<std::string, repair::GuestPath>> loaded_;
  std::optional<reg::Hives> hives_;
  std::vector<Step> steps_;
  std::vector<repair::Outcome> settled_;
  repair::Plan pending_;
  std::vector<std::size_t> pending_steps_;  // whose each edit is
  std::uint64_t put_size_ = 0;
  bool stopped_ = false;
  repair::Plan done_;
};

}  // namespace drydock::script
