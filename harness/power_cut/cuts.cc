#include "harness/power_cut/cuts.h"

#include <fmt/format.h>

#include <random>

#include "vhd/base/try.h"

namespace drydock::power_cut {

namespace {

// Every combination of `part_count` bits.
std::vector<Outcome> all_combinations(std::size_t part_count) {
  std::vector<Outcome> all;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << part_count; ++bits) {
    Outcome outcome(part_count);
    for (std::size_t i = 0; i < part_count; ++i) outcome[i] = (bits >> i & 1) != 0;
    all.push_back(std::move(outcome));
  }
  return all;
}

// All parts as `others`, but those of the event at `index`.
Outcome all_but(const std::vector<Unsafe>& unsafe, std::size_t index, bool others) {
  Outcome outcome;
  for (std::size_t i = 0; i < unsafe.size(); ++i) {
    outcome.insert(outcome.end(), unsafe[i].part_count, i == index ? !others : others);
  }
  return outcome;
}

// Each event kept, lost or torn, as the dice say.
Outcome drawn(const std::vector<Unsafe>& unsafe, std::mt19937_64& dice) {
  Outcome outcome;
  for (const Unsafe& event : unsafe) {
    std::uint64_t fate = dice() % 3;
    for (std::size_t i = 0; i < event.part_count; ++i) {
      outcome.push_back(fate == 0 || (fate == 2 && dice() % 2 == 0));
    }
  }
  return outcome;
}

std::string describe(const Host& host, const std::vector<Unsafe>& unsafe,
                     const Outcome& outcome) {
  std::string text;
  std::size_t part = 0;
  for (const Unsafe& event : unsafe) {
    std::string fates;
    for (std::size_t i = 0; i < event.part_count; ++i) {
      fates += outcome[part++] ? '+' : '-';
    }
    if (!text.empty()) text += "; ";
    text += fmt::format("{} {} [{}]", event.event,
                        to_string(host.events()[event.event - 1]), fates);
  }
  return text.empty() ? "nothing was unsafe" : text;
}

// What a cut now may leave.
Done judge_outcomes(const Host& host, const Judge& judge, std::uint64_t cut,
                    CutOptions options, Tally& tally) {
  std::vector<Unsafe> unsafe = host.unsafe();
  // Each cut has dice of its own, so that none depends on those before it.
  std::uint64_t seed = options.seed * 0x9e3779b97f4a7c15 + cut;
  Outcomes outcomes = outcomes_of(
      unsafe, {.seed = seed, .outcome_count_max = options.outcome_count_max});
  ++tally.cut_count;
  if (!outcomes.complete) ++tally.drawn_cut_count;
  for (const Outcome& outcome : outcomes.tried) {
    ++tally.outcome_count;
    Files after = TRY(host.after_cut(outcome));
    TRY(judge(after).in(describe(host, unsafe, outcome)));
  }
  return {};
}

std::uint64_t count_events(const Files& before, const Work& work) {
  std::shared_ptr<Host> host = Host::start(before);
  work(host);
  return host->events().size();
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  event_count += other.event_count;
  cut_count += other.cut_count;
  outcome_count += other.outcome_count;
  drawn_cut_count += other.drawn_cut_count;
  return *this;
}

std::string to_string(const Tally& tally, std::uint64_t seed) {
  return fmt::format("{} events, {} cuts, {} outcomes ({} cuts drawn from seed {})",
                     tally.event_count, tally.cut_count, tally.outcome_count,
                     tally.drawn_cut_count, seed);
}

Outcomes outcomes_of(const std::vector<Unsafe>& unsafe, CutOptions options) {
  std::size_t part_count = 0;
  for (const Unsafe& event : unsafe) part_count += event.part_count;
  constexpr std::size_t kShiftMax = 30;  // More would not fit into any patience.
  if (part_count <= kShiftMax &&
      std::size_t{1} << part_count <= options.outcome_count_max) {
    return {.tried = all_combinations(part_count), .complete = true};
  }
  Outcomes outcomes;
  outcomes.tried.push_back(Outcome(part_count, false));
  outcomes.tried.push_back(Outcome(part_count, true));
  // Half of the room for one event out of step with all others: the latest
  // events first, because a missing flush is most often a recent one.
  for (std::size_t i = unsafe.size(); i-- > 0;) {
    if (outcomes.tried.size() + 2 > options.outcome_count_max / 2) break;
    outcomes.tried.push_back(all_but(unsafe, i, true));
    outcomes.tried.push_back(all_but(unsafe, i, false));
  }
  std::mt19937_64 dice(options.seed);
  while (outcomes.tried.size() < options.outcome_count_max) {
    outcomes.tried.push_back(drawn(unsafe, dice));
  }
  return outcomes;
}

Result<Tally> for_each_cut(const Files& before, const Work& work, const Judge& judge,
                           CutOptions options) {
  Tally tally{.event_count = count_events(before, work)};
  for (std::uint64_t event = 1; event <= tally.event_count + 1; ++event) {
    std::shared_ptr<Host> host = Host::start(before);
    host->cut_at(event);
    work(host);
    TRY(judge_outcomes(*host, judge, event, options, tally)
            .in(fmt::format("power cut at event {} of {}, seed {}", event,
                            tally.event_count, options.seed)));
  }
  return tally;
}

Result<Tally> for_each_fault(const Files& before, Errc code, const Work& work,
                             const Judge& judge, CutOptions options) {
  Tally tally{.event_count = count_events(before, work)};
  for (std::uint64_t event = 1; event <= tally.event_count; ++event) {
    std::shared_ptr<Host> host = Host::start(before);
    host->fail_at(event, code);
    work(host);
    std::string place =
        fmt::format("{} at event {} of {}: {}", to_string(code), event,
                    tally.event_count, to_string(host->events()[event - 1]));
    ++tally.outcome_count;
    TRY(judge(host->files()).in("the power stayed").in(place));
    TRY(judge_outcomes(*host, judge, event, options, tally).in(place));
  }
  return tally;
}

}  // namespace drydock::power_cut
