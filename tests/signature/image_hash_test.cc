#include "repair/signature/image_hash.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "repair/signature/page_hash.h"
#include "tests/signature/pe_files.h"
#include "tests/support/pe_builder.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/memory_device.h"

namespace drydock::signature {
namespace {

constexpr Algorithm kAlgorithms[] = {Algorithm::md5, Algorithm::sha1, Algorithm::sha256,
                                     Algorithm::sha384, Algorithm::sha512};

std::optional<Algorithm> algorithm_named(const std::string& name) {
  for (Algorithm algorithm : kAlgorithms) {
    if (to_string(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

std::string image_hash(const ByteVector& bytes, Algorithm algorithm) {
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  if (!pe) return pe.error().describe();
  auto digests = image_hashes(file, *pe, {&algorithm, 1});
  return digests ? digests->at(0).hex() : digests.error().describe();
}

std::string page_hash_table(const ByteVector& bytes, Algorithm algorithm) {
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  if (!pe) return pe.error().describe();
  auto pages = page_hashes(file, *pe, algorithm);
  if (!pages) return pages.error().describe();
  std::string text;
  for (std::byte byte : page_table(*pages)) {
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

TEST(ImageHash, OfEachSignedFileIsThatOfOsslsigncode) {
  if (!have_program("osslsigncode")) GTEST_SKIP() << "osslsigncode isn't here";
  int count = 0;
  for (const auto& path : real_pe_files()) {
    ByteVector bytes = read_host_file(path);
    for (const JudgedDigest& judged : judged_digests(path)) {
      auto algorithm = algorithm_named(judged.algorithm);
      ASSERT_TRUE(algorithm) << judged.algorithm;
      EXPECT_EQ(image_hash(bytes, *algorithm), judged.digest) << path;
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no signed PE files here";
}

// Signed by osslsigncode, which says what it hashed; the hash of the file as it was
// before is the same, and so are those of its pages.
void expect_signing_agrees(const std::filesystem::path& path, const TempFolder& folder,
                           const std::string& name) {
  auto signed_file = sign(path, folder.path(), name);
  ASSERT_TRUE(signed_file) << path;
  Algorithm algorithm = *algorithm_named(name);
  auto judged = judged_digests(*signed_file);
  ASSERT_EQ(judged.size(), 1u) << path;
  EXPECT_EQ(judged[0].algorithm, name);
  ByteVector after = read_host_file(*signed_file);
  EXPECT_EQ(image_hash(after, algorithm), judged[0].digest) << path;
  EXPECT_EQ(image_hash(read_host_file(path), algorithm), judged[0].digest) << path;
  if (judged[0].page_table.empty()) return;
  auto page_algorithm = algorithm_named(judged[0].page_algorithm);
  ASSERT_TRUE(page_algorithm);
  std::string table = page_hash_table(after, *page_algorithm);
  bool is_whole = judged[0].page_table.size() != 64;
  EXPECT_EQ(is_whole ? table : table.substr(0, 64), judged[0].page_table) << path;
}

TEST(ImageHash, OfAnUnsignedFileIsThatWhichOsslsigncodeSigns) {
  if (!have_program("osslsigncode") || !have_program("openssl")) {
    GTEST_SKIP() << "osslsigncode or openssl isn't here";
  }
  TempFolder folder;
  std::vector<std::filesystem::path> files;
  for (const char* name : {"/usr/lib/shim/shimx64.efi", "/usr/lib/shim/fbx64.efi",
                           "/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"}) {
    if (std::filesystem::exists(name)) files.push_back(name);
  }
  for (bool is_64 : {true, false}) {
    files.push_back(folder / (is_64 ? "64.sys" : "32.sys"));
    // Of an odd size, so that padding shows.
    ByteVector overlay(1003, std::byte{7});
    write_host_file(files.back(), build_pe({.is_64 = is_64, .overlay = overlay}));
  }
  for (const auto& file : files) {
    for (const char* name : {"sha1", "sha256", "sha384"}) {
      expect_signing_agrees(file, folder, name);
    }
  }
}

// A signed file with two sections, and bytes behind them.
ByteVector signed_bytes() {
  return build_pe({.sections = {{".text", ByteVector(5000, std::byte{0xcc})},
                                {".data", ByteVector(700, std::byte{0x11})}},
                   .overlay = ByteVector(40, std::byte{7}),
                   .certificates = pe_certificate(ByteVector(33, std::byte{0x30}))});
}

// The hash with the byte at `offset` changed.
std::string hash_with_change_at(std::size_t offset) {
  ByteVector bytes = signed_bytes();
  bytes.at(offset) ^= std::byte{0x40};
  return image_hash(bytes, Algorithm::sha256);
}

TEST(ImageHash, EachByteOfTheFileTurnsItButInThreePlaces) {
  ByteVector bytes = signed_bytes();
  auto pe = read_pe(MemoryDevice(bytes));
  ASSERT_TRUE(pe);
  Range table = pe->certificate_table.value();
  std::string whole = image_hash(bytes, Algorithm::sha256);
  std::size_t entry = pe_certificate_entry_at(true);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    // A change of the entry itself moves the table.
    if (at >= entry && at < entry + 8) continue;
    // Of these the file is none any more, or its certificate table another.
    std::string changed = hash_with_change_at(at);
    bool skipped =
        (at >= pe_checksum_at() && at < pe_checksum_at() + 4) || at >= table.offset;
    EXPECT_EQ(changed == whole, skipped) << at;
  }
}

TEST(ImageHash, TheEntryOfTheCertificateTableIsLeftOut) {
  ByteVector bytes = build_pe({});
  ByteVector with_entry = bytes;
  // Past the end, so that there is no table in either.
  ASSERT_TRUE(store(with_entry, pe_certificate_entry_at(true),
                    DataDirectory{.address = 0x7ffffff0u, .size = 16u}));
  EXPECT_EQ(image_hash(bytes, Algorithm::sha256),
            image_hash(with_entry, Algorithm::sha256));
}

TEST(ImageHash, BytesBehindTheCertificateTableTurnIt) {
  ByteVector longer = signed_bytes();
  longer.push_back(std::byte{1});
  EXPECT_NE(image_hash(longer, Algorithm::sha256),
            image_hash(signed_bytes(), Algorithm::sha256));
}

TEST(ImageHash, SeveralAlgorithmsAreOneReading) {
  MemoryDevice file(signed_bytes());
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto digests = image_hashes(file, *pe, kAlgorithms);
  ASSERT_TRUE(digests);
  for (std::size_t i = 0; i < digests->size(); ++i) {
    EXPECT_EQ((*digests)[i].algorithm, kAlgorithms[i]);
    EXPECT_EQ((*digests)[i].hex(), image_hash(signed_bytes(), kAlgorithms[i]));
    EXPECT_EQ((*digests)[i].bytes().size(), digest_size(kAlgorithms[i]));
  }
}

TEST(ImageHash, FlatHashesAreThoseOfOpenssl) {
  if (!have_program("openssl")) GTEST_SKIP() << "openssl isn't here";
  TempFolder folder;
  // More than one piece of reading.
  ByteVector bytes(3'000'001);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i * i >> 7);
  write_host_file(folder / "file", bytes);
  auto digests = flat_hashes(MemoryDevice(bytes), kAlgorithms);
  ASSERT_TRUE(digests);
  for (const Digest& digest : *digests) {
    auto said =
        run({"openssl", "dgst", "-r", "-" + std::string(to_string(digest.algorithm)),
             (folder / "file").string()});
    EXPECT_EQ(said.out.substr(0, said.out.find(' ')), digest.hex());
  }
}

TEST(ImageHash, ProgressEndsAtAllBytesAndCanStopTheWork) {
  MemoryDevice file(ByteVector(3'000'000));
  std::uint64_t last = 0;
  Progress watch = [&](std::uint64_t done, std::uint64_t total) -> Done {
    EXPECT_EQ(total, 3'000'000u);
    EXPECT_GT(done, last);
    last = done;
    return {};
  };
  Algorithm algorithm = Algorithm::sha1;
  ASSERT_TRUE(flat_hashes(file, {&algorithm, 1}, watch));
  EXPECT_EQ(last, 3'000'000u);
  Progress stop = [](std::uint64_t, std::uint64_t) -> Done {
    return Error(Errc::interrupted, "stopped");
  };
  EXPECT_EQ(flat_hashes(file, {&algorithm, 1}, stop).error().code(), Errc::interrupted);
}

TEST(PageHash, TheFirstPageThatDiffersIsNamed) {
  ByteVector bytes = signed_bytes();
  MemoryDevice whole(bytes);
  auto pe = read_pe(whole);
  ASSERT_TRUE(pe);
  auto pages = page_hashes(whole, *pe, Algorithm::sha256);
  ASSERT_TRUE(pages);
  // Headers, two pages of .text, one of .data, and the end.
  ASSERT_EQ(pages->size(), 5u);
  ByteVector table = page_table(*pages);
  auto none = first_wrong_page(whole, *pe, Algorithm::sha256, table);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  bytes.at(0x400 + 4096 + 5) ^= std::byte{1};
  auto wrong = first_wrong_page(MemoryDevice(bytes), *pe, Algorithm::sha256, table);
  ASSERT_TRUE(wrong && *wrong);
  EXPECT_EQ((*wrong)->offset, 0x400u + 4096u);
  EXPECT_EQ((*wrong)->words, "the page has another hash");
}

TEST(PageHash, ATableOfOtherPagesIsWrong) {
  MemoryDevice file(signed_bytes());
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto pages = page_hashes(file, *pe, Algorithm::sha1);
  ASSERT_TRUE(pages);
  ByteVector table = page_table(*pages);
  ByteVector shorter(table.begin(), table.end() - 24);
  ByteVector longer = table;
  longer.push_back({});
  ByteVector moved = table;
  moved.at(24) ^= std::byte{8};
  for (const ByteVector& wrong_table : {shorter, longer, moved, ByteVector{}}) {
    auto wrong = first_wrong_page(file, *pe, Algorithm::sha1, wrong_table);
    ASSERT_TRUE(wrong);
    EXPECT_TRUE(*wrong);
  }
}

TEST(PageHash, SectionsThatOverlapAreRefused) {
  ByteVector bytes = signed_bytes();
  std::size_t second = kPeHeaderAt + 24 + 0x70 + 16 * 8 + 40;
  auto section = load<SectionHeader>(bytes, second);
  section->data_offset = kPeHeadersSize;
  section->data_size = 0x1600u;
  ASSERT_TRUE(store(bytes, second, *section));
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  EXPECT_EQ(page_hashes(file, *pe, Algorithm::sha1).error().code(), Errc::corrupt);
}

TEST(Digest, IsOfAsManyBytesAsItsAlgorithmMakes) {
  ByteVector bytes(20, std::byte{0xab});
  EXPECT_FALSE(Digest::of(Algorithm::sha256, bytes));
  auto digest = Digest::of(Algorithm::sha1, bytes);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->hex(), "abababababababababababababababababababab");
  EXPECT_EQ(std::hash<Digest>()(*digest),
            std::hash<Digest>()(*Digest::of(Algorithm::sha1, bytes)));
}

}  // namespace
}  // namespace drydock::signature
