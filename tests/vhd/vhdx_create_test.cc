// New VHDX files, judged by qemu-img and libvhdi, and byte by byte where neither
// looks: both copies of what there are two of, flags, the parent's locator.

#include "tests/vhd/vhdx_support.h"
#include "vhd/create.h"

namespace drydock::testing {
namespace {

CreateOptions dynamic(std::uint64_t size) {
  return {.virtual_size = size, .make_guid = counting_guids()};
}

ByteVector created(const CreateOptions& options) {
  MemoryDevice file(ByteVector{});
  auto done = create_image(file, options);
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  return {file.bytes().begin(), file.bytes().end()};
}

std::string why_not_created(const CreateOptions& options) {
  MemoryDevice file(ByteVector{});
  auto done = create_image(file, options);
  EXPECT_EQ(file.size(), 0u) << "it was begun";
  return done ? "" : done.error().describe();
}

// In a file of the host, which may be sparse.
std::filesystem::path created_in(const TempFolder& folder,
                                 const CreateOptions& options) {
  auto path = folder / "new.vhdx";
  auto file = FileDevice::open(path, {.writable = true, .create = true});
  EXPECT_TRUE(file);
  auto done = create_image(**file, options);
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  return path;
}

std::string printed_by(const std::string& command) {
  RunResult result = run({"sh", "-c", command});
  EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.out << result.err;
  return result.out;
}

// Where the metadata item is in `bytes`, and its flags; the paper's offsets.
struct Item {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t flags = 0;
};
Item item(Bytes bytes, std::string_view id) {
  constexpr std::uint64_t kMetadata = 2 * kMiB;
  ByteVector guid(16);
  put_guid(guid, 0, id);
  for (std::uint64_t i = 0; i < get(bytes, kMetadata + 10, 2); ++i) {
    std::uint64_t at = kMetadata + 32 + 32 * i;
    if (std::memcmp(bytes.data() + at, guid.data(), 16) != 0) continue;
    return {.offset = kMetadata + get(bytes, at + 16, 4),
            .length = get(bytes, at + 20, 4),
            .flags = get(bytes, at + 24, 4)};
  }
  ADD_FAILURE() << "no item " << id;
  return {};
}

TEST(VhdxCreate, OtherReadersFindADynamicImageSoundAndEmpty) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  std::string path = created_in(folder, dynamic(5 * kMiB + 512)).string();
  printed_by("qemu-img check " + path);
  EXPECT_THAT(printed_by("qemu-img info " + path),
              ::testing::HasSubstr("5243392 bytes"));
  EXPECT_THAT(printed_by("vhdiinfo " + path), ::testing::HasSubstr("Dynamic"));
  printed_by("truncate -s 5243392 " + path + ".raw");
  printed_by("qemu-img compare -f vhdx -F raw " + path + " " + path + ".raw");
  EXPECT_EQ(std::filesystem::file_size(path), 4 * kMiB);
}

TEST(VhdxCreate, OtherReadersFindAFixedImageSoundAndAllocated) {
  DRYDOCK_NEEDS("qemu-img");
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  CreateOptions options = dynamic(5000 * kMiB);
  options.kind = ImageKind::fixed;
  options.block_size = 1 * kMiB;  // more blocks than one chunk has
  std::string path = created_in(folder, options).string();
  printed_by("qemu-img check " + path);
  EXPECT_THAT(printed_by("vhdiinfo " + path), ::testing::HasSubstr("Fixed"));
  EXPECT_EQ(std::filesystem::file_size(path), 5004 * kMiB);
  auto image = open_path(path);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->facts().kind, ImageKind::fixed);
  EXPECT_EQ(image->map(4999 * kMiB)->file_offset, 5003 * kMiB);
}

