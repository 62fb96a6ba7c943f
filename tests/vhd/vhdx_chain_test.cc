// Differencing VHDX files and what they stand on.

#include <random>

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;

// What VhdxBuilder gives every file.
constexpr const char* kDataWriteGuid = "{bbbbbbbb-0000-0000-0000-000000000001}";

std::string words_of(const Result<ImagePtr>& image) {
  return image ? "" : image.error().describe();
}

Result<ImagePtr> open_child(ByteVector bytes,
                            const std::shared_ptr<const Image>& parent,
                            ImageOptions options = {}) {
  options.parent = parent;
  options.make_guid = counting_guids();
  return vhdx::Image::open(std::make_shared<MemoryDevice>(std::move(bytes)), options);
}

// A disk of eight MiB, each full of 0xA0 + its number.
ImagePtr parent_of_eight(std::uint32_t sector_size = 512) {
  VhdxBuilder file({.logical_sector_size = sector_size});
  for (unsigned block = 0; block < 8; ++block) file.add_block(block, 0xA0 + block);
  auto image = open_bytes(file.bytes);
  EXPECT_TRUE(image) << words_of(image);
  return image ? *image : nullptr;
}

VhdxBuilder child_file(VhdxText text = {}) {
  text.flags = 2;
  VhdxBuilder file(text);
  file.add_parent(kDataWriteGuid);
  return file;
}

TEST(VhdxChain, EachStateOfABlockSaysWhoHasItsBytes) {
  VhdxBuilder file = child_file();
  file.add_block(1, 0x11);                        // FULLY_PRESENT
  file.set_block(2, 2, 0);                        // ZERO
  file.set_block(3, 3, 0);                        // UNMAPPED
  file.set_block(4, 1, 0);                        // UNDEFINED
  file.set_block(5, 3, file.add_block(5, 0x55));  // UNMAPPED, and has its space
  file.set_block(6, 7, file.add_block(6, 0x66));  // PARTIALLY_PRESENT
  std::uint64_t bitmap = file.add_bitmap(0);
  put(file.bytes, bitmap + 6 * 256, 2, 0x8001);  // sectors 0 and 15 are here
  auto child = open_child(file.bytes, parent_of_eight());
  ASSERT_TRUE(child) << words_of(child);
  auto shown = [&](std::uint64_t offset) { return byte_at(**child, offset); };
  EXPECT_EQ(shown(0), 0xA0u);
  EXPECT_EQ(shown(1 * kMiB), 0x11u);
  for (std::uint64_t block : Numbers{2, 3, 4, 5}) EXPECT_EQ(shown(block * kMiB), 0u);
  EXPECT_EQ(read_all(**child, 6 * kMiB, 512), filled(512, 0x66));
  EXPECT_EQ(read_all(**child, 6 * kMiB + 512, 14 * 512), filled(14 * 512, 0xA6));
  EXPECT_EQ(read_all(**child, 6 * kMiB + 15 * 512, 512), filled(512, 0x66));
  EXPECT_EQ(shown(6 * kMiB + 16 * 512), 0xA6u);
  EXPECT_EQ(shown(7 * kMiB), 0xA7u);
}

TEST(VhdxChain, TheBitmapOfABlockThatIsWhollyHereIsNotLookedAt) {
  VhdxBuilder file = child_file();
  file.add_block(0, 0x11);
  file.add_bitmap(0);  // all zeros: everything would be the parent's
  auto child = open_child(file.bytes, parent_of_eight());
  ASSERT_TRUE(child) << words_of(child);
  EXPECT_EQ(byte_at(**child, 0), 0x11u);
}

TEST(VhdxChain, ABlockThatIsHereInPartNeedsABitmap) {
  VhdxBuilder file = child_file();
  file.set_block(0, 7, file.add_block(0, 0x11));
  EXPECT_THAT(words_of(open_child(file.bytes, parent_of_eight())),
              HasSubstr("no sector bitmap"));
}

TEST(VhdxChain, ABlockThatIsHereInPartNeedsAParent) {
  VhdxBuilder file;
  file.set_block(0, 7, file.add_block(0, 0x11));
  EXPECT_THAT(why_not(file.bytes), HasSubstr("state 7"));
}

TEST(VhdxChain, ABitmapOnTopOfABlockIsCorrupt) {
  VhdxBuilder file = child_file();
  std::uint64_t bitmap = file.add_bitmap(0);
  file.set_block(0, 6, bitmap);
  EXPECT_THAT(words_of(open_child(file.bytes, parent_of_eight())),
              HasSubstr("overlaps"));
}

