// One line of a story's `expect`: something that must be so after the repair.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/images/layout.h"
#include "harness/scenarios/change.h"
#include "harness/scenarios/commands.h"
#include "harness/yaml.h"
#include "repair/recipe.h"
#include "repair/repair.h"
#include "repair/transaction.h"

namespace drydock::scenarios {

// What a story has come to when its expectations are looked at.
struct Stage {
  std::filesystem::path before;  // the wounded image
  std::filesystem::path image;   // the mended one, with its journal beside it
  std::string before_hash;       // of what a guest sees
  std::string after_hash;
  images::Layout layout;
  std::vector<const repair::Recipe*> recipes;  // of the story's repair
  repair::Settings settings;
  std::vector<Change> changes;  // of the story, in the place of a repair
  std::optional<Commands> script;
  std::uint64_t seed = 1;
  VolumeOptions volumes;  // what the story does with unfinished work

  repair::TransactionOptions transaction(bool dry_run = false) const {
    return {.dry_run = dry_run,
            .unclean = volumes.unclean,
            .discard_hibernation = volumes.discard_hibernation};
  }
  // Carries out the story's changes, its script or its repair.
  Result<repair::RepairReport> mend(repair::Transaction& transaction,
                                    bool dry_run = false) const;
};

class Expectation {
 public:
  virtual ~Expectation() = default;

  // The line as it stands in the story.
  const std::string& text() const { return text_; }

  // Succeeds with a few words for the log, often none; else the Error says
  // what was found instead.  Only `undo` changes the image: it stands last.
  virtual Result<std::string> check(const Stage& stage) const = 0;

 protected:
  explicit Expectation(std::string text) : text_(std::move(text)) {}

 private:
  std::string text_;
};

using ExpectationPtr = std::shared_ptr<const Expectation>;

// The line `kind: sentence`.  bad_argument, naming the place, for a kind or a
// sentence that isn't known.
Result<ExpectationPtr> read_expectation(const harness::Yaml::Field& line);

// The makers of the kinds, for read_expectation(); `sentence` as in README.md.
Result<ExpectationPtr> expect_bcd(std::string_view sentence);
Result<ExpectationPtr> expect_registry(std::string_view sentence);
Result<ExpectationPtr> expect_file(std::string_view sentence);
Result<ExpectationPtr> expect_sddl(std::string_view sentence);
Result<ExpectationPtr> expect_stored(std::string_view sentence);
Result<ExpectationPtr> expect_outsiders(std::string_view sentence);
Result<ExpectationPtr> expect_drivers(std::string_view sentence);
Result<ExpectationPtr> expect_diagnose(std::string_view sentence);
Result<ExpectationPtr> expect_power_cut(std::string_view sentence);
Result<ExpectationPtr> expect_again(std::string_view sentence);
Result<ExpectationPtr> expect_undo(std::string_view sentence);

// "X is Y" in two.  bad_argument for a sentence without " is ".
struct Sentence {
  std::string subject;
  std::string object;
};
Result<Sentence> split_sentence(std::string_view text);

}  // namespace drydock::scenarios
