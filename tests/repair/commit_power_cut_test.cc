// Every write and every flush of a commit, an undo and a recovery is where the
// power goes once.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/repair/commit_support.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::repair {
namespace {

using power_cut::CutOptions;
using power_cut::Files;
using power_cut::for_each_cut;
using power_cut::for_each_fault;
using power_cut::Host;
using power_cut::Tally;

// In a VHDX the last four are a block that the change brings into being.
constexpr const char* kBefore = "abcdefgh....";
constexpr const char* kAfter = "aBCdE.ghIJK.";

void print(std::string_view what, const Tally& tally, CutOptions options) {
  std::cout << what << ": " << to_string(tally, options.seed) << '\n';
  testing::Test::RecordProperty(std::string(what), to_string(tally, options.seed));
}

Error wrong(std::string words) { return Error(Errc::corrupt, std::move(words)); }

power_cut::Outcome all_of(const Host& host, bool kept) {
  power_cut::Outcome outcome;
  for (const power_cut::Unsafe& unsafe : host.unsafe()) {
    outcome.insert(outcome.end(), unsafe.part_count, kept);
  }
  return outcome;
}

// What each power cut must leave, be it in a commit or in an undo.
struct Expected {
  std::string old_letters;
  std::string new_letters;
  Container container;
  // Whether the work, in the run that was cut, said that it was done.
  bool was_done = false;
};

// Settles what was found and says what lies there then: one of the two, as a
// reader was shown before.
Result<std::string> settled_letters(Machine& machine, const Expected& expected) {
  std::string shown = machine.shown_letters();
  TRY(machine.settle().in("settling"));
  std::string letters = machine.letters();
  if (letters != shown) return wrong("shown " + shown + ", settled to " + letters);
  if (letters != expected.old_letters && letters != expected.new_letters) {
    return wrong("neither before nor after: " + letters);
  }
  if (expected.was_done && letters != expected.new_letters) {
    return wrong("it was done, and is gone");
  }
  if (machine.states().find("complete") != std::string::npos ||
      machine.states().find("undoing") != std::string::npos) {
    return wrong("still unfinished: " + machine.states());
  }
  return letters;
}

Done judge_settling(const Files& found, const Expected& expected) {
  Machine machine(Host::start(found), expected.container);
  std::string letters = TRY(settled_letters(machine, expected));
  // What recovery made safe stays so, and doing it again does nothing.
  for (bool kept : {false, true}) {
    Files rest = TRY(machine.host().after_cut(all_of(machine.host(), kept)));
    Machine again(Host::start(rest), expected.container);
    if (TRY(settled_letters(again, expected)) != letters) return wrong("not stable");
  }
  return {};
}

// The recovery is cut in its turn, wherever it can be.
Done judge_cut_recovery(const Files& found, const Expected& expected,
                        CutOptions options, Tally& nested) {
  Machine machine(Host::start(found), expected.container);
  std::string letters = TRY(settled_letters(machine, expected));
  auto recover = [&](const std::shared_ptr<Host>& host) {
    static_cast<void>(bool(Machine(host, expected.container).settle()));
  };
  auto judge = [&](const Files& after) -> Done {
    Machine again(Host::start(after), expected.container);
    if (TRY(settled_letters(again, expected)) == letters) return {};
    return wrong("a cut recovery came to something else than " + letters);
  };
  nested += TRY(for_each_cut(found, recover, judge, options));
  return {};
}

class PowerCut : public testing::TestWithParam<Container> {
 protected:
  void SetUp() override {
    if (!can_make(GetParam())) GTEST_SKIP() << "qemu-img isn't here to make a VHDX";
  }
  // Fewer for a VHDX: it takes more steps, and each takes longer.  With
  // DRYDOCK_LONG in the environment (ci/test --long) more of both is tried, and
  // something new each time.
  CutOptions at_most(std::size_t outcome_count_max, std::size_t for_vhdx) const {
    if (GetParam() == Container::vhdx) outcome_count_max = for_vhdx;
    if (std::getenv("DRYDOCK_LONG") == nullptr) {
      return {.outcome_count_max = outcome_count_max};
    }
    return {.seed = std::random_device()(), .outcome_count_max = 8 * outcome_count_max};
  }
  Expected expected(std::string_view from, std::string_view to) const {
    return {.old_letters = std::string(from),
            .new_letters = std::string(to),
            .container = GetParam()};
  }
  Files at_rest() const { return Machine::files_with(kBefore, GetParam()); }
  Files committed() const {
    Machine machine(Host::start(at_rest()), GetParam());
    EXPECT_TRUE(machine.commit_to(kAfter));
    return machine.host().files();
  }
};

power_cut::Work commit_work(Expected& expected) {
  return [&expected](const std::shared_ptr<Host>& host) {
    Machine machine(host, expected.container);
    expected.was_done = false;
    auto changes = Machine(Host::start(host->files()), expected.container)
                       .changes_to(expected.new_letters);
    expected.was_done = bool(machine.commit(changes));
  };
}

power_cut::Work undo_work(Expected& expected) {
  return [&expected](const std::shared_ptr<Host>& host) {
    expected.was_done = false;
    expected.was_done = bool(Machine(host, expected.container).undo());
  };
}

TEST_P(PowerCut, InACommitLeavesBeforeOrAfter) {
  Expected before_or_after = expected(kBefore, kAfter);
  CutOptions options = at_most(1024, 32);
  auto tally = for_each_cut(
      at_rest(), commit_work(before_or_after),
      [&](const Files& found) { return judge_settling(found, before_or_after); },
      options);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_TRUE(before_or_after.was_done);
  print("commit", *tally, options);
}

TEST_P(PowerCut, InAnUndoLeavesBeforeOrAfter) {
  Expected before_or_after = expected(kAfter, kBefore);
  CutOptions options = at_most(1024, 32);
  auto tally = for_each_cut(
      committed(), undo_work(before_or_after),
      [&](const Files& found) { return judge_settling(found, before_or_after); },
      options);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_TRUE(before_or_after.was_done);
  print("undo", *tally, options);
}

TEST_P(PowerCut, InTheRecoveryOfACommitChangesNothingInItsEnd) {
  Expected before_or_after = expected(kBefore, kAfter);
  CutOptions options = at_most(32, 4);
  Tally nested;
  auto tally = for_each_cut(
      at_rest(), commit_work(before_or_after),
      [&](const Files& found) {
        return judge_cut_recovery(found, before_or_after, at_most(16, 2), nested);
      },
      options);
  ASSERT_TRUE(tally) << tally.error().describe();
  print("commit", *tally, options);
  print("its recoveries", nested, options);
}

TEST_P(PowerCut, InTheRecoveryOfAnUndoChangesNothingInItsEnd) {
  Expected before_or_after = expected(kAfter, kBefore);
  CutOptions options = at_most(32, 4);
  Tally nested;
  auto tally = for_each_cut(
      committed(), undo_work(before_or_after),
      [&](const Files& found) {
        return judge_cut_recovery(found, before_or_after, at_most(16, 2), nested);
      },
      options);
  ASSERT_TRUE(tally) << tally.error().describe();
  print("undo", *tally, options);
  print("its recoveries", nested, options);
}

// Once a commit or an undo has said that it is done, its journal must not work
// on the disk any more, whatever the guest made of it meanwhile.
void expect_no_work_for_settle(Host& host, Container container, char letter) {
  power_cut::Outcomes outcomes =
      power_cut::outcomes_of(host.unsafe(), {.outcome_count_max = 1024});
  EXPECT_TRUE(outcomes.complete);
  for (const power_cut::Outcome& outcome : outcomes.tried) {
    Machine found(Host::start(*host.after_cut(outcome)), container);
    auto settled = found.settle();
    ASSERT_TRUE(settled) << settled.error().describe();
    EXPECT_TRUE(settled->empty());
    EXPECT_EQ(found.letters()[1], letter);
  }
}

TEST_P(PowerCut, AfterACommitDoesNotWakeTheJournal) {
  Machine machine(Host::start(at_rest()), GetParam());
  ASSERT_TRUE(machine.commit_to(kAfter));
  ASSERT_TRUE(machine.write(1, 'x'));
  expect_no_work_for_settle(machine.host(), GetParam(), 'x');
}

TEST_P(PowerCut, AfterAnUndoDoesNotWakeTheJournal) {
  Machine machine(Host::start(committed()), GetParam());
  ASSERT_TRUE(machine.undo());
  ASSERT_TRUE(machine.write(1, 'x'));
  expect_no_work_for_settle(machine.host(), GetParam(), 'x');
}

TEST_P(PowerCut, AfterARecoveryDoesNotWakeTheJournal) {
  Files complete;
  for (std::uint64_t event = 1; complete.empty(); ++event) {
    std::shared_ptr<Host> host = Host::start(at_rest());
    host->cut_at(event);
    ASSERT_FALSE(Machine(host, GetParam()).commit_to(kAfter));
    Files found = *host->after_cut(all_of(*host, true));
    if (Machine(Host::start(found), GetParam()).states() == "complete")
      complete = found;
  }
  Machine machine(Host::start(complete), GetParam());
  ASSERT_TRUE(machine.settle());
  ASSERT_TRUE(machine.write(1, 'x'));
  expect_no_work_for_settle(machine.host(), GetParam(), 'x');
}

// Ours isn't the only opinion on what a VHDX is after all this.
TEST(PowerCutVhdx, IsSoundForQemuAfterEachCutAndItsRecovery) {
  if (!can_make(Container::vhdx)) GTEST_SKIP() << "qemu-img isn't here";
  Files before = Machine::files_with(kBefore, Container::vhdx);
  Expected expected{
      .old_letters = kBefore, .new_letters = kAfter, .container = Container::vhdx};
  TempFolder folder;
  std::size_t count = 0;
  auto judge = [&](const Files& found) -> Done {
    Machine machine(Host::start(found), Container::vhdx);
    std::string letters = TRY(settled_letters(machine, expected));
    TRY(machine.save(folder / "disk.vhdx"));
    ++count;
    RunResult checked =
        run({"qemu-img", "check", "-q", (folder / "disk.vhdx").string()});
    if (checked.exit_code != 0) return wrong("qemu-img check: " + checked.err);
    run({"qemu-img", "convert", "-O", "raw", (folder / "disk.vhdx").string(),
         (folder / "disk.raw").string()});
    auto raw = TRY(FileDevice::open(folder / "disk.raw"));
    if (machine.letters_on(*raw) == letters) return {};
    return wrong("qemu-img reads " + machine.letters_on(*raw));
  };
  auto tally = for_each_cut(before, commit_work(expected), judge,
                            {.seed = 1, .outcome_count_max = 2});
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_GT(count, 20u);
}

// A host that refuses one write or flush and goes on.
class Fault : public PowerCut {};

TEST_P(Fault, InACommitIsRolledBackOrRecovered) {
  Expected before_or_after = expected(kBefore, kAfter);
  std::optional<Errc> code;
  std::size_t rolled_back_count = 0;
  auto work = [&](const std::shared_ptr<Host>& host) {
    Machine machine(host, GetParam());
    auto receipt = machine.commit_to(kAfter);
    before_or_after.was_done = bool(receipt);
    code.reset();
    if (!receipt) code = receipt.error().code();
  };
  auto judge = [&](const Files& found) -> Done {
    Machine machine(Host::start(found), GetParam());
    if (!before_or_after.was_done && code != Errc::interrupted) {
      // It said that nothing changed.
      ++rolled_back_count;
      if (machine.letters() != kBefore) return wrong("not as it was");
      std::string states = machine.states();
      if (states != "" && states != "undone") return wrong("left " + states);
    }
    return judge_settling(found, before_or_after);
  };
  for (Errc refusal : {Errc::io, Errc::no_space}) {
    auto tally = for_each_fault(at_rest(), refusal, work, judge);
    ASSERT_TRUE(tally) << tally.error().describe();
    print("faults", *tally, {});
  }
  EXPECT_GT(rolled_back_count, 0u);
}

TEST_P(Fault, InAnUndoIsRecovered) {
  Expected before_or_after = expected(kAfter, kBefore);
  auto judge = [&](const Files& found) {
    return judge_settling(found, before_or_after);
  };
  auto tally = for_each_fault(committed(), Errc::io, undo_work(before_or_after), judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  print("faults", *tally, {});
}

std::string name_of(const testing::TestParamInfo<Container>& info) {
  return testing::PrintToString(info.param);
}
const auto kContainers =
    testing::Values(Container::raw, Container::with_guid, Container::vhdx);
INSTANTIATE_TEST_SUITE_P(Of, PowerCut, kContainers, name_of);
INSTANTIATE_TEST_SUITE_P(Of, Fault, kContainers, name_of);

}  // namespace
}  // namespace drydock::repair