TEST(VhdxChain, MapSaysHowDeepTheBytesAre) {
  VhdxBuilder file = child_file();
  std::uint64_t place = file.add_block(1, 0x11);
  file.set_block(2, 2, 0);
  auto child = open_child(file.bytes, parent_of_eight());
  ASSERT_TRUE(child) << words_of(child);
  auto below = (*child)->map(512);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->depth, 1u);
  EXPECT_EQ(below->length, kMiB - 512);
  EXPECT_TRUE(below->present);
  auto here = (*child)->map(kMiB);
  EXPECT_EQ(here->depth, 0u);
  EXPECT_EQ(here->file_offset, place);
  auto zero = (*child)->map(2 * kMiB);
  EXPECT_TRUE(zero->zero);
  EXPECT_TRUE(zero->present);
  EXPECT_EQ(zero->depth, 0u);
  EXPECT_EQ((*child)->map(8 * kMiB)->length, 0u);
  EXPECT_EQ((*child)->map(8 * kMiB + 1).error().code(), Errc::bad_argument);
}

TEST(VhdxChain, AParentThatWasWrittenToIsRefusedAndCanBeForced) {
  VhdxBuilder file({.flags = 2});
  file.add_parent("{bbbbbbbb-0000-0000-0000-000000000002}");
  ImagePtr parent = parent_of_eight();
  auto child = open_child(file.bytes, parent);
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code(), Errc::bad_argument);
  EXPECT_THAT(child.error().words(), HasSubstr("has been written to since"));
  EXPECT_TRUE(open_child(file.bytes, parent, {.accept_any_parent = true}));
}

TEST(VhdxChain, ALinkageThatAMergeLeftBehindIsAsGood) {
  VhdxBuilder file({.flags = 2});
  file.add_item(
      "a8d35f2d-b30b-454d-abf7-d3d84834ab0c",
      parent_locator({{"parent_linkage", "{bbbbbbbb-0000-0000-0000-000000000009}"},
                      {"parent_linkage2", kDataWriteGuid}}),
      4);
  auto child = open_child(file.bytes, parent_of_eight());
  EXPECT_TRUE(child) << words_of(child);
}

TEST(VhdxChain, AParentWithOtherSectorsOrOfAnotherFormatIsRefused) {
  ByteVector bytes = child_file().bytes;
  EXPECT_EQ(open_child(bytes, parent_of_eight(4096)).error().code(), Errc::unsupported);
  auto raw = open_image(std::make_shared<MemoryDevice>(8 * kMiB));
  EXPECT_EQ(open_child(bytes, *raw).error().code(), Errc::unsupported);
}

TEST(VhdxChain, PastTheEndOfASmallerParentAreZeros) {
  auto child =
      open_child(child_file({.virtual_size = 12 * kMiB}).bytes, parent_of_eight());
  ASSERT_TRUE(child) << words_of(child);
  EXPECT_EQ(read_all(**child, 8 * kMiB - 512, 512), filled(512, 0xA7));
  EXPECT_EQ(read_all(**child, 8 * kMiB, 4 * kMiB), filled(4 * kMiB, 0));
  EXPECT_TRUE((*child)->extent(9 * kMiB)->zero);
}

// Writes of all sizes and kinds into a chain of three, held against a plain array.
class RandomChain : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::uint64_t kSize = 9 * kMiB - 4096;

  void add_layer(std::uint32_t block_size) {
    VhdxText text{.virtual_size = kSize,
                  .block_size = block_size,
                  .flags = layers_.empty() ? 0u : 2u,
                  .logical_sector_size = GetParam()};
    VhdxBuilder file(text);
    if (!layers_.empty()) file.add_parent(to_string(*image_->facts().link_id));
    layers_.push_back(std::make_shared<MemoryDevice>(file.bytes));
    open_top();
  }
  void open_top() {
    std::shared_ptr<const Image> parent;
    for (const auto& layer : layers_) {
      bool top = layer == layers_.back();
      auto opened = vhdx::Image::open(layer, {.writable = top,
                                              .make_guid = [this]() -> Result<Guid> {
                                                Guid guid;
                                                put(guid.bytes, 0, 8, ++guid_count_);
                                                return guid;
                                              },
                                              .parent = parent});
      ASSERT_TRUE(opened) << words_of(opened);
      parent = image_ = *opened;
    }
  }

  void expect(const Done& done) {
    EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  }
  void change() {
    std::uint64_t offset = dice_() % kSize;
    std::uint64_t length_max = dice_() % 3 == 0 ? 3 * kMiB : 6000;
    std::uint64_t length = std::min(1 + dice_() % length_max, kSize - offset);
    if (dice_() % 2 == 0) {  // whole blocks, or at least whole sectors
      offset = offset / kMiB * kMiB;
      length = std::min((length + 4095) / 4096 * 4096, kSize - offset);
    }
    MutableBytes model = MutableBytes(model_).subspan(offset, length);
    switch (dice_() % 6) {
      case 0:
        expect(image_->zero(offset, length));
        std::memset(model.data(), 0, length);
        break;
      case 1: {
        expect(image_->trim(offset, length));
        ByteVector now = read_all(*image_, offset, length);
        for (std::size_t i = 0; i < length; ++i) {
          if (now[i] != model[i]) {
            ASSERT_EQ(now[i], std::byte{0});
          }
        }
        std::memcpy(model.data(), now.data(), length);
        break;
      }
      default: {
        ByteVector bytes = filled(length, static_cast<unsigned>(1 + dice_() % 255));
        expect(image_->write(offset, bytes));
        std::memcpy(model.data(), bytes.data(), length);
      }
    }
  }
  // All that anybody can see of the chain is what the model holds.
  void check() {
    EXPECT_TRUE(read_all(*image_, 0, kSize) == model_);
    for (std::uint64_t at = 0; at < kSize;) {
      auto extent = image_->extent(at);
      ASSERT_TRUE(extent);
      if (extent->zero) {
        EXPECT_TRUE(is_zero(Bytes(model_).subspan(at, extent->length))) << at;
      }
      at += extent->length;
    }
  }

  std::mt19937_64 dice_{GetParam()};
  std::uint64_t guid_count_ = 0;
  ByteVector model_ = ByteVector(kSize);
  std::vector<std::shared_ptr<MemoryDevice>> layers_;
  ImagePtr image_;
};

