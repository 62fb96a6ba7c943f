#include "vhd/image.h"

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

using ::testing::HasSubstr;

Result<std::shared_ptr<Image>> open_any(ByteVector bytes) {
  return open_image(std::make_shared<MemoryDevice>(std::move(bytes)));
}

// The facts of bytes that can't be opened; opening them must fail in the same
// words.
ImageFacts facts_of_refused(const ByteVector& bytes) {
  auto facts = examine_image(std::make_shared<MemoryDevice>(bytes));
  EXPECT_TRUE(facts) << (facts ? "" : facts.error().describe());
  if (!facts) return {};
  auto image = open_any(bytes);
  EXPECT_FALSE(image);
  EXPECT_EQ(image.error().code(), Errc::unsupported);
  EXPECT_EQ(facts->refusal.value_or("(none)"), image.error().words());
  return *facts;
}

// What qemu-img makes with these words, as bytes.
ByteVector qemu_made(const std::string& options) {
  TempFolder folder;
  shell("qemu-img create -q " + options.substr(0, options.find('#')) + " " +
        (folder / "image").string() + " " + options.substr(options.find('#') + 1));
  return read_file(folder / "image");
}

TEST(OpenImage, BytesWithoutAMarkAreARawDisk) {
  auto image = open_any(filled(100'000, 7));
  ASSERT_TRUE(image);
  EXPECT_EQ((*image)->facts().format, ImageFormat::raw);
  EXPECT_EQ((*image)->facts().kind, ImageKind::raw);
  EXPECT_EQ((*image)->facts().log, ImageLog::none);
  EXPECT_EQ((*image)->size(), 99'840u);  // whole sectors
  EXPECT_EQ(read_all(**image, 99'000, 840), filled(840, 7));
}

TEST(OpenImage, LessThanASectorIsNoDisk) {
  EXPECT_EQ(open_any({}).error().code(), Errc::corrupt);
  EXPECT_EQ(open_any(filled(511, 0)).error().code(), Errc::corrupt);
}

TEST(OpenImage, ARawDiskIsWrittenInPlaceAndOnlyIfAsked) {
  auto file = std::make_shared<MemoryDevice>(4096);
  auto reader = open_image(file);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->write(0, filled(1, 1)).error().code(), Errc::read_only);
  auto writer = open_image(file, {.writable = true, .make_guid = {}});
  ASSERT_TRUE(writer);
  EXPECT_TRUE((*writer)->write(1000, filled(1, 9)));
  EXPECT_EQ(file->bytes()[1000], std::byte{9});
}

TEST(OpenImage, AFlushOfARawDiskFlushesItsFile) {
  TempFolder folder;
  write_file(folder / "a.raw", filled(4096, 0));
  auto file = *FileDevice::open(folder / "a.raw", {.writable = true});
  auto image = *open_image(file, {.writable = true, .make_guid = {}});
  EXPECT_TRUE(image->write(0, filled(1, 1)));
  EXPECT_TRUE(image->flush());
  EXPECT_EQ(file->traffic().flush_count, 1u);
}

TEST(OpenImage, AVhdxIsToldByItsFirstBytes) {
  auto image = open_any(VhdxBuilder().bytes);
  ASSERT_TRUE(image) << image.error().describe();
  EXPECT_EQ((*image)->facts().format, ImageFormat::vhdx);
}

TEST(OpenImage, AWritableImageNeedsAWritableFile) {
  TempFolder folder;
  write_file(folder / "a.vhdx", VhdxBuilder().bytes);
  write_file(folder / "a.raw", filled(4096, 0));
  for (const char* name : {"a.vhdx", "a.raw"}) {
    auto image = open_image(*FileDevice::open(folder / name),
                            {.writable = true, .make_guid = {}});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code(), Errc::read_only);
  }
}

TEST(OpenImage, AVhdxThatWasCutInItsHeadersIsCorrupt) {
  ByteVector bytes = VhdxBuilder().bytes;
  bytes.resize(700'000);
  auto image = open_any(bytes);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Errc::corrupt);
  EXPECT_THAT(image.error().words(), HasSubstr("cut"));
}

// A VHD's kind, by examining and by opening it.
ImageKind kind_of_vhd(const ByteVector& bytes) {
  auto facts = examine_image(std::make_shared<MemoryDevice>(bytes));
  auto image = open_any(bytes);
  EXPECT_TRUE(facts && image);
  if (!facts || !image) return ImageKind::raw;
  EXPECT_EQ(facts->format, ImageFormat::vhd);
  EXPECT_EQ((*image)->facts().format, ImageFormat::vhd);
  EXPECT_EQ(facts->kind, (*image)->facts().kind);
  EXPECT_FALSE(facts->refusal);
  return facts->kind;
}

TEST(OpenImage, AFixedVhdIsToldByItsFooter) {
  DRYDOCK_NEEDS("qemu-img");
  ByteVector bytes = qemu_made("-f vpc -o subformat=fixed,force_size=on #4M");
  EXPECT_EQ(kind_of_vhd(bytes), ImageKind::fixed);
  EXPECT_EQ((*open_any(bytes))->size(), 4 * kMiB);
}

TEST(OpenImage, AFixedVhdMayLackTheLastByteOfItsFooter) {
  DRYDOCK_NEEDS("qemu-img");
  ByteVector bytes = qemu_made("-f vpc -o subformat=fixed,force_size=on #4M");
  bytes.pop_back();
  EXPECT_EQ(kind_of_vhd(bytes), ImageKind::fixed);
}

TEST(OpenImage, AFixedVhdWithADamagedFooterIsNotARawDisk) {
  DRYDOCK_NEEDS("qemu-img");
  ByteVector bytes = qemu_made("-f vpc -o subformat=fixed,force_size=on #4M");
  bytes[bytes.size() - 512 + 50] ^= std::byte{1};  // of its size
  EXPECT_EQ(open_any(bytes).error().code(), Errc::corrupt);
  auto facts = examine_image(std::make_shared<MemoryDevice>(bytes));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->refusal_code, Errc::corrupt);
  EXPECT_THAT(*facts->refusal, HasSubstr("checksum doesn't hold"));
}

TEST(OpenImage, ADynamicVhdIsToldAlsoByTheCopyOfItsFooter) {
  DRYDOCK_NEEDS("qemu-img");
  ByteVector bytes = qemu_made("-f vpc -o subformat=dynamic,force_size=on #40M");
  EXPECT_EQ(kind_of_vhd(bytes), ImageKind::dynamic);
  std::memset(bytes.data() + bytes.size() - 512, 0, 512);
  EXPECT_EQ(kind_of_vhd(bytes), ImageKind::dynamic);
}

TEST(OpenImage, NamesADifferencingVhdxAndWhereItsParentMayBe) {
  VhdxBuilder file({.flags = 2});
  file.add_item(
      "a8d35f2d-b30b-454d-abf7-d3d84834ab0c",
      parent_locator({{"parent_linkage", "{83ED0EC3-24C8-49A6-A959-5E4BF1288BFB}"},
                      {"absolute_win32_path", "\\\\?\\d:\\base.vhdx"},
                      {"parent_linkage2", "{83ed0ec3-24c8-49a6-a959-5e4bf1288bfc}"},
                      {"relative_path", "..\\base.vhdx"}}),
      4);
  auto facts = examine_image(std::make_shared<MemoryDevice>(file.bytes));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->kind, ImageKind::differencing);
  EXPECT_EQ(facts->parent_paths,
            (std::vector<std::string>{"..\\base.vhdx", "\\\\?\\d:\\base.vhdx"}));
  EXPECT_EQ(facts->parent_link_id, "83ed0ec3-24c8-49a6-a959-5e4bf1288bfb"_guid);
  EXPECT_EQ(facts->parent_link_id2, "83ed0ec3-24c8-49a6-a959-5e4bf1288bfc"_guid);
  EXPECT_FALSE(facts->refusal);
  auto image = open_any(file.bytes);
  EXPECT_EQ(image.error().code(), Errc::not_found);
  EXPECT_THAT(image.error().words(), HasSubstr("its parent, ..\\base.vhdx"));
}

TEST(OpenImage, ADifferencingVhdxWithoutALocatorIsCorrupt) {
  EXPECT_EQ(code_of(VhdxBuilder({.flags = 2}).bytes), Errc::corrupt);
}

TEST(OpenImage, ALocatorThatPointsPastItsEndIsCorrupt) {
  for (std::size_t field : Numbers{20, 24}) {
    ByteVector item = parent_locator({{"relative_path", "a.vhdx"}});
    put(item, field, 4, 0xFFFFFFF0);
    VhdxBuilder file({.flags = 2});
    file.add_item("a8d35f2d-b30b-454d-abf7-d3d84834ab0c", item, 4);
    EXPECT_THAT(why_not(file.bytes), HasSubstr("points past its end"));
  }
}

TEST(OpenImage, NamesAConversionThatNeverEnded) {
  VhdxBuilder file;
  file.add_item("71cc85f0-1b69-4e28-9558-c3bf83ae75d3", filled(4, 1), 4);
  EXPECT_THAT(*facts_of_refused(file.bytes).refusal, HasSubstr("never finished"));
}

TEST(ExamineImage, TellsWhatOpeningWouldTell) {
  auto file = std::make_shared<MemoryDevice>(VhdxBuilder().bytes);
  auto facts = examine_image(file);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->data_guid, (*open_image(file))->facts().data_guid);
  EXPECT_FALSE(facts->refusal);
  auto raw = examine_image(std::make_shared<MemoryDevice>(4096));
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->format, ImageFormat::raw);
}

}  // namespace
}  // namespace drydock::testing
