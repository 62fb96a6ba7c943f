#include "tests/vhd/vhd1_support.h"
#include "vhd/check.h"

namespace drydock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "error footer at 0x10: words" for each problem; "*" after what mend_image() cures.
std::vector<std::string> problems_of(const ByteVector& bytes) {
  auto problems = check_image(std::make_shared<MemoryDevice>(bytes));
  EXPECT_TRUE(problems) << (problems ? "" : problems.error().describe());
  std::vector<std::string> texts;
  if (!problems) return texts;
  for (const Problem& problem : *problems) {
    texts.push_back(std::string(to_string(problem.severity)) +
                    (problem.repairable ? "* " : " ") + problem.where + ": " +
                    problem.what);
  }
  return texts;
}

VhdBuilder make_file() {
  VhdBuilder file;
  file.add_block(1, 0x11);
  file.add_block(2, 0x22);
  return file;
}

TEST(VhdCheck, ASoundImageOfEachKindHasNoProblems) {
  EXPECT_THAT(problems_of(make_file().bytes), IsEmpty());
  EXPECT_THAT(problems_of(VhdBuilder({.kind = 2}).bytes), IsEmpty());
  EXPECT_THAT(problems_of(VhdBuilder(child_text()).bytes), IsEmpty());
}

TEST(VhdCheck, ListsAllThatIsWrongWithTheTable) {
  VhdBuilder file = make_file();
  file.set_entry(2, file.place(1) / 512 + 1);
  file.set_entry(3, 0x7FFFFFFF);
  file.set_entry(4, 0);
  file.set_entry(5, 2);
  EXPECT_THAT(
      problems_of(file.bytes),
      ElementsAre(HasSubstr("error block 3: its bitmap and its bytes"),
                  HasSubstr("error block 4: it is at 0x0, on top of the copy"),
                  HasSubstr("error block 4: it is at 0x0, on top of the header"),
                  HasSubstr("error block 4: it is at 0x0, on top of the table"),
                  HasSubstr("error block 5: it is at 0x400, on top of the head"),
                  HasSubstr("error block 5: it is at 0x400, on top of the tab"),
                  HasSubstr("error block 5: it is at 0x400, on top of block 4"),
                  HasSubstr("error block 1: it is at 0x800, on top of block 5"),
                  HasSubstr("error block 2: it is at 0xa00, on top of block 1")));
}

TEST(VhdCheck, ListsNoMoreThanAThousand) {
  VhdBuilder file({.virtual_size = 2000 * kSmallBlock});
  for (std::uint64_t block = 0; block < 2000; ++block) file.set_entry(block, 0);
  EXPECT_EQ(problems_of(file.bytes).size(), kProblemCountMax);
}

TEST(VhdCheck, FindsWhatIsWrongWithTheHeader) {
  VhdBuilder file = make_file();
  file.bytes[VhdBuilder::kHeader + 700] ^= std::byte{1};
  EXPECT_THAT(problems_of(file.bytes),
              ElementsAre(HasSubstr("error header: its checksum is")));
  file = make_file();
  file.set_header_field(28, 4, 3);
  EXPECT_THAT(problems_of(file.bytes),
              ElementsAre(HasSubstr("error header: the table has 3 entries")));
}

TEST(VhdCheck, FindsWhatIsWrongWithTheParentsNames) {
  VhdBuilder child(child_text());
  child.set_header_field(576 + 8, 4, 0x20000);
  child.set_header_field(576 + 24 + 16, 8, 1ull << 40);
  EXPECT_THAT(
      problems_of(child.bytes),
      ElementsAre(HasSubstr("0x800: its 131072 bytes are more than the 65534"),
                  HasSubstr("0x10000000000: its 20 bytes aren't within the file")));
  VhdText text = child_text();
  text.parent_id = "00000000-0000-0000-0000-000000000000";
  text.parent_name = text.relative_path = text.absolute_path = {};
  EXPECT_THAT(problems_of(VhdBuilder(text).bytes),
              ElementsAre(HasSubstr("the parent's id is all zeros"),
                          HasSubstr("doesn't say where the parent is")));
}

// Each is found, cured by mend_image(), and then gone.
struct Cure {
  const char* name;
  const char* words;
  std::function<void(VhdBuilder&)> damage;
};

