// Real catalogs: held against what openssl's asn1parse shows of them, and against
// the drivers beside them as osslsigncode hashes those.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "repair/signature/catalog.h"
#include "tests/support/corpus.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {
namespace {

namespace fs = std::filesystem;

ByteVector read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  auto bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

std::vector<fs::path> catalogs_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".cat") found.push_back(entry.path());
  }
  return found;
}

// The members' tags, in hex.  asn1parse -i shows a member's tag eight levels deep;
// nothing else of the list is an OCTET STRING there.
std::vector<std::string> tags_by_openssl(const fs::path& catalog) {
  RunResult shown =
      run({"openssl", "asn1parse", "-inform", "DER", "-i", "-in", catalog.string()});
  std::vector<std::string> tags;
  std::istringstream lines(shown.out);
  bool in_list = false;
  for (std::string line; std::getline(lines, line);) {
    if (in_list && line.find(":d=3 ") != line.npos) break;  // the certificates
    if (line.find(":1.3.6.1.4.1.311.10.1") != line.npos) in_list = true;
    std::size_t dump = line.find("[HEX DUMP]:");
    if (in_list && line.find(":d=8 ") != line.npos && dump != line.npos) {
      tags.push_back(ascii_lower(line.substr(dump + 11)));
    }
  }
  return tags;
}

std::string hex(Bytes bytes) {
  std::ostringstream text;
  for (std::byte byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text << kDigits[std::to_integer<unsigned>(byte) >> 4]
         << kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text.str();
}

TEST(CorpusCatalogs, HaveTheMembersThatOpensslShows) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  if (!have_program("openssl")) GTEST_SKIP() << "no openssl here";
  std::size_t member_count = 0;
  for (const fs::path& path : catalogs_below(drivers)) {
    SCOPED_TRACE(path);
    auto catalog = Catalog::parse(read_whole(path));
    ASSERT_TRUE(catalog) << catalog.error().describe();
    std::vector<std::string> tags;
    for (const Member& member : catalog->members()) tags.push_back(hex(member.tag));
    EXPECT_EQ(tags, tags_by_openssl(path));
    member_count += tags.size();
  }
  EXPECT_GT(member_count, 150u);
}

TEST(CorpusCatalogs, SayOfEachMemberWhatWasHashed) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  for (const fs::path& path : catalogs_below(drivers)) {
    SCOPED_TRACE(path);
    auto catalog = Catalog::parse(read_whole(path));
    ASSERT_TRUE(catalog) << catalog.error().describe();
    for (const Member& member : catalog->members()) {
      EXPECT_EQ(member.digests.size(), 1u);
      auto file = member.attribute("File");
      if (!file) continue;
      bool is_pe =
          file->ends_with(".sys") || file->ends_with(".dll") || file->ends_with(".exe");
      EXPECT_EQ(member.hashed, is_pe ? Hashed::pe_image : Hashed::flat) << *file;
    }
  }
}

TEST(CorpusCatalogs, AreWalkedToTheSameDigests) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  for (const fs::path& path : catalogs_below(drivers)) {
    SCOPED_TRACE(path);
    ByteVector bytes = read_whole(path);
    std::vector<Digest> walked, parsed;
    auto done = for_each_member_digest(bytes, [&](const MemberDigest& found) {
      walked.push_back(found.digest);
      return true;
    });
    EXPECT_TRUE(done);
    auto catalog = Catalog::parse(bytes);
    for (const Member& member : catalog->members()) {
      parsed.insert(parsed.end(), member.digests.begin(), member.digests.end());
    }
    EXPECT_EQ(walked, parsed);
  }
}

// The digests that osslsigncode makes of `driver`, in upper case.
std::string digest_by_osslsigncode(const fs::path& catalog, const fs::path& driver) {
  RunResult said =
      run({"osslsigncode", "verify", "-catalog", catalog.string(), driver.string()});
  std::istringstream lines(said.out);
  constexpr std::string_view kBefore = "Calculated message digest : ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kBefore)) {
      line.erase(0, kBefore.size());
      return ascii_lower(line.substr(0, line.find(' ')));
    }
  }
  return {};
}

TEST(CorpusCatalogs, HaveTheDriversBesideThem) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers/virtio-win-0.1.240");
  if (!have_program("osslsigncode")) GTEST_SKIP() << "no osslsigncode here";
  std::size_t found = 0, drivers_seen = 0;
  for (const fs::path& path : catalogs_below(drivers)) {
    fs::path driver = path;
    driver.replace_extension(".sys");
    if (!fs::exists(driver)) continue;
    ++drivers_seen;
    std::string digest = digest_by_osslsigncode(path, driver);
    auto catalog = Catalog::parse(read_whole(path));
    ASSERT_TRUE(catalog);
    bool listed = false;
    for (const Member& member : catalog->members()) {
      for (const Digest& each : member.digests) listed |= each.hex() == digest;
    }
    EXPECT_TRUE(listed) << driver << ' ' << digest;
    found += listed ? 1 : 0;
  }
  EXPECT_GT(drivers_seen, 40u);
  EXPECT_EQ(found, drivers_seen);
}

}  // namespace
}  // namespace drydock::signature
