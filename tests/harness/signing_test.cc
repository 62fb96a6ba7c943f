// What the harness signs, judged by osslsigncode and by OpenSSL's own program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "harness/images/authority.h"
#include "harness/images/catalog.h"
#include "harness/images/filler_catalogs.h"
#include "harness/images/indirect_data.h"
#include "harness/images/pe.h"
#include "harness/images/test_key.h"
#include "harness/work_folder.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock::images {
namespace {

using testing::HasSubstr;

ByteVector program(std::string_view name) {
  return make_pe({.name = name, .description = "A", .version = {1, 2, 3, 4}});
}

ByteVector bytes(std::string_view text) {
  Bytes all = bytes_of(text);
  return {all.begin(), all.end()};
}

class Signing : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"openssl", "osslsigncode"}) {
      if (!have_program(name)) GTEST_SKIP() << name << " isn't here";
    }
    auto authority = Authority::create();
    ASSERT_TRUE(authority) << authority.error().describe();
    authority_.emplace(*std::move(authority));
    put("root.pem", bytes(*authority_->root_pem()));
  }

  std::filesystem::path put(const std::string& name, Bytes content) {
    EXPECT_TRUE(harness::write_host_file(folder_ / name, content));
    return folder_ / name;
  }
  std::filesystem::path root() const { return folder_ / "root.pem"; }

  ByteVector catalog(CatalogForm form, const std::vector<CatalogMember>& members) {
    auto made = make_catalog({.form = form,
                              .id = "a",
                              .members = members,
                              .attributes = {{"HWID1", "pci\\ven_1af4"}}},
                             *authority_, Signer::windows);
    EXPECT_TRUE(made) << made.error().describe();
    return *std::move(made);
  }
  RunResult verify_by_catalog(const std::filesystem::path& file,
                              const std::filesystem::path& catalog) const {
    return run({"osslsigncode", "verify", "-catalog", catalog, "-CAfile", root(),
                "-TSA-CAfile", root(), "-in", file});
  }

  TempFolder folder_;
  std::optional<Authority> authority_;
};

TEST(TestKeys, AreSoundAndFollowFromTheirNames) {
  for (const TestKey& name : {kRootKey, kWindowsKey, kHardwareKey, kTimeStampKey}) {
    auto key = make_test_key(name);
    ASSERT_TRUE(key) << key.error().describe();
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key->get(), nullptr);
    EXPECT_EQ(EVP_PKEY_check(context), 1) << name.name;
    EVP_PKEY_CTX_free(context);
    EXPECT_EQ(EVP_PKEY_eq(key->get(), make_test_key(name)->get()), 1);
  }
}

TEST_F(Signing, IsTheSameOnEachRun) {
  auto again = Authority::create();
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->root_pem(), *authority_->root_pem());
  auto one = sign_program(program("a.sys"), *authority_, Signer::windows);
  auto other = sign_program(program("a.sys"), *again, Signer::windows);
  EXPECT_EQ(*one, *other);
  EXPECT_NE(*one, *sign_program(program("a.sys"), *authority_, Signer::hardware));
}