TEST(VhdxCreate, BlocksMayBeOfAnySizeThatTheFormatHas) {
  DRYDOCK_NEEDS("qemu-img");
  for (std::uint32_t size = 1; size <= 256; size *= 2) {
    TempFolder folder;
    CreateOptions options = dynamic(1000 * kMiB);
    options.block_size = static_cast<std::uint32_t>(size * kMiB);
    std::string path = created_in(folder, options).string();
    printed_by("qemu-img check " + path);
    EXPECT_THAT(
        printed_by("qemu-img info --output=json " + path),
        ::testing::HasSubstr("\"cluster-size\": " + std::to_string(size * kMiB)));
  }
}

TEST(VhdxCreate, TheLargestDiskTakesNoSpaceBeforeItIsWrittenTo) {
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  CreateOptions options = dynamic(std::uint64_t{64} << 40);
  options.block_size = 1 * kMiB;
  std::string path = created_in(folder, options).string();
  EXPECT_THAT(printed_by("vhdiinfo " + path), ::testing::HasSubstr("70368744177664"));
  EXPECT_EQ(std::filesystem::file_size(path), (3 + 513) * kMiB);
  EXPECT_LT(std::stoul(printed_by("du -k " + path)), 1024u);
}

TEST(VhdxCreate, BothHeadersAndBothRegionTablesAreWhole) {
  ByteVector bytes = created(dynamic(8 * kMiB));
  for (std::size_t header : {0x10000, 0x20000}) {
    ByteVector page(bytes.begin() + header, bytes.begin() + header + 4096);
    std::uint64_t checksum = get(page, 4, 4);
    put_checksum(page);
    EXPECT_EQ(get(page, 4, 4), checksum);
    EXPECT_EQ(as_text(Bytes(page).first(4)), "head");
  }
  EXPECT_LT(get(bytes, 0x10008, 8), get(bytes, 0x20008, 8));
  EXPECT_EQ(std::memcmp(&bytes[0x30000], &bytes[0x40000], 0x10000), 0);
  EXPECT_EQ(get(bytes, 0x30000 + 16 + 28, 4), 1u);  // the BAT is required
  EXPECT_EQ(get(bytes, 0x30000 + 48 + 28, 4), 1u);  // and so is the metadata
}

TEST(VhdxCreate, ItemsAreMarkedAsThePaperHasThem) {
  ByteVector bytes = created(dynamic(8 * kMiB));
  EXPECT_EQ(item(bytes, "caa16737-fa36-4d43-b3b6-33f0aa44e76b").flags, 4u);
  for (const char* of_the_disk :
       {"2fa54224-cd1b-4876-b211-5dbed83bf4b8", "beca12ab-b2e6-4523-93ef-c309e000c746",
        "8141bf1d-a96f-4709-ba47-f233a8faab5f",
        "cda348c7-445d-4471-9cc9-e9885251c556"}) {
    EXPECT_EQ(item(bytes, of_the_disk).flags, 6u) << of_the_disk;
  }
}

TEST(VhdxCreate, SectorsAreAsAsked) {
  CreateOptions options = dynamic(8 * kMiB);
  options.logical_sector_size = 4096;
  ByteVector native = created(options);
  EXPECT_EQ(get(native, item(native, "8141bf1d-a96f-4709-ba47-f233a8faab5f").offset, 4),
            4096u);
  options.logical_sector_size = 512;
  options.physical_sector_size = 512;
  ByteVector old = created(options);
  EXPECT_EQ(get(old, item(old, "cda348c7-445d-4471-9cc9-e9885251c556").offset, 4),
            512u);
}

// The file's bytes, and what examine_image() reads out of them.
struct Child {
  Child() {
    parent_file = std::make_shared<MemoryDevice>(created(dynamic(40 * kMiB)));
    parent = *open_image(parent_file);
    bytes = created({.kind = ImageKind::differencing,
                     .parent = parent,
                     .parent_link = {.link_id = {},
                                     .link_id2 = {},
                                     .relative_path = ".\\base.vhdx",
                                     .absolute_path = "C:\\vm\\base.vhdx"},
                     .make_guid = counting_guids()});
  }
  DevicePtr parent_file;
  std::shared_ptr<Image> parent;
  ByteVector bytes;
};