TEST_P(RandomChain, ShowsWhatWasWritten) {
  for (std::uint32_t block_size : {1u, 4u, 2u}) {
    add_layer(block_size * static_cast<std::uint32_t>(kMiB));
    for (int round = 0; round < 8; ++round) {
      for (int i = 0; i < 12; ++i) change();
      if (dice_() % 2 == 0) check();
      expect(image_->flush());
      open_top();
      check();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfBothSectorSizes, RandomChain,
                         ::testing::Values(512u, 4096u));

TEST(VhdxRelink, NamesAnotherParentAndKeepsEverythingElse) {
  VhdxBuilder file = child_file();
  file.add_block(1, 0x11);
  WritableVhdx child(file.bytes, parent_of_eight());
  ParentLink link{.link_id = "cccccccc-0000-0000-0000-000000000003"_guid,
                  .link_id2 = parse_guid(kDataWriteGuid),
                  .relative_path = ".\\" + std::string(300, 'p') + ".vhdx",
                  .absolute_path = "C:\\other.vhdx"};
  auto done = child.image->relink(link);
  ASSERT_TRUE(done) << done.error().describe();
  auto facts = examine_image(std::make_shared<MemoryDevice>(child.bytes()));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent_link_id, link.link_id);
  EXPECT_EQ(facts->parent_link_id2, link.link_id2);
  EXPECT_EQ(facts->parent_paths,
            (std::vector<std::string>{link.relative_path, link.absolute_path}));
  EXPECT_EQ(facts->log, ImageLog::clean);
  // It is still what its own linkage2 says, and its contents are no others.
  auto again = open_child(child.bytes(), parent_of_eight());
  ASSERT_TRUE(again) << words_of(again);
  EXPECT_EQ(byte_at(**again, kMiB), 0x11u);
  EXPECT_EQ((*again)->facts().data_guid, parse_guid(kDataWriteGuid));
}

TEST(VhdxRelink, IsOfADifferencingImageOnly) {
  WritableVhdx image(VhdxBuilder().bytes);
  EXPECT_EQ(image.image->relink({}).error().code(), Errc::unsupported);
}

TEST(VhdxChain, SpaceThatWasFreedIsUsedAgainAfterTheNextFlush) {
  VhdxBuilder file;
  for (unsigned block = 0; block < 4; ++block) file.add_block(block, 0x10 + block);
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  auto image =
      vhdx::Image::open(device, {.writable = true, .make_guid = counting_guids()});
  ASSERT_TRUE(image);
  ASSERT_TRUE((*image)->zero(kMiB, 2 * kMiB));
  ASSERT_TRUE((*image)->write(5 * kMiB, filled(512, 0x55)));
  std::uint64_t size = device->size();
  EXPECT_EQ(size, file.bytes.size() + kMiB);  // not yet
  ASSERT_TRUE((*image)->flush());
  ASSERT_TRUE((*image)->write(6 * kMiB, filled(512, 0x66)));
  ASSERT_TRUE((*image)->write(7 * kMiB, filled(512, 0x77)));
  ASSERT_TRUE((*image)->flush());
  EXPECT_EQ(device->size(), size);
  // Nothing shows of what was there.
  EXPECT_EQ(read_all(**image, 6 * kMiB + 512, kMiB - 512), filled(kMiB - 512, 0));
  EXPECT_EQ(read_all(**image, 1 * kMiB, 2 * kMiB), filled(2 * kMiB, 0));
}

TEST(VhdxChain, ZerosInAFixedFileKeepTheBlock) {
  VhdxBuilder file({.flags = 1});
  file.add_block(0, 0x11);
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  auto image =
      vhdx::Image::open(device, {.writable = true, .make_guid = counting_guids()});
  ASSERT_TRUE(image);
  ASSERT_TRUE((*image)->zero(0, kMiB));
  ASSERT_TRUE((*image)->flush());
  EXPECT_EQ(read_all(**image, 0, kMiB), filled(kMiB, 0));
  EXPECT_TRUE((*image)->map(0)->present);
}

}  // namespace
}  // namespace drydock::testing
