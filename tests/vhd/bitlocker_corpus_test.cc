// Volumes that Windows 7, 10 and 11 encrypted: what is decrypted is what others say
// that it is, and what can't be opened says why.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/bitlocker_images.h"
#include "vhd/base/endian.h"
#include "vhd/base/sha256.h"
#include "vhd/bitlocker/volume.h"
#include "vhd/file_device.h"

namespace drydock::bitlocker {
namespace {

using ::testing::HasSubstr;

// An image, unpacked, and what is known of it.
class BitlockerCorpus : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto archive = corpus_file(kBitlockerImages);
    if (!archive) GTEST_SKIP() << "the corpus isn't here: " << kBitlockerImages;
    unpack(*archive, GetParam());
  }

  void unpack(const std::filesystem::path& archive, const std::string& name) {
    auto image = unpack_bitlocker(archive, name + ".img", folder_);
    auto conf = unpack_bitlocker(archive, "images.conf", folder_);
    if (image.empty() || conf.empty()) GTEST_SKIP() << "tar or xz is missing";
    conf_ = read_bitlocker_conf(conf, name);
    auto file = FileDevice::open(image);
    ASSERT_TRUE(file);
    file_ = *file;
  }

  TempFolder folder_;
  std::map<std::string, std::string> conf_;
  DevicePtr file_;
};

std::string sha256_of(const BlockDevice& device) {
  Sha256 hash;
  ByteVector piece(1 << 20);
  for (std::uint64_t at = 0; at < device.size(); at += piece.size()) {
    std::uint64_t size = std::min<std::uint64_t>(piece.size(), device.size() - at);
    if (!device.read(at, MutableBytes(piece).first(size))) return "unreadable";
    hash.add(Bytes(piece).first(size));
  }
  return hash.hex();
}

// By the password where it has one, else by the recovery password: of each kind of
// stretching some are tried.
KeyRing ring_of(std::map<std::string, std::string>& conf) {
  KeyRing ring;
  auto key = conf["PW"].empty() ? recovery_password(conf["RP"]) : password(conf["PW"]);
  if (key) ring.add(std::nullopt, *std::move(key));
  return ring;
}

class BitlockerContent : public BitlockerCorpus {};

TEST_P(BitlockerContent, DecryptsToWhatCryptsetupSays) {
  KeyRing ring = ring_of(conf_);
  auto volume = Volume::open(file_, ring);
  ASSERT_TRUE(volume) << volume.error().describe();
  EXPECT_EQ(sha256_of(**volume), conf_["SHA256SUM"]);
}

std::string name_of(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    All, BitlockerContent,
    testing::Values("bitlk-aes-cbc-128-4k", "bitlk-aes-cbc-128", "bitlk-aes-cbc-256",
                    "bitlk-aes-cbc-elephant-128", "bitlk-aes-cbc-elephant-256",
                    "bitlk-aes-xts-128-4k", "bitlk-aes-xts-128-new-entry",
                    "bitlk-aes-xts-128-smart-card",
                    "bitlk-aes-xts-128-startup-key-win11",
                    "bitlk-aes-xts-128-startup-key", "bitlk-aes-xts-128",
                    "bitlk-aes-xts-256", "bitlk-togo-aes-cbc-128",
                    "bitlk-togo-aes-xts-128"),
    name_of);

// The other two.  Their archive holds no more of them than their first bytes.
class BitlockerOdd : public BitlockerCorpus {};

TEST_P(BitlockerOdd, OpensByItsClearKeyOrIsRefusedByName) {
  auto volume = Volume::open(file_, ring_of(conf_));
  if (std::string(GetParam()) == "bitlk-aes-xts-128-eow") {
    ASSERT_FALSE(volume);
    EXPECT_EQ(volume.error().code(), Errc::unsupported);
    EXPECT_THAT(volume.error().words(), HasSubstr("encrypt-on-write"));
    return;
  }
  volume = Volume::open(file_, KeyRing());
  ASSERT_TRUE(volume) << volume.error().describe();
  // Its NTFS's serial number, which images.conf has as UUID.
  le64 serial;
  ASSERT_TRUE((*volume)->read(0x48, std::as_writable_bytes(std::span(&serial, 1))));
  EXPECT_EQ(fmt::format("{:016X}", std::uint64_t(serial)), conf_["UUID"]);
}

INSTANTIATE_TEST_SUITE_P(All, BitlockerOdd,
                         testing::Values("bitlk-clearkey-aes-cbc-128",
                                         "bitlk-aes-xts-128-eow"),
                         name_of);

// By each way that one volume of Windows 11 has, and by its startup key's file.
class BitlockerWays : public BitlockerCorpus {};

TEST_P(BitlockerWays, AllOpenTheVolume) {
  auto archive = corpus_file(kBitlockerImages);
  auto bek =
      unpack_bitlocker(*archive, "AA80A52B-9B66-47AE-B097-33F536FFBB07.BEK", folder_);
  ByteVector bytes(std::filesystem::file_size(bek));
  ASSERT_TRUE((*FileDevice::open(bek))->read(0, bytes));
  KeyRing by_file;
  by_file.add(std::nullopt, *startup_key(bytes));
  EXPECT_TRUE(Volume::open(file_, by_file));
  KeyRing by_recovery;
  by_recovery.add(std::nullopt, *recovery_password(conf_["RP"]));
  EXPECT_TRUE(Volume::open(file_, by_recovery));
  auto metadata = read_metadata(*file_);
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->description, "WIN11 E: 28/11/2021");
  EXPECT_EQ(to_string(metadata->volume_id), "{" + conf_["GUID"] + "}");
  std::vector<std::string> kinds;
  for (const Protector& protector : metadata->protectors) {
    kinds.emplace_back(to_string(protector.kind));
  }
  EXPECT_THAT(kinds,
              testing::ElementsAre("password", "recovery_password", "startup_key"));
}

INSTANTIATE_TEST_SUITE_P(All, BitlockerWays,
                         testing::Values("bitlk-aes-xts-128-startup-key-win11"),
                         name_of);

}  // namespace
}  // namespace drydock::bitlocker