TEST(VhdxCreate, AChildRecordsItsParentAndIsItsDisk) {
  Child child;
  auto facts = examine_image(std::make_shared<MemoryDevice>(child.bytes));
  ASSERT_TRUE(facts) << facts.error().describe();
  EXPECT_EQ(facts->kind, ImageKind::differencing);
  EXPECT_EQ(facts->virtual_size, 40 * kMiB);
  EXPECT_EQ(facts->block_size, 2 * kMiB);
  EXPECT_EQ(facts->parent_link_id, child.parent->facts().link_id);
  EXPECT_EQ(facts->disk_id, child.parent->facts().disk_id);
  EXPECT_THAT(facts->parent_paths,
              ::testing::ElementsAre(".\\base.vhdx", "C:\\vm\\base.vhdx"));
  EXPECT_EQ(item(child.bytes, "a8d35f2d-b30b-454d-abf7-d3d84834ab0c").flags, 4u);
}

TEST(VhdxCreate, LibvhdiReadsTheNameOfAChildsParent) {
  DRYDOCK_NEEDS("vhdiinfo");
  TempFolder folder;
  write_file(folder / "child.avhdx", Child().bytes);
  std::string info = printed_by("vhdiinfo " + (folder / "child.avhdx").string());
  EXPECT_THAT(info, ::testing::HasSubstr("Differential"));
  EXPECT_THAT(info, ::testing::HasSubstr("base.vhdx"));
}

TEST(VhdxCreate, WhatTheFormatCannotHaveIsRefusedBeforeAByteIsWritten) {
  CreateOptions options = dynamic(8 * kMiB);
  options.block_size = 3 * kMiB;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("3145728"));
  options.block_size = 512 * kMiB;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("536870912"));
  EXPECT_THAT(why_not_created(dynamic(0)), ::testing::HasSubstr("0 bytes"));
  EXPECT_THAT(why_not_created(dynamic(513)), ::testing::HasSubstr("513 bytes"));
  EXPECT_THAT(why_not_created(dynamic((std::uint64_t{64} << 40) + 512)),
              ::testing::HasSubstr("64 TiB"));
  options = dynamic(8 * kMiB);
  options.logical_sector_size = 520;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("520"));
}

TEST(VhdxCreate, AChildOfWhatCannotBeAParentIsRefused) {
  CreateOptions options{.kind = ImageKind::differencing};
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("needs a parent"));
  options.parent = *open_image(std::make_shared<MemoryDevice>(8 * kMiB));
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("a raw image"));
  Child child;
  options.parent = child.parent;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("a path to its parent"));
  options.parent_link.relative_path = "base.vhdx";
  options.logical_sector_size = 4096;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("512 bytes"));
  options.logical_sector_size = 512;
  options.virtual_size = 39 * kMiB;
  EXPECT_THAT(why_not_created(options), ::testing::HasSubstr("cut off"));
}

TEST(VhdxCreate, AFileThatHoldsSomethingIsLeftAlone) {
  MemoryDevice file(filled(512, 0xAB));
  EXPECT_EQ(create_image(file, dynamic(8 * kMiB)).error().code(), Errc::bad_argument);
  EXPECT_EQ(byte_at(file, 511), 0xABu);
}

TEST(RawCreate, ARawImageIsSoManyZeros) {
  MemoryDevice file(ByteVector{});
  ASSERT_TRUE(create_image(
      file,
      {.format = ImageFormat::raw, .kind = ImageKind::raw, .virtual_size = 3 * kMiB}));
  EXPECT_EQ(file.size(), 3 * kMiB);
  EXPECT_TRUE(is_zero(file.bytes()));
}

}  // namespace
}  // namespace drydock::testing
