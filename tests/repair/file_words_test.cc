// The words of find, cp and get -r.

#include <gtest/gtest.h>

#include "repair/cli/host_name.h"
#include "repair/cli/image_path.h"
#include "repair/glob.h"
#include "tests/support/temp_folder.h"

namespace drydock::cli {
namespace {

std::string split(std::string_view text) {
  auto path = split_image_path(text);
  return path ? path->image + " | " + path->guest : "refused";
}

TEST(ImagePath, IsSplitBeforeTheGuestsVolume) {
  EXPECT_EQ(split("disk.vhdx:C:\\a.txt"), "disk.vhdx | C:\\a.txt");
  EXPECT_EQ(split("D:\\images\\disk.vhdx:esp:/EFI"),
            "D:\\images\\disk.vhdx | esp:/EFI");
  EXPECT_EQ(split("a:b.vhdx:3:\\x:stream"), "a:b.vhdx | 3:\\x:stream");
  EXPECT_EQ(split("https://host/disk.vhdx:C:\\x"), "https://host/disk.vhdx | C:\\x");
}

TEST(ImagePath, NeedsAnImageAVolumeAndASlash) {
  for (const char* text : {"", "disk.vhdx", "disk.vhdx:a.txt", "C:\\a.txt", ":C:\\a",
                           "disk.vhdx:C:a.txt", "disk.vhdx:C:", "disk.vhdx:a b:\\x"}) {
    EXPECT_EQ(split(text), "refused") << text;
  }
}

TEST(Glob, MatchesWholeNames) {
  EXPECT_TRUE(repair::matches_glob("*.dmp", "memory.dmp"));
  EXPECT_TRUE(repair::matches_glob("*", ""));
  EXPECT_TRUE(repair::matches_glob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(repair::matches_glob("?.sys", "a.sys"));
  EXPECT_FALSE(repair::matches_glob("*.dmp", "memory.dmp.old"));
  EXPECT_FALSE(repair::matches_glob("?", ""));
  EXPECT_FALSE(repair::matches_glob("", "a"));
  EXPECT_FALSE(repair::matches_glob("a*b", "a"));
}

TEST(Glob, TakesNoLongerForManyStars) {
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) pattern += "*a";
  EXPECT_FALSE(repair::matches_glob(pattern + "b", std::string(5'000, 'a')));
}

TEST(Time, IsReadInUtc) {
  EXPECT_EQ(to_string_utc(*repair::parse_time("2024-02-29")), "2024-02-29T00:00:00Z");
  EXPECT_EQ(to_string_utc(*repair::parse_time("1999-12-31T23:59:58Z")),
            "1999-12-31T23:59:58Z");
  for (const char* text : {"", "yesterday", "2024", "2023-02-29", "2024-01-01T24:00",
                           "1600-01-01", "2024-01-01 10:00", "2024-01-01T10:00:00+1"}) {
    EXPECT_FALSE(repair::parse_time(text)) << text;
  }
}

TEST(HostName, OfAHostileImageGoesNowhereElse) {
  EXPECT_EQ(host_path_of("a\\b c\\d")->string(), "a/b c/d");
  for (const char* below :
       {"..", "a\\..\\b", "a\\.", "../x", "/etc", "a\\\\b", "", "a\n", "\x7f"}) {
    EXPECT_FALSE(host_path_of(below)) << below;
  }
}

TEST(HostName, OfALinkIsNoFolder) {
  TempFolder folder;
  ASSERT_TRUE(make_host_folder(folder / "real"));
  ASSERT_TRUE(make_host_folder(folder / "real"));
  std::filesystem::create_directory_symlink(folder / "real", folder / "link");
  EXPECT_EQ(make_host_folder(folder / "link").error().code(), Errc::bad_argument);
}

}  // namespace
}  // namespace drydock::cli
