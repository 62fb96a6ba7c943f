// The hives that the keys of a reg command lie in, each opened when it is first
// asked for: those of a Windows, or the one hive that is in a file of its own.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repair/control_sets.h"
#include "repair/guest_path.h"
#include "repair/installation.h"
#include "repair/reg/key.h"

namespace drydock::reg {

class Hives {
 public:
  // Borrows `windows`, which must outlive it.
  explicit Hives(const repair::Installation& windows) : windows_(&windows) {}
  // Any key is this hive's.
  explicit Hives(hive::Hive bare) : bare_(std::move(bare)) {}

  // Keys below `root`, "HKEY_LOCAL_MACHINE\\BROKENSYSTEM", are in the hive of `file`
  // from now on, as after `reg load`.
  void load(std::string_view root, repair::GuestPath file);

  // The hive is good for as long as this is.  not_found where there is none, or no
  // such user.
  struct Place {
    const hive::Hive* hive = nullptr;
    repair::GuestPath file;  // of a bare hive: nowhere
  };
  Result<Place> open(const KeyName& key);

  // Those that were opened: how a person calls each.
  std::vector<std::pair<std::string, const hive::Hive*>> opened() const;

 private:
  Result<repair::GuestPath> file_of(const KeyName& key) const;

  const repair::Installation* windows_ = nullptr;
  std::optional<hive::Hive> bare_;
  struct Open {
    std::string name;
    hive::Hive hive;
  };
  std::map<std::string, repair::GuestPath> loaded_;  // by root, in lower case
  // By partition and path, in lower case.
  std::map<std::pair<std::uint32_t, std::string>, Open> open_;
};

// Where a key lies in its hive, to be read: CurrentControlSet is the set that
// Select calls Current, and /reg:32 leads to WOW6432Node where the hive has one.
Result<std::string> path_to_read(const hive::Hive& hive, const KeyName& key);

// The same, to be edited: CurrentControlSet is each set that the next start may
// use.
Result<repair::CurrentKeys> paths_to_edit(const hive::Hive& hive, const KeyName& key);

}  // namespace drydock::reg
