// An image is made, and the power goes at every write, resize and flush of it:
// what lies there then is either no such image at all, or the whole one.

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

// A VHDX has its mark last: what bears it is to be whole.
bool is_of(const power_cut::Content& content, ImageFormat format) {
  ByteVector mark(8);
  bool marked = content.read(0, mark) && as_text(mark) == "vhdxfile";
  if (marked) return format == ImageFormat::vhdx;
  auto facts = examine_image(content.device());
  return facts && facts->format == format;
}

// A file that is taken for what it was to be shows a disk of the right size, all
// zeros, and takes writes.
Done judge_image(const Files& after, ImageFormat format, std::uint64_t size) {
  auto found = after.find(kName);
  if (found == after.end() || !is_of(found->second, format)) return {};
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

// With blocks of 1 MiB, where it has blocks.
void survives_every_cut(ImageFormat format, ImageKind kind,
                        std::uint64_t outcome_count_min) {
  constexpr std::uint64_t kSize = 4 * kMiB;
  bool whole = false;
  CreateOptions options{.format = format, .kind = kind, .virtual_size = kSize};
  bool has_blocks = format == ImageFormat::vhdx || kind == ImageKind::dynamic;
  if (has_blocks) options.block_size = static_cast<std::uint32_t>(kMiB);
  auto work = [&](const std::shared_ptr<Host>& host) {
    whole = false;
    auto file = host->create(kName);
    if (!file || !host->flush_names()) return;
    options.make_guid = counting_guids();
    whole = static_cast<bool>(create_image(**file, options));
  };
  auto judge = [&](const Files& after) -> Done {
    if (whole && !is_of(after.at(kName), format)) {
      return Error(Errc::corrupt, "it was made, and is gone");
    }
    return judge_image(after, format, kSize);
  };
  auto tally = power_cut::for_each_cut({}, work, judge);
  ASSERT_TRUE(tally) << tally.error().describe();
  std::cout << to_string(*tally, power_cut::CutOptions{}.seed) << "\n";
  EXPECT_GE(tally->outcome_count, outcome_count_min);
}

TEST(CreatePowerCut, ADynamicVhdxIsWholeOrNone) {
  survives_every_cut(ImageFormat::vhdx, ImageKind::dynamic, 200);
}

TEST(CreatePowerCut, AFixedVhdxIsWholeOrNone) {
  survives_every_cut(ImageFormat::vhdx, ImageKind::fixed, 200);
}

TEST(CreatePowerCut, ARawDiskIsWholeOrNone) {
  survives_every_cut(ImageFormat::raw, ImageKind::raw, 5);
}

TEST(CreatePowerCut, ADynamicVhdIsWholeOrNone) {
  survives_every_cut(ImageFormat::vhd, ImageKind::dynamic, 100);
}

// A resize, a write and a flush.
TEST(CreatePowerCut, AFixedVhdIsWholeOrNone) {
  survives_every_cut(ImageFormat::vhd, ImageKind::fixed, 8);
}

}  // namespace
}  // namespace drydock::testing
