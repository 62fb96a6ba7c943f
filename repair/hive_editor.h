// Carries the registry and boot-store edits of a plan out on one open hive, in
// memory: the part of a rehearsal that needs no disk.
//
// `reg` and `bcdedit` on a bare hive file go this way too.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/plan.h"

namespace drydock::repair {

class HiveEditor {
 public:
  // Borrows `hive`, which must outlive it.  `place` is what outcomes and errors
  // call the hive: "esp:\EFI\Microsoft\Boot\BCD".
  HiveEditor(hive::Hive& hive, std::string place)
      : hive_(&hive), place_(std::move(place)) {}

  // Makes one edit and reads it back.  The outcome lacks only its reason.  Which
  // hive the edit names is the caller's affair.  not_found for what should be
  // deleted, or have an element set, and isn't there; bad_argument for an edit
  // of a file, and for one that would make a control set.
  Result<Outcome> apply(const Action& action);

  // Whether any edit made a difference: a hive that none did needn't be saved.
  bool changed() const { return changed_; }

  // Whether `saved`, the hive as it was saved and opened anew, holds what was
  // edited.  corrupt where it doesn't.
  Done check(const hive::Hive& saved) const;

 private:
  // A value of the hive, or with no name a key: what an edit is about.
  struct Cell {
    std::string key;
    std::optional<std::string> value;
  };
  using Held = std::optional<ByteVector>;
  struct Look {
    Held held;
    std::string words;  // "" where there is nothing
  };
  static Result<Held> held(const hive::Hive& hive, const Cell& cell);
  static Result<Look> look_at(const hive::Hive& hive, const Cell& cell);
  static Cell cell_of(const bcd::ObjectId& object, bcd::ElementId element);

  Result<Outcome> apply(const BcdSet& edit);
  Result<Outcome> apply(const BcdDelete& edit);
  Result<Outcome> apply(const BcdCreate& edit);
  Result<Outcome> apply(const BcdRemove& edit);
  Result<Outcome> apply(const RegistrySet& edit);
  Result<Outcome> apply(const RegistryDelete& edit);
  template <class FileEdit>
  Result<Outcome> apply(const FileEdit& edit);
  Outcome outcome_at(const Cell& cell) const;

  hive::Hive* hive_;
  std::string place_;
  bool changed_ = false;
  std::vector<Cell> cells_;  // those that were edited
};

}  // namespace drydock::repair
