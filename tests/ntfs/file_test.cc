#include "ntfs/file.h"

#include <gtest/gtest.h>

#include "ntfs/file_system.h"

namespace drydock {
namespace {

// As `date -u -d ... +%s` has them, plus the 11,644,473,600 seconds from 1601
// to 1970.
constexpr FileTime at(std::uint64_t unix_seconds) {
  return (unix_seconds + 11'644'473'600) * 10'000'000;
}

TEST(FileTime, IsPrintedAsADate) {
  EXPECT_EQ(to_string_utc(0), "1601-01-01T00:00:00Z");
  EXPECT_EQ(to_string_utc(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_string_utc(at(951'782'400)), "2000-02-29T00:00:00Z");
  EXPECT_EQ(to_string_utc(at(951'868'800)), "2000-03-01T00:00:00Z");
  EXPECT_EQ(to_string_utc(at(1'704'164'645) + 9'999'999), "2024-01-02T03:04:05Z");
  EXPECT_EQ(to_string_utc(at(4'107'542'399)), "2100-02-28T23:59:59Z");
  EXPECT_EQ(to_string_utc(at(4'107'542'400)), "2100-03-01T00:00:00Z");
}

TEST(FileTime, IsPrintedToItsVeryEnd) {
  EXPECT_EQ(to_string_utc(~FileTime{0}), "60056-05-28T05:36:10Z");
}

TEST(Path, IsSplitAtEitherSlash) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(*split_path("\\Windows/System32\\"), (Names{"Windows", "System32"}));
  EXPECT_EQ(*split_path("a//b/./c"), (Names{"a", "b", "c"}));
  EXPECT_EQ(*split_path("\\"), Names());
  EXPECT_EQ(*split_path(""), Names());
}

TEST(Path, DoesNotGoUpNorBeyondTheLongestName) {
  EXPECT_EQ(split_path("a\\..\\b").error().code(), Errc::bad_argument);
  EXPECT_TRUE(split_path(std::string(255, 'n')));
  EXPECT_EQ(split_path(std::string(256, 'n')).error().code(), Errc::bad_argument);
  EXPECT_EQ(split_path("a\\\xff").error().code(), Errc::bad_argument);
}

}  // namespace
}  // namespace drydock
