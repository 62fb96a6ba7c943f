// What the builder makes and what we write, read by others: libbde, cryptsetup, and
// a reader in Python.  libbde of 2019 knows neither clear keys nor AES-XTS-256.

#include <fmt/format.h>
#include <libbde.h>

#include <algorithm>
#include <fstream>

#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "tests/vhd/bitlocker_support.h"
#include "vhd/file_device.h"

namespace drydock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void save(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

ByteVector loaded(const std::filesystem::path& path) {
  auto file = FileDevice::open(path);
  return file ? all_of(**file) : ByteVector();
}

// What libbde decrypts, by the recovery password.
ByteVector read_by_libbde(const std::filesystem::path& path) {
  libbde_volume_t* volume = nullptr;
  EXPECT_EQ(libbde_volume_initialize(&volume, nullptr), 1);
  const auto* password = reinterpret_cast<const std::uint8_t*>(kBuiltRecovery);
  EXPECT_EQ(libbde_volume_set_utf8_recovery_password(
                volume, password, std::string_view(kBuiltRecovery).size(), nullptr),
            1);
  libbde_error_t* error = nullptr;
  EXPECT_EQ(libbde_volume_open(volume, path.c_str(), LIBBDE_OPEN_READ, &error), 1);
  if (error != nullptr) libbde_error_backtrace_fprint(error, stdout);
  EXPECT_EQ(libbde_volume_is_locked(volume, nullptr), 0);
  size64_t size = 0;
  libbde_volume_get_size(volume, &size, nullptr);
  ByteVector bytes(size);
  EXPECT_EQ(libbde_volume_read_buffer_at_offset(volume, bytes.data(), bytes.size(), 0,
                                                nullptr),
            static_cast<ssize_t>(bytes.size()));
  libbde_volume_close(volume, nullptr);
  libbde_volume_free(&volume, nullptr);
  return bytes;
}

bool have_python_judge() {
  return run({"/usr/bin/python3", "-c", "import cryptography"}).exit_code == 0;
}

// Builds a volume, writes to it, and leaves it in `path`: returns its plaintext.
ByteVector write_volume(const BitlockerBuild& build,
                        const std::filesystem::path& path) {
  Built built = build_volume(build);
  bitlocker::KeyRing ring;
  ring.add(std::nullopt, *bitlocker::recovery_password(kBuiltRecovery));
  auto volume = open_volume_of(built.below, ring);
  EXPECT_TRUE(volume) << volume.error().describe();
  for (std::uint64_t at : {600u, 8190u, 70'000u, 200'000u}) {
    ByteVector bytes(3000, static_cast<std::byte>(at));
    EXPECT_TRUE((*volume)->write(at, bytes));
    std::ranges::copy(bytes, built.plain.begin() + static_cast<std::ptrdiff_t>(at));
  }
  EXPECT_TRUE((*volume)->zero(300'000, 30'000));
  std::fill_n(built.plain.begin() + 300'000, 30'000, std::byte{0});
  save(path, built.below->bytes());
  return built.plain;
}

class BitlockerJudged : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(BitlockerJudged, WritesReadTheSameByAReaderInPython) {
  if (!have_python_judge()) GTEST_SKIP() << "python3-cryptography isn't here";
  TempFolder folder;
  ByteVector plain = write_volume({.method = GetParam()}, folder / "volume");
  RunResult judge =
      run({"/usr/bin/python3", DRYDOCK_SOURCE_DIR "/tests/support/bitlocker_judge.py",
           (folder / "volume").string(), (folder / "plain").string()});
  ASSERT_EQ(judge.exit_code, 0) << judge.err;
  EXPECT_TRUE(loaded(folder / "plain") == plain);
}

TEST_P(BitlockerJudged, WritesReadTheSameByLibbde) {
  if (GetParam() == 0x8005) GTEST_SKIP() << "libbde 20190102 can't do AES-XTS-256";
  TempFolder folder;
  ByteVector plain = write_volume(
      {.method = GetParam(), .clear_key = false, .recovery = kBuiltRecovery},
      folder / "volume");
  EXPECT_TRUE(read_by_libbde(folder / "volume") == plain);
}

INSTANTIATE_TEST_SUITE_P(All, BitlockerJudged, all_methods(), method_name);

TEST(BitlockerJudgedOnce, CryptsetupReadsTheBuildersMetadataAsWeDo) {
  if (!have_program("cryptsetup")) GTEST_SKIP() << "cryptsetup isn't here";
  TempFolder folder;
  BitlockerBuild build{.method = 0x8005, .password = "anaconda", .startup_key = true};
  save(folder / "volume", build_bitlocker(plain_volume(build), build));
  save(folder / "password", bytes_of(std::string_view("anaconda")));
  RunResult dump =
      run({"cryptsetup", "bitlkDump", "-q", "--dump-volume-key", "--key-file",
           (folder / "password").string(), "--volume-key-file",
           (folder / "key").string(), (folder / "volume").string()});
  ASSERT_EQ(dump.exit_code, 0) << dump.err;
  std::string key;
  for (std::byte byte : loaded(folder / "key")) {
    key += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  EXPECT_EQ(key, built_volume_key(build));
  RunResult plain = run({"cryptsetup", "bitlkDump", (folder / "volume").string()});
  EXPECT_THAT(plain.out,
              AllOf(HasSubstr("10000000-2000-3000-4000-500000000000"),
                    HasSubstr("xts-plain64"), HasSubstr("VMK protected with clear key"),
                    HasSubstr("VMK protected with startup key")));
}

}  // namespace
}  // namespace drydock::testing
