#include "harness/images/hive_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/images/hive_file.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/utf16.h"

namespace drydock::images {
namespace {

constexpr HiveHead kHead = {
    .file_name = "SYSTEM", .root_name = "ROOT", .minor_version = 5, .time = 1};

constexpr std::string_view kText = R"(
# Two services, and every kind of value.
[Select]
Current = dword 1
[Services\disk]
Start = dword 0x10
"a name" = sz "say ""hello"" in C:\"
ImagePath = expand "System32\drivers\disk.sys"
Filters = multi "one"
  "two"
@ = hex 00 ff ${more}
Big = qword 5000000000
[Services\another]
)";

std::string error_of(std::string_view text, const Words& words = {}) {
  auto read = read_hive_text(text, words);
  return read ? "no error" : read.error().describe();
}

TEST(HiveText, ReadsKeysAndValuesInTheirOrder) {
  auto keys = read_hive_text(kText, {{"more", "10 20"}});
  ASSERT_TRUE(keys) << keys.error().describe();
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ((*keys)[1].path, "Services\\disk");
  const auto& values = (*keys)[1].values;
  ASSERT_EQ(values.size(), 6u);
  EXPECT_EQ(values[0].data, (ByteVector{std::byte{16}, {}, {}, {}}));
  EXPECT_EQ(values[1].name, "a name");
  EXPECT_EQ(utf16le(values[1].data), std::u16string(u"say \"hello\" in C:\\\0", 19));
  EXPECT_EQ(utf16le(values[3].data), std::u16string(u"one\0two\0\0", 9));
  EXPECT_EQ(values[4].name, "");
  EXPECT_EQ(values[4].data,
            (ByteVector{{}, std::byte{255}, std::byte{16}, std::byte{32}}));
}

TEST(HiveText, WritesBootStoreObjectsShorter) {
  auto keys = read_hive_text(
      "object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002\n"
      "25000004 = integer 30\n"
      "16000020 = boolean 1\n",
      {});
  ASSERT_TRUE(keys) << keys.error().describe();
  ASSERT_EQ(keys->size(), 3u);
  std::string object = "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
  EXPECT_EQ((*keys)[0].path, object + "\\Description");
  EXPECT_EQ(hex_text((*keys)[0].values.at(0).data), "02 00 10 10 ");
  EXPECT_EQ((*keys)[1].path, object + "\\Elements\\25000004");
  EXPECT_EQ(hex_text((*keys)[1].values.at(0).data), "1e 00 00 00 00 00 00 00 ");
  EXPECT_EQ(hex_text((*keys)[2].values.at(0).data), "01 ");
}

TEST(HiveText, NamesTheLineThatItDoesNotUnderstand) {
  EXPECT_EQ(error_of("\nStart = dword 1"), "a value before the first [key] (line 2)");
  EXPECT_EQ(error_of("[k]\nv = drow 1"), "'drow' isn't a type of value (line 2)");
  EXPECT_EQ(error_of("[k]\nv = dword 1x"), "'1x' isn't a number (line 2)");
  EXPECT_EQ(error_of("[k]\nv = dword 4294967296"), "4294967296 is no dword (line 2)");
  EXPECT_EQ(error_of("[k]\nv = sz \"open"), "the closing \" is missing (line 2)");
  EXPECT_EQ(error_of("[k]\nv = hex ${no}"), "nothing is named 'no' (line 2)");
  EXPECT_EQ(error_of("[k]\nv = dword 1 2"), "'2' is too much (line 2)");
  EXPECT_EQ(error_of("[k]\nv dword 1"), "NAME = TYPE VALUE belongs here (line 2)");
  EXPECT_EQ(error_of("[k]\nv += sz \"x\""), "+= is for multi only (line 2)");
}

class MadeHive : public testing::Test {
 protected:
  void SetUp() override {
    auto made = make_hive(path_, kHead, kText, {{"more", "10"}});
    ASSERT_TRUE(made) << made.error().describe();
  }
  TempFolder folder_;
  std::filesystem::path path_ = folder_ / "SYSTEM";
};

TEST_F(MadeHive, IsReadByRegfexport) {
  if (!have_program("regfexport")) GTEST_SKIP() << "regfexport isn't here";
  RunResult result = run({"regfexport", path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("ROOT\\Services\\disk"));
  EXPECT_THAT(result.out, testing::HasSubstr("System32\\drivers\\disk.sys"));
  EXPECT_THAT(result.out, testing::Not(testing::HasSubstr("corrupt")));
}

TEST_F(MadeHive, IsReadByReglookup) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  RunResult result = run({"reglookup", "-s", path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, testing::HasSubstr("/Services/disk/Start,DWORD,0x00000010"));
  EXPECT_THAT(result.out,
              testing::HasSubstr("/Services/disk/Filters,MULTI_SZ,one|two"));
  EXPECT_THAT(result.out,
              testing::HasSubstr("S-1-5-32-544,S-1-5-18,,S-1-5-32-545:ALLOW"));
}

TEST_F(MadeHive, IsTheSameEachTime) {
  auto first = run({"sha256sum", path_}).out;
  ASSERT_TRUE(make_hive(path_, kHead, kText, {{"more", "10"}}));
  EXPECT_EQ(run({"sha256sum", path_}).out, first);
}

TEST_F(MadeHive, IsEditedByText) {
  auto edited = edit_hive(path_, R"(
[Services\disk]
Start = dword 4
Filters += multi "three"
)",
                          {});
  ASSERT_TRUE(edited) << edited.error().describe();
  auto file = HiveFile::open(path_);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->dword("Services\\disk", "Start"), 4u);
  EXPECT_EQ(file->text("Services\\disk", "ImagePath"), "System32\\drivers\\disk.sys");
  EXPECT_EQ(file->dword("Services\\none", "Start"), std::nullopt);
  if (have_program("reglookup")) {
    EXPECT_THAT(run({"reglookup", path_}).out,
                testing::HasSubstr("Filters,MULTI_SZ,one|two|three"));
  }
}

}  // namespace
}  // namespace drydock::images
