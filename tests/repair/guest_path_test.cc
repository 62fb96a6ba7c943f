#include "repair/guest_path.h"

#include <gtest/gtest.h>

namespace drydock::repair {
namespace {

TEST(GuestPathText, VolumeIsWhatStandsBeforeTheColonInLowerCase) {
  auto parts = parse_guest_path("ESP:\\EFI\\Boot");
  ASSERT_TRUE(parts) << parts.error().describe();
  EXPECT_EQ(parts->volume, "esp");
  EXPECT_EQ(parts->path, "\\EFI\\Boot");
}

TEST(GuestPathText, EitherSlashWillDo) {
  auto parts = parse_guest_path("3:/Windows/System32\\config");
  ASSERT_TRUE(parts) << parts.error().describe();
  EXPECT_EQ(parts->volume, "3");
  EXPECT_EQ(parts->path, "\\Windows\\System32\\config");
}

TEST(GuestPathText, PathStartsAtTheRootWithOrWithoutASlash) {
  EXPECT_EQ(parse_guest_path("C:Windows")->path, "\\Windows");
  EXPECT_EQ(parse_guest_path("C:")->path, "\\");
}

TEST(GuestPathText, OnlyTheFirstColonEndsTheVolume) {
  auto parts = parse_guest_path("C:\\file:stream");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->path, "\\file:stream");
}

TEST(GuestPathText, TextWithoutAVolumeIsRefused) {
  EXPECT_EQ(parse_guest_path("\\Windows").error().code(), Errc::bad_argument);
  EXPECT_EQ(parse_guest_path(":\\Windows").error().code(), Errc::bad_argument);
  EXPECT_EQ(parse_guest_path("").error().code(), Errc::bad_argument);
}

}  // namespace
}  // namespace drydock::repair
