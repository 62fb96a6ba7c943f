// What becomes of the mended disk: it is healthy, a second repair leaves it
// alone, undo gives the wounded one back.

#include <fmt/format.h>

#include "harness/scenarios/examine.h"
#include "harness/scenarios/expectation.h"
#include "repair/repair.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

class ExpectHealthy final : public Expectation {
 public:
  ExpectHealthy() : Expectation("diagnose: healthy") {}

  Result<std::string> check(const Stage& stage) const override {
    repair::Diagnosis diagnosis =
        TRY(diagnose_image(stage.image, stage.recipes, stage.settings));
    std::string found = complaint(diagnosis);
    if (!found.empty()) return Error(Errc::corrupt, found);
    return fmt::format("{} examinations", diagnosis.examined.size());
  }
};

class ExpectAgain final : public Expectation {
 public:
  ExpectAgain() : Expectation("again: changes nothing") {}

  Result<std::string> check(const Stage& stage) const override {
    auto transaction =
        TRY(repair::Transaction::begin(stage.image, stage.transaction()));
    repair::RepairReport report = TRY(stage.mend(*transaction));
    transaction.reset();
    if (report.state != repair::RepairState::nothing_to_do) {
      return Error(Errc::corrupt,
                   fmt::format("the second repair ended as {}, and wrote {} bytes",
                               to_string(report.state), report.applied.bytes_written));
    }
    if (TRY(hash_image(stage.image)) != stage.after_hash) {
      return Error(Errc::corrupt, "the second repair changed the disk");
    }
    return std::string();
  }
};

class ExpectUndo final : public Expectation {
 public:
  ExpectUndo() : Expectation("undo: gives back every byte") {}

  Result<std::string> check(const Stage& stage) const override {
    repair::Receipt receipt = TRY(repair::undo(stage.image));
    if (TRY(hash_image(stage.image)) != stage.before_hash) {
      return Error(Errc::corrupt, "the disk isn't what it was before the repair");
    }
    return fmt::format("{} bytes written back", receipt.bytes_written);
  }
};

// A kind of line that has only one sentence.
template <class T>
Result<ExpectationPtr> only_sentence(std::string_view sentence,
                                     std::string_view known) {
  if (sentence == known) return std::make_shared<const T>();
  return Error(Errc::bad_argument,
               fmt::format("'{}' isn't known; '{}' is", sentence, known));
}

}  // namespace

Result<ExpectationPtr> expect_diagnose(std::string_view sentence) {
  return only_sentence<ExpectHealthy>(sentence, "healthy");
}

Result<ExpectationPtr> expect_again(std::string_view sentence) {
  return only_sentence<ExpectAgain>(sentence, "changes nothing");
}

Result<ExpectationPtr> expect_undo(std::string_view sentence) {
  return only_sentence<ExpectUndo>(sentence, "gives back every byte");
}

}  // namespace drydock::scenarios