TEST_F(Signing, HasARootThatOpensslTakes) {
  RunResult text = run({"openssl", "x509", "-in", root(), "-noout", "-text"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("CN = drydock harness test root"));
  EXPECT_THAT(text.out, HasSubstr("Not After : Jan  1 00:00:00 2120 GMT"));
  RunResult verify = run({"openssl", "verify", "-CAfile", root(), root()});
  EXPECT_EQ(verify.exit_code, 0) << verify.err;
}

TEST_F(Signing, OfAProgramIsAcceptedAndOneFlippedByteIsNot) {
  ByteVector file = *sign_program(program("a.sys"), *authority_, Signer::windows);
  std::filesystem::path path = put("a.sys", file);
  RunResult sound = run({"osslsigncode", "verify", "-CAfile", root(), "-TSA-CAfile",
                         root(), "-in", path});
  EXPECT_EQ(sound.exit_code, 0) << sound.out << sound.err;
  EXPECT_THAT(sound.out, HasSubstr("Signature verification: ok"));
  EXPECT_THAT(sound.out, HasSubstr("Number of verified signatures: 1"));
  EXPECT_THAT(sound.out, testing::Not(HasSubstr("MISMATCH")));
  EXPECT_THAT(sound.out, HasSubstr("Timestamp time: Jan  2 03:04:05 2024 GMT"));
  EXPECT_THAT(sound.out, HasSubstr("Timestamp Server Signature verification: ok"));

  file[0x400] ^= std::byte{1};
  RunResult flipped = run({"osslsigncode", "verify", "-CAfile", root(), "-TSA-CAfile",
                           root(), "-in", put("b.sys", file)});
  EXPECT_NE(flipped.exit_code, 0);
  EXPECT_THAT(flipped.out, HasSubstr("MISMATCH"));
}

TEST_F(Signing, LeavesTheDigestOfAProgramAsItWas) {
  ByteVector before = program("a.sys");
  ByteVector after = *sign_program(before, *authority_, Signer::windows);
  EXPECT_EQ(*image_digest(Digest::sha1, before), *image_digest(Digest::sha1, after));
  EXPECT_NE(digest_of(Digest::sha1, before), digest_of(Digest::sha1, after));
  EXPECT_FALSE(image_digest(Digest::sha1, bytes("MZ, and no program")));
}

TEST_F(Signing, OfACatalogCoversItsMembersAndNoOther) {
  ByteVector in = program("in.sys");
  ByteVector out = program("out.sys");
  for (CatalogForm form : {CatalogForm::v1, CatalogForm::v2}) {
    std::filesystem::path file =
        put("a.cat", catalog(form, {{"in.sys", in}, {"b.sys", program("b.sys")}}));
    RunResult covered = verify_by_catalog(put("in.sys", in), file);
    EXPECT_EQ(covered.exit_code, 0) << covered.out << covered.err;
    EXPECT_THAT(covered.out, HasSubstr("Signature verification: ok"));
    EXPECT_NE(verify_by_catalog(put("out.sys", out), file).exit_code, 0);
  }
}

TEST_F(Signing, OfACatalogEndsWhereAByteOfItIsFlipped) {
  ByteVector in = program("in.sys");
  ByteVector bad = catalog(CatalogForm::v2, {{"in.sys", in}});
  bad[0x60] ^= std::byte{1};  // in its id
  RunResult result = verify_by_catalog(put("in.sys", in), put("bad.cat", bad));
  EXPECT_NE(result.exit_code, 0) << result.out;
}

TEST_F(Signing, KnowsAFileThatIsNoProgramByAllOfItsBytes) {
  ByteVector inf = bytes("[Version]\r\n");
  std::filesystem::path file = put("a.cat", catalog(CatalogForm::v2, {{"a.inf", inf}}));
  std::string sum =
      run({"openssl", "dgst", "-sha256", "-r", put("a.inf", inf)}).out.substr(0, 64);
  std::transform(sum.begin(), sum.end(), sum.begin(), ::toupper);
  EXPECT_THAT(run({"openssl", "asn1parse", "-inform", "DER", "-in", file}).out,
              HasSubstr(sum));
}

// "6 OBJECT 1.3.6.1.4.1.311.12.1.3": each of Microsoft's ids with its depth.
std::set<std::string> microsoft_ids(const std::filesystem::path& catalog) {
  RunResult parsed = run({"openssl", "asn1parse", "-inform", "DER", "-in", catalog});
  EXPECT_EQ(parsed.exit_code, 0) << parsed.err;
  std::set<std::string> ids;
  std::istringstream lines(parsed.out);
  for (std::string line; std::getline(lines, line);) {
    std::size_t depth = line.find(":d=");
    std::size_t id = line.find(":1.3.6.1.4.1.311.");
    if (depth == std::string::npos || id == std::string::npos) continue;
    // Certificates and time stamps hold others.
    if (line.find(".311.2.", id) == std::string::npos &&
        line.find(".311.10.1", id) == std::string::npos &&
        line.find(".311.12.", id) == std::string::npos) {
      continue;
    }
    ids.insert(line.substr(depth + 3, 2) + line.substr(id));
  }
  return ids;
}

TEST_F(Signing, OfFillerCatalogsIsAcceptedAndEachHoldsAHashOfItsOwn) {
  constexpr std::uint32_t kCount = 100;  // parts of three updates
  auto layout = lay_out({.catalog_count = kCount}, 1);
  std::vector<Content> contents;
  ASSERT_TRUE(add_filler_catalogs(layout, *authority_, contents));
  std::set<std::string> names;
  std::set<ByteVector> catalogs;
  for (const Content& content : contents) {
    names.insert(content.path);
    catalogs.insert(content.bytes);
    std::string name = content.path.substr(content.path.rfind('\\') + 1);
    ByteVector manifest = bytes(name.substr(0, name.size() - 3) + "mum");
    ByteVector hash = digest_of(Digest::sha256, manifest);
    EXPECT_FALSE(std::ranges::search(content.bytes, hash).empty()) << name;
  }
  EXPECT_EQ(names.size(), 2 * kCount);
  EXPECT_EQ(catalogs.size(), kCount);
  RunResult result = run({"osslsigncode", "verify", "-CAfile", root(), "-TSA-CAfile",
                          root(), "-in", put("a.cat", contents.back().bytes)});
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(Signing, LaysCatalogsOutAsThoseOfWindows10) {
  DRYDOCK_CORPUS_FILE(real, "drivers/virtio-win-0.1.240/pvpanic/w10/amd64/pvpanic.cat");
  ByteVector inf = bytes("[Version]\r\n");
  std::filesystem::path ours = put(
      "a.cat", catalog(CatalogForm::v2, {{"a.inf", inf}, {"a.sys", program("a.sys")}}));
  EXPECT_EQ(microsoft_ids(ours), microsoft_ids(real));
}

TEST_F(Signing, LaysCatalogsOutAsThoseOfWindows7) {
  DRYDOCK_CORPUS_FILE(real, "drivers/virtio-win-0.1.240/viostor/w7/amd64/viostor.cat");
  ByteVector inf = bytes("[Version]\r\n");
  std::filesystem::path ours = put(
      "a.cat", catalog(CatalogForm::v1, {{"a.inf", inf}, {"a.sys", program("a.sys")}}));
  EXPECT_EQ(microsoft_ids(ours), microsoft_ids(real));
}

}  // namespace
}  // namespace drydock::images
