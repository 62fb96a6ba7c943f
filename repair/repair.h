// The whole way of a change: examine, plan, rehearse, examine again, commit.
//
//   auto change = TRY(Transaction::begin("disk.vhdx"));
//   RepairReport report = TRY(repair(*change, {.recipes = {...}}));
//
// Whatever goes wrong before commit leaves the image as it was; an Error from
// commit itself says in its words what `recover` has to finish.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repair/diagnose.h"
#include "repair/plan.h"
#include "repair/recipe.h"
#include "repair/transaction.h"

namespace drydock::repair {

// What a plan came to.
struct Applied {
  std::vector<Outcome> outcomes;
  std::vector<std::string> notes;  // the plan's, and warnings_for() it
  // Its name, beside the image; nothing where nothing was committed.
  std::optional<std::string> journal;
  std::uint64_t bytes_written = 0;  // or would be, of a dry run
};

struct ApplyOptions {
  bool dry_run = false;  // rehearses and proves, and commits nothing
  // Looks at the rehearsed disk as the next reader will find it.  An Error
  // stops everything.
  std::function<Done(const Disk& rehearsed)> prove = {};
};

// Rehearses `plan`, proves it, commits it.  `what` tells `history` what this
// was: "bcdedit /set {default} safeboot minimal".  A plan that changes nothing
// commits nothing.
Result<Applied> apply_plan(Transaction& transaction, const Plan& plan,
                           std::string_view what, ApplyOptions options = {});

// The same, where transaction.disk() was changed already, step by step: `done` is the
// plan of all steps together, and `outcomes` what it came to.
Result<Applied> apply_done(Transaction& transaction, const Plan& done,
                           std::vector<Outcome> outcomes, std::string_view what,
                           ApplyOptions options = {});

enum class RepairState : std::uint8_t {
  planned,        // a dry run: this is what would be done
  repaired,       // every finding is gone
  partial,        // some are left: the notes say why
  nothing_to_do,  // there were none
  failed,         // for reports: repair() itself answers with an Error
};

std::string_view to_string(RepairState state);

struct RepairReport {
  RepairState state = RepairState::nothing_to_do;
  Applied applied;
  Diagnosis before;
  Diagnosis after;  // of the rehearsed disk: as `before` where nothing was done
};

struct RepairOptions {
  std::vector<const Recipe*> recipes = {};  // empty: all automatic ones
  Settings settings = {};
  // Index of the Windows that is meant; needed where there are several.
  std::optional<std::size_t> installation = {};
  bool dry_run = false;
  std::optional<signature::TrustStore> trust = {};  // nothing: the known roots
};

// Mends what the recipes find.  A finding whose recipe won't guess at a cure
// is left, with a note.  bad_argument for a setting that no recipe takes, for
// one that is missing, and where one of several installations must be chosen;
// not_found where there is no Windows.  corrupt where the rehearsed disk
// doesn't prove the cure: a finding is still there, or a new one appeared.
Result<RepairReport> repair(Transaction& transaction, const RepairOptions& options);

// The index of the Windows that a change is about: the chosen one, or the only
// one.  not_found and bad_argument as above.
Result<std::size_t> choose_installation(const Disk& disk,
                                        std::optional<std::size_t> chosen);

}  // namespace drydock::repair
