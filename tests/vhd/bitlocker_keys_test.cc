// What opens a volume, and what doesn't; and what a key file may say.

#include "tests/vhd/bitlocker_support.h"

namespace drydock::testing {
namespace {

using bitlocker::KeyRing;
using bitlocker::Secret;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Secret> no_startup_keys(const std::string& name) {
  return Error(Errc::not_found, "no " + name);
}

Result<KeyRing> ring_of(const std::string& text) {
  return bitlocker::read_key_file(bytes_of(text), no_startup_keys);
}

// What opening such a volume by that key file ends with; "" where it opens.
std::string trouble(const BitlockerBuild& build, const std::string& key_file) {
  auto ring = ring_of(key_file);
  if (!ring) return ring.error().describe();
  Built built = build_volume(build);
  auto volume = open_volume_of(built.below, *ring);
  if (!volume) return volume.error().describe();
  return all_of(**volume) == built.plain ? "" : "it reads as something else";
}

const std::string kVolume = to_string(kBuiltVolumeId);

TEST(BitlockerKeys, ARecoveryPasswordOpensItsVolume) {
  BitlockerBuild build{.clear_key = false, .recovery = kBuiltRecovery};
  EXPECT_EQ(trouble(build, "* recovery-password " + std::string(kBuiltRecovery)), "");
}

TEST(BitlockerKeys, APasswordOpensItsVolumeByWhateverLettersItHas) {
  BitlockerBuild build{.clear_key = false, .password = " Schlüssel 鍵 "};
  EXPECT_EQ(trouble(build, kVolume + " password  Schlüssel 鍵 \r\n"), "");
}

TEST(BitlockerKeys, AVolumesOwnKeyOpensIt) {
  BitlockerBuild build{.clear_key = false};
  EXPECT_EQ(trouble(build, "* volume-key " + built_volume_key(build)), "");
}

TEST(BitlockerKeys, AStartupKeyOpensItsVolumeAndIsAKeyFileByItself) {
  BitlockerBuild build{.clear_key = false, .startup_key = true};
  Built built = build_volume(build);
  auto ring = bitlocker::read_key_file(built_startup_key(), no_startup_keys);
  ASSERT_TRUE(ring) << ring.error().describe();
  EXPECT_TRUE(open_volume_of(built.below, *ring));
}

TEST(BitlockerKeys, AKeyFileNamesStartupKeys) {
  BitlockerBuild build{.clear_key = false, .startup_key = true};
  Built built = build_volume(build);
  std::string asked;
  auto ring = bitlocker::read_key_file(
      bytes_of(std::string_view("# one\n\n* startup-key keys/a b.BEK\n")),
      [&](const std::string& name) -> Result<Secret> {
        asked = name;
        return Secret(Bytes(built_startup_key()));
      });
  ASSERT_TRUE(ring) << ring.error().describe();
  EXPECT_EQ(asked, "keys/a b.BEK");
  EXPECT_TRUE(open_volume_of(built.below, *ring));
}

TEST(BitlockerKeys, AClearKeyNeedsNoOther) { EXPECT_EQ(trouble({}, ""), ""); }

TEST(BitlockerKeys, ALockedVolumeSaysWhatItHas) {
  BitlockerBuild build{.clear_key = false, .startup_key = true, .tpm = true};
  EXPECT_THAT(trouble(build, ""),
              AllOf(HasSubstr("the volume " + kVolume + " is locked by BitLocker"),
                    HasSubstr("no key was given for it"),
                    HasSubstr("startup key " + to_string(kBuiltStartupId)),
                    HasSubstr("tpm {")));
}

TEST(BitlockerKeys, AWrongKeyIsToldFromNone) {
  BitlockerBuild build{.clear_key = false, .password = "right"};
  std::string words = trouble(build, "* password wrong-secret");
  EXPECT_THAT(words, HasSubstr("no key that was given opens it"));
  EXPECT_THAT(words, Not(HasSubstr("wrong-secret")));
}

TEST(BitlockerKeys, AKeyForAnotherVolumeIsNotTried) {
  BitlockerBuild build{.clear_key = false, .password = "right"};
  EXPECT_THAT(trouble(build, to_string(kBuiltClearId) + " password right"),
              HasSubstr("no key was given for it"));
  EXPECT_EQ(trouble(build, to_string(kBuiltPasswordId) + " password right"), "");
}

TEST(BitlockerKeys, TheMostParticularLineIsTriedFirst) {
  BitlockerBuild build{.clear_key = false};
  std::string other(64, '0');
  // Both would be taken for the key: nothing tells a volume's key from another.
  EXPECT_EQ(trouble(build, "* volume-key " + other + "\n" + kVolume + " volume-key " +
                               built_volume_key(build)),
            "");
}

TEST(BitlockerKeys, ARingRemembersWhatItOpened) {
  // The builder's volumes all have one master key; nothing opens the other by itself.
  Built built = build_volume({.clear_key = false, .password = "right"});
  Built other = build_volume({.clear_key = false, .tpm = true});
  KeyRing ring = *ring_of("* password right");
  EXPECT_FALSE(open_volume_of(other.below, ring));
  EXPECT_TRUE(open_volume_of(built.below, ring));
  EXPECT_TRUE(open_volume_of(other.below, ring));
}

TEST(BitlockerKeys, AMistypedRecoveryPasswordNamesItsGroup) {
  std::string digits = kBuiltRecovery;
  digits[19] = '4';
  EXPECT_THAT(
      trouble({}, "* recovery-password " + digits),
      AllOf(HasSubstr("group 3"), HasSubstr("line 1"), Not(HasSubstr("000034"))));
  digits = kBuiltRecovery;
  digits.replace(0, 6, "720896");
  EXPECT_THAT(trouble({}, "* recovery-password " + digits), HasSubstr("group 1"));
  EXPECT_THAT(trouble({}, "* recovery-password 000011"), HasSubstr("this has 6"));
}

TEST(BitlockerKeys, AKeyFilesErrorsNameTheLineAndNeverRepeatIt) {
  for (const char* line : {"hunter2 password x", "* hunter2 x", "* volume-key hunter2",
                           "* recovery-password hunter2", "* password"}) {
    auto ring = ring_of("# first\n" + std::string(line));
    ASSERT_FALSE(ring) << line;
    EXPECT_THAT(ring.error().describe(), HasSubstr("line 2")) << line;
    EXPECT_THAT(ring.error().describe(), Not(HasSubstr("hunter2"))) << line;
  }
}

TEST(BitlockerKeys, WhatIsNoStartupKeyIsRefused) {
  ByteVector file = built_startup_key();
  EXPECT_FALSE(bitlocker::startup_key(Bytes(file).first(60)));
  file[48 + 4] = std::byte{2};  // the type of the entry
  auto key = bitlocker::startup_key(file);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace drydock::testing
