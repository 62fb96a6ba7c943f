// An image is made, and the power goes at every write, resize and flush of it:
// what lies there then is either no VHDX at all, or the whole one.

#include <gtest/gtest.h>

#include <iostream>

#include "harness/power_cut/cuts.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/base/try.h"
#include "vhd/create.h"
#include "vhd/image.h"

namespace drydock::testing {
namespace {

using power_cut::Files;
using power_cut::Host;

constexpr const char* kName = "new.vhdx";

MakeGuid counting_guids() {
  return [count = std::make_shared<std::uint64_t>(0xC0)]() -> Result<Guid> {
    Guid guid;
    put(guid.bytes, 0, 8, ++*count);
    return guid;
  };
}

bool is_vhdx(const power_cut::Content& content) {
  ByteVector mark(8);
  return content.size() >= mark.size() && content.read(0, mark) &&
         as_text(mark) == "vhdxfile";
}

// A file that is taken for a VHDX shows a disk of the right size, all zeros, and
// takes writes.
Done judge_image(const Files& after, std::uint64_t size) {
  auto found = after.find(kName);
  if (found == after.end() || !is_vhdx(found->second)) return {};
  std::shared_ptr<Host> host = Host::start(after);
  auto image = TRY(open_image(TRY(host->open_for_writing(kName)),
                              {.writable = true, .make_guid = counting_guids()}));
  if (image->size() != size) return Error(Errc::corrupt, "it has another size");
  ByteVector sector(512);
  for (std::uint64_t at = 0; at < size; at += kMiB) {
    TRY(image->read(at, sector));
    if (!is_zero(sector)) return Error(Errc::corrupt, "it isn't empty");
  }
  TRY(image->write(kMiB, ByteVector(512, std::byte{1})));
  return image->flush();
}

void survives_every_cut(ImageKind kind) {
  constexpr std::uint64_t kSize = 4 * kMiB;
  bool whole = false;
  auto work = [&](const std::shared_ptr<Host>& host) {
    whole = false;
    auto file = host->create(kName);
    if (!file || !host->flush_names()) return;
    whole = static_cast<bool>(
        create_image(**file, {.kind = kind,
                              .virtual_size = kSize,
                              .block_size = static_cast<std::uint32_t>(kMiB),
                              .make_guid = counting_guids()}));
  };
  auto judge = [&](const Files& after) -> Done {
    if (whole && !is_vhdx(after.at(kName))) {
      return Error(Errc::corrupt, "it was made, and is gone");
    }
    return judge_image(after, kSize);
  };
  auto tally = power_cut::for_each_cut({}, work, judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  std::cout << to_string(*tally, power_cut::CutOptions{}.seed) << "\n";
  EXPECT_GT(tally->outcome_count, 200u);
}

TEST(CreatePowerCut, ADynamicImageIsWholeOrNone) {
  survives_every_cut(ImageKind::dynamic);
}

TEST(CreatePowerCut, AFixedImageIsWholeOrNone) { survives_every_cut(ImageKind::fixed); }

}  // namespace
}  // namespace drydock::testing
