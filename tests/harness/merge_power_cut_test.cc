// A child is merged into its parent, and the power goes at every write, resize and
// flush of it.  Whatever is kept, the child opens on its parent and shows what it
// showed; no sector of the parent shows what neither of them held; and the merge, done
// again, comes to its end.

#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "harness/power_cut/cuts.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/base/try.h"
#include "vhd/create.h"
#include "vhd/merge.h"

namespace drydock::testing {
namespace {

using power_cut::Files;
using power_cut::Host;

constexpr const char* kParent = "base.vhdx";
constexpr const char* kChild = "child.avhdx";
constexpr std::uint64_t kSize = 6 * kMiB;

MakeGuid counting_guids(std::uint64_t from) {
  return [count = std::make_shared<std::uint64_t>(from)]() -> Result<Guid> {
    Guid guid;
    put(guid.bytes, 0, 8, ++*count);
    return guid;
  };
}

Result<std::shared_ptr<Image>> open_on(Host& host, const char* name,
                                       std::shared_ptr<const Image> parent = nullptr) {
  return open_image(TRY(host.open(name)), {.parent = std::move(parent)}).in(name);
}

Done write_value(Image& image, std::uint64_t offset, std::uint64_t length,
                 unsigned value) {
  return image.write(offset, ByteVector(length, static_cast<std::byte>(value)));
}

// Blocks of the parent that the child changes in part, as a whole, makes zeros of,
// leaves alone; and one that only the child has.
Done make_images(Host& host) {
  CreateOptions options{.virtual_size = kSize,
                        .block_size = static_cast<std::uint32_t>(kMiB),
                        .make_guid = counting_guids(0xA000)};
  auto file = TRY(host.create(kParent));
  TRY(create_image(*file, options));
  auto parent =
      TRY(open_image(file, {.writable = true, .make_guid = counting_guids(0xB000)}));
  for (unsigned block : {0, 1, 2, 3}) {
    TRY(write_value(*parent, block * kMiB, 4096, 0x10 + block));
  }
  TRY(parent->flush());
  auto child_file = TRY(host.create(kChild));
  options.kind = ImageKind::differencing;
  options.parent = parent;
  options.parent_link.relative_path = ".\\base.vhdx";
  TRY(create_image(*child_file, options));
  auto child = TRY(open_image(
      child_file,
      {.writable = true, .make_guid = counting_guids(0xC000), .parent = parent}));
  TRY(write_value(*child, 512, 1024, 0x21));
  TRY(write_value(*child, 1 * kMiB, kMiB, 0x22));
  TRY(child->zero(2 * kMiB, kMiB));
  TRY(write_value(*child, 4 * kMiB + 512, 512, 0x23));
  TRY(child->flush());
  return host.flush_names();
}

// The first sectors of each block, which hold all that was written in it.
constexpr std::uint64_t kProbeLength = 8192;

Result<ByteVector> probe(const BlockDevice& disk) {
  ByteVector bytes(kSize / kMiB * kProbeLength);
  for (std::uint64_t block = 0; block < kSize / kMiB; ++block) {
    TRY(disk.read(block * kMiB,
                  MutableBytes(bytes).subspan(block * kProbeLength, kProbeLength)));
  }
  return bytes;
}

Done merge_on(Host& host, std::uint64_t guids) {
  MergeOptions options{.make_guid = counting_guids(guids)};
  options.link.relative_path = ".\\base.vhdx";
  MergeFiles files;
  files.child = TRY(host.open_for_writing(kChild));
  files.parent = TRY(host.open_for_writing(kParent));
  TRY(merge_into_parent(files, options));
  return {};
}

class MergePowerCut : public ::testing::Test {
 protected:
  void SetUp() override {
    auto host = Host::start({});
    Done made = make_images(*host);
    ASSERT_TRUE(made) << made.error().describe();
    before_ = host->files();
    auto parent = open_on(*host, kParent);
    ASSERT_TRUE(parent);
    auto child = open_on(*host, kChild, *parent);
    ASSERT_TRUE(child) << child.error().describe();
    parent_shows_ = *probe(**parent);
    child_shows_ = *probe(**child);
  }

  Done judge(const Files& after) const {
    auto host = Host::start(after);
    {
      auto parent = TRY(open_on(*host, kParent));
      auto child = TRY(open_on(*host, kChild, parent));
      if (TRY(probe(*child)) != child_shows_) {
        return Error(Errc::corrupt, "the child shows another disk");
      }
      TRY(judge_parent(*parent));
    }
    TRY(merge_on(*host, 0xE000).in("the second merge"));
    auto parent = TRY(open_on(*host, kParent));
    if (TRY(probe(*parent)) != child_shows_) {
      return Error(Errc::corrupt, "the second merge left another disk");
    }
    auto child = TRY(open_on(*host, kChild, parent).in("after the second merge"));
    return TRY(probe(*child)) == child_shows_
               ? Done()
               : Error(Errc::corrupt, "the merged child shows another disk");
  }

  // Each sector is the parent's or the child's.
  Done judge_parent(const BlockDevice& parent) const {
    ByteVector shows = TRY(probe(parent));
    for (std::size_t at = 0; at < shows.size(); at += 512) {
      if (std::memcmp(&shows[at], &parent_shows_[at], 512) != 0 &&
          std::memcmp(&shows[at], &child_shows_[at], 512) != 0) {
        return Error(Errc::corrupt, "a sector of the parent is nobody's");
      }
    }
    return {};
  }

  Files before_;
  ByteVector parent_shows_;
  ByteVector child_shows_;
};

TEST_F(MergePowerCut, TheChildShowsTheSameAtEveryCut) {
  auto work = [](const std::shared_ptr<Host>& host) {
    static_cast<void>(merge_on(*host, 0xD000));
  };
  power_cut::CutOptions options{.outcome_count_max = 6};
  auto tally = power_cut::for_each_cut(
      before_, work, [this](const Files& after) { return judge(after); }, options);
  ASSERT_TRUE(tally) << tally.error().describe();
  std::cout << to_string(*tally, options.seed) << "\n";
  EXPECT_GT(tally->cut_count, 20u);
}

TEST_F(MergePowerCut, AHostThatRefusesOnceLosesNothing) {
  auto work = [](const std::shared_ptr<Host>& host) {
    static_cast<void>(merge_on(*host, 0xD000));
  };
  power_cut::CutOptions options{.outcome_count_max = 3};
  auto tally = power_cut::for_each_fault(
      before_, Errc::io, work, [this](const Files& after) { return judge(after); },
      options);
  ASSERT_TRUE(tally) << tally.error().describe();
  std::cout << to_string(*tally, options.seed) << "\n";
}

TEST_F(MergePowerCut, AMergeThatIsLeftAloneEndsWithOneName) {
  auto host = Host::start(before_);
  ASSERT_TRUE(merge_on(*host, 0xD000));
  auto parent = open_on(*host, kParent);
  ASSERT_TRUE(parent);
  EXPECT_EQ(*probe(**parent), child_shows_);
  auto facts = examine_image(*host->open(kChild));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent_link_id, (*parent)->facts().link_id);
  EXPECT_EQ(facts->parent_link_id2, std::nullopt);
}

}  // namespace
}  // namespace drydock::testing
