// What is done to an image while the power goes, and how every outcome is tried: the
// same for all containers.

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "harness/power_cut/cuts.h"
#include "tests/support/sector_history.h"
#include "vhd/image.h"

namespace drydock::testing {

// One step, of those that are done in order.
struct Step {
  enum { write, zero, trim, flush, reopen, compact, resize, relink } kind;
  std::uint64_t offset = 0;  // of a resize: the size
  std::uint64_t length = 0;  // of a relink: how long the parent's path is
  unsigned value = 0;
};

inline Done run_step(Image& image, const Step& step, SectorHistory& history) {
  switch (step.kind) {
    case Step::write:
      history.written(step.offset, step.length, step.value);
      return image.write(step.offset,
                         ByteVector(step.length, static_cast<std::byte>(step.value)));
    case Step::zero:
      history.written(step.offset, step.length, 0);
      return image.zero(step.offset, step.length);
    case Step::trim:  // of whole blocks, which become zeros
      history.written(step.offset, step.length, 0);
      return image.trim(step.offset, step.length);
    case Step::compact:
      TRY(image.compact({}));
      history.flushed();
      break;
    case Step::resize:
      history.resized(step.offset);
      TRY(image.resize(step.offset));
      history.flushed();
      break;
    case Step::relink:
      TRY(image.relink({.link_id = *image.facts().parent_link_id,
                        .link_id2 = {},
                        .relative_path = std::string(step.length, 'p'),
                        .absolute_path = {}}));
      history.flushed();
      break;
    case Step::flush:
      TRY(image.flush());
      history.flushed();
      break;
    case Step::reopen:
      break;
  }
  return {};
}

// Opens the image for writing; its GUIDs count from there.
using OpenOn = std::function<Result<std::shared_ptr<Image>>(power_cut::Host& host,
                                                            std::uint64_t guids)>;

// Ends where the host fails.
inline Done run_steps(const std::vector<Step>& steps, const OpenOn& open_on,
                      power_cut::Host& host, SectorHistory& history) {
  std::uint64_t guids = 0xD0D000;
  auto image = TRY(open_on(host, guids));
  for (const Step& step : steps) {
    TRY(run_step(*image, step, history));
    if (step.kind != Step::reopen) continue;
    image.reset();
    image = TRY(open_on(host, guids += 0x1000));
  }
  return {};
}

enum class Trouble { cut, fault };

// Every outcome of every cut (or fault) of the steps is judged, with what each sector
// may show then.
inline Done try_everything(
    const power_cut::Files& before, const std::vector<Step>& steps,
    const OpenOn& open_on, const SectorHistory& first, Trouble trouble,
    const std::function<Done(const power_cut::Files&, const SectorHistory&)>& judge) {
  SectorHistory history = first;
  auto work = [&](const std::shared_ptr<power_cut::Host>& host) {
    history = first;
    static_cast<void>(run_steps(steps, open_on, *host, history));
  };
  auto judge_outcome = [&](const power_cut::Files& after) {
    return judge(after, history);
  };
  power_cut::Tally tally =
      TRY(trouble == Trouble::cut
              ? power_cut::for_each_cut(before, work, judge_outcome)
              : power_cut::for_each_fault(before, Errc::io, work, judge_outcome));
  std::cout << to_string(tally, power_cut::CutOptions{}.seed) << "\n";
  return {};
}

inline ::testing::AssertionResult holds(const Done& done) {
  if (done) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << done.error().describe();
}

}  // namespace drydock::testing