class VhdMended : public ::testing::TestWithParam<Cure> {};

TEST_P(VhdMended, IsFoundAndCured) {
  VhdBuilder file = make_file();
  ByteVector disk = read_all(*opened(open_vhd(file.bytes)), 0, 2 * kMiB);
  GetParam().damage(file);
  EXPECT_THAT(problems_of(file.bytes), ElementsAre(HasSubstr(GetParam().words)));
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  auto done = mend_image(device);
  ASSERT_TRUE(done) << done.error().describe();
  ByteVector mended(device->bytes().begin(), device->bytes().end());
  EXPECT_THAT(problems_of(mended), IsEmpty());
  EXPECT_TRUE(read_all(*opened(open_vhd(mended)), 0, 2 * kMiB) == disk);
}

INSTANTIATE_TEST_SUITE_P(
    Footers, VhdMended,
    ::testing::Values(
        Cure{"Damaged", "warning* footer at",
             [](auto& file) { file.bytes[file.footer_at() + 99] ^= std::byte{1}; }},
        Cure{"Missing", "it is missing",
             [](auto& file) { file.bytes.resize(file.footer_at()); }},
        Cure{"Short", "it has 511 bytes", [](auto& file) { file.bytes.pop_back(); }},
        Cure{"Copy", "warning* copy of the footer",
             [](auto& file) { file.bytes[99] ^= std::byte{1}; }},
        Cure{"Differ", "it and the footer differ",
             [](auto& file) {
               put_big(file.bytes, 24, 4, 5);
               file.seal_footer(0);
             }}),
    [](const auto& cure) { return cure.param.name; });

TEST(VhdCheck, AFixedFileThatWasAboutToGrowIsCutBack) {
  VhdBuilder file({.kind = 2, .virtual_size = 8 * 512});
  ByteVector longer = file.bytes;
  longer.resize(longer.size() + 4 * 512);
  EXPECT_THAT(problems_of(longer), ElementsAre(HasSubstr("error* footer at 0x1000")));
  EXPECT_EQ(opened(open_vhd(longer))->size(), 8 * 512u);
  auto device = std::make_shared<MemoryDevice>(longer);
  EXPECT_TRUE(mend_image(device));
  EXPECT_TRUE(std::ranges::equal(device->bytes(), Bytes(file.bytes)));
}

TEST(VhdCheck, WithoutASoundFooterNothingElseIsLookedAt) {
  VhdBuilder file = make_file();
  file.bytes[99] ^= std::byte{1};
  file.bytes[file.footer_at() + 99] ^= std::byte{1};
  file.set_entry(3, 0);
  EXPECT_THAT(problems_of(file.bytes),
              ElementsAre(HasSubstr("error footer at"), HasSubstr("error copy of the"),
                          HasSubstr("nothing that it says of itself")));
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  EXPECT_EQ(mend_image(device).error().code(), Errc::corrupt);
}

TEST(VhdCheck, FindsSumsThatWereLeftAndGivesNewOnes) {
  VhdBuilder file = make_file();
  ByteVector disk = read_all(*opened(open_vhd(file.bytes)), 0, 2 * kMiB);
  for (std::size_t at : {std::size_t{0}, file.footer_at()}) {
    put_text(file.bytes, at + 28, "py  ");
  }
  put_big(file.bytes, VhdBuilder::kHeader + 56, 4, 0x1234567);
  EXPECT_THAT(problems_of(file.bytes),
              ElementsAre(HasSubstr("error* footer at"), HasSubstr("error* copy of"),
                          HasSubstr("error* header")));
  auto device = std::make_shared<MemoryDevice>(file.bytes);
  auto done = mend_image(device);
  ASSERT_TRUE(done) << done.error().describe();
  ByteVector mended(device->bytes().begin(), device->bytes().end());
  EXPECT_THAT(problems_of(mended), IsEmpty());
  auto image = opened(open_vhd(mended, {.writable = true}));
  EXPECT_TRUE(read_all(*image, 0, 2 * kMiB) == disk);
  EXPECT_EQ(image->facts().creator, "py");
}

}  // namespace
}  // namespace drydock::testing
