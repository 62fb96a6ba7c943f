// The power goes at each event of the story's own commit, in each way in which
// a real disk could then be found.

#include <fmt/format.h>

#include <algorithm>

#include "harness/power_cut/cuts.h"
#include "harness/power_cut/journal_folder.h"
#include "harness/scenarios/expectation.h"
#include "harness/scenarios/memory_copy.h"
#include "repair/commit.h"
#include "repair/repair.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/content_hash.h"
#include "vhd/overlay.h"

namespace drydock::scenarios {

namespace {

using Changes = std::vector<Overlay::Change>;
using power_cut::Files;
using power_cut::Host;

constexpr const char* kImage = "disk.image";

// A cut leaves some tens of unsafe sectors; what is drawn of their fates adds
// up over all cuts.
constexpr std::size_t kOutcomeCountMax = 12;

repair::OpenForWriting opener(const std::shared_ptr<Host>& host) {
  return [host]() -> Result<std::shared_ptr<Image>> {
    return open_image(TRY(host->open_for_writing(kImage)), {.writable = true});
  };
}

// What the story's repair would write to the wounded image.
Result<Changes> planned_changes(const Stage& stage) {
  auto transaction =
      TRY(repair::Transaction::begin(stage.before, stage.transaction(true)));
  TRY(stage.mend(*transaction, true));
  Changes changes = TRY(transaction->changes());
  if (changes.empty()) return Error(Errc::not_found, "the repair changes nothing");
  return changes;
}

enum class Side : std::uint8_t { before, after };

// A disk that must be one of two, byte for byte.
class Twins {
 public:
  Twins(const Stage& stage, const Changes& changes)
      : before_hash_(stage.before_hash), changes_(changes) {}

  // Learns what the disk is like after the changes.
  Done prepare(DevicePtr before) {
    Overlay after(std::move(before));
    for (const Overlay::Change& change : changes_) {
      TRY(after.write(change.offset, change.after));
    }
    after_hash_ = TRY(content_hash(after));
    return {};
  }

  Result<Side> which(const BlockDevice& disk) const {
    std::string hash = TRY(content_hash(disk));
    if (hash == before_hash_) return Side::before;
    if (hash == after_hash_) return Side::after;
    return Error(Errc::corrupt, TRY(difference(disk)));
  }

 private:
  // For a person: where it is neither.
  Result<std::string> difference(const BlockDevice& disk) const {
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (const Overlay::Change& change : changes_) {
      ByteVector now(change.after.size());
      TRY(disk.read(change.offset, now));
      old_count += now == change.before ? 1 : 0;
      new_count += now == change.after ? 1 : 0;
    }
    return fmt::format(
        "the disk is neither before nor after: of {} changed extents "
        "{} are old and {} are new",
        changes_.size(), old_count, new_count);
  }

  std::string before_hash_;
  std::string after_hash_;
  const Changes& changes_;
};

// What a reader sees who comes before anybody has settled the journal.
struct Seen {
  Side side = Side::before;
  bool unsettled = false;  // and shown as it will be
};

Result<Seen> seen_by_reader(const std::shared_ptr<Host>& host, const Twins& twins) {
  DevicePtr image = TRY(open_image(TRY(host->open(kImage))));
  auto folder = power_cut::journals_on(host, kImage);
  Changes unsettled = TRY(repair::unsettled_changes(*image, *folder));
  auto view = std::make_shared<Overlay>(image);
  for (const Overlay::Change& change : unsettled) {
    TRY(view->write(change.offset, change.after));
  }
  if (!host->events().empty()) {
    return Error(Errc::corrupt, "a reader wrote to the disk");
  }
  return Seen{.side = TRY(twins.which(*view)), .unsettled = !unsettled.empty()};
}

Done judge(const Files& files, const Twins& twins) {
  std::shared_ptr<Host> host = Host::start(files);
  Seen seen = TRY(seen_by_reader(host, twins).in("as a reader sees it"));
  auto folder = power_cut::journals_on(host, kImage);
  TRY(repair::settle(opener(host), *folder).in("settling"));
  // Where nothing was written, the disk is still what the reader saw of it.
  if (seen.unsettled || !host->events().empty()) {
    DevicePtr image = TRY(open_image(TRY(host->open(kImage))));
    if (TRY(twins.which(*image).in("as settle() leaves it")) != seen.side) {
      return Error(Errc::corrupt, "a reader saw one disk, and settle() made another");
    }
  }
  if (!TRY(repair::settle(opener(host), *folder)).empty()) {
    return Error(Errc::corrupt, "settle() found work a second time");
  }
  return {};
}

class ExpectPowerCut final : public Expectation {
 public:
  ExpectPowerCut(std::string text) : Expectation(std::move(text)) {}

  Result<std::string> check(const Stage& stage) const override {
    Changes changes = TRY(planned_changes(stage));
    DevicePtr file = TRY(MemoryCopy::of(*TRY(FileDevice::open(stage.before))));
    Twins twins(stage, changes);
    TRY(twins.prepare(TRY(open_image(file))));
    Files before = {{kImage, power_cut::Content(file)}};
    auto work = [&](const std::shared_ptr<Host>& host) {
      auto folder = power_cut::journals_on(host, kImage);
      repair::JournalHead head;
      head.id = images::seeded_guid(stage.seed, "journal");
      head.time = images::kBuildTime;
      head.description = "{}";
      // Whether it ended well is the judge's to say.
      static_cast<void>(repair::commit(opener(host), *folder, head, changes));
    };
    power_cut::Tally tally = TRY(power_cut::for_each_cut(
        before, work, [&](const Files& after) { return judge(after, twins); },
        {.seed = stage.seed, .outcome_count_max = kOutcomeCountMax}));
    return power_cut::to_string(tally, stage.seed);
  }
};

}  // namespace

Result<ExpectationPtr> expect_power_cut(std::string_view sentence) {
  constexpr std::string_view kKnown =
      "every write and every flush ends in before or after";
  if (sentence != kKnown) {
    return Error(Errc::bad_argument,
                 fmt::format("'{}' isn't known; '{}' is", sentence, kKnown));
  }
  return std::make_shared<const ExpectPowerCut>("power_cut: " + std::string(sentence));
}

}  // namespace drydock::scenarios
