#include "repair/signature/verify.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "repair/signature/catalog.h"
#include "tests/support/corpus.h"
#include "tests/support/policy_builder.h"
#include "vhd/base/utf16.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock::signature {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDriver = "drivers/virtio-win-0.1.240/vioscsi/w10/amd64/";

ByteVector read(const std::filesystem::path& path) {
  auto file = FileDevice::open(path);
  EXPECT_TRUE(file);
  auto bytes = read_bytes(**file, 0, (*file)->size(), kCatalogSizeMax);
  EXPECT_TRUE(bytes);
  return *std::move(bytes);
}

// Catalogs in memory, by name.
class Shelf final : public CatalogFolder {
 public:
  explicit Shelf(std::map<std::string, ByteVector> catalogs)
      : catalogs_(std::move(catalogs)) {}
  const std::string& place() const override { return place_; }
  Result<std::vector<Name>> names() const override {
    std::vector<Name> names;
    for (const auto& [name, bytes] : catalogs_) {
      names.push_back({name, bytes.size(), 0});
    }
    return names;
  }
  Result<ByteVector> read(const std::string& name) const override {
    ++read_count;
    return catalogs_.at(name);
  }

 private:
  std::map<std::string, ByteVector> catalogs_;
  std::string place_ = "shelf";

 public:
  mutable std::size_t read_count = 0;
};

Verifier verifier_of(std::map<std::string, ByteVector> catalogs) {
  auto shelf = std::make_shared<Shelf>(std::move(catalogs));
  auto index = CatalogIndex::read(*shelf);
  EXPECT_TRUE(index);
  return {*std::move(index), shelf, TrustStore::built_in()};
}

Verification verify(const Verifier& verifier, const ByteVector& bytes) {
  auto found = verifier.verify(MemoryDevice(bytes));
  EXPECT_TRUE(found);
  return *std::move(found);
}

// A real driver, as it is and without its certificate table, and its real catalog.
struct Sample {
  ByteVector signed_driver;
  ByteVector bare;
  ByteVector catalog;
};
Sample read_sample(const std::filesystem::path& folder) {
  Sample sample{.signed_driver = read(folder / "vioscsi.sys"),
                .bare = {},
                .catalog = read(folder / "vioscsi.cat")};
  auto pe = read_pe(MemoryDevice(sample.signed_driver));
  EXPECT_TRUE(pe && pe->certificate_table);
  sample.bare = sample.signed_driver;
  sample.bare.resize(pe->certificate_table->offset);
  std::fill_n(
      sample.bare.begin() + static_cast<std::ptrdiff_t>(*pe->certificate_entry_offset),
      8, std::byte{0});
  return sample;
}

TEST(Verify, ADriverThatBearsASignatureNeedsNoCatalog) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verification found = verify(verifier_of({}), sample.signed_driver);
  EXPECT_EQ(found.verified, Verified::embedded);
  EXPECT_EQ(found.why, "");
  EXPECT_TRUE(found.resolves);
  EXPECT_FALSE(found.catalog);
}

TEST(Verify, ADriverWithoutOneIsAsGoodAsTheCatalogThatHasItsHash) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verification alone = verify(verifier_of({}), sample.bare);
  EXPECT_EQ(alone.verified, Verified::unsigned_file);
  EXPECT_FALSE(alone.resolves);
  Verifier verifier = verifier_of({{"a.cat", sample.catalog}, {"b.cat", {}}});
  Verification found = verify(verifier, sample.bare);
  EXPECT_EQ(found.verified, Verified::catalog);
  EXPECT_THAT(found.catalogs, ElementsAre("a.cat"));
  EXPECT_EQ(found.catalog, "a.cat");
}

TEST(Verify, AByteChangedInTheDriverIsRefusedByBoth) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verifier verifier = verifier_of({{"a.cat", sample.catalog}});
  sample.bare[0x1000] ^= std::byte{1};
  sample.signed_driver[0x1000] ^= std::byte{1};
  EXPECT_EQ(verify(verifier, sample.bare).verified, Verified::unsigned_file);
  Verification found = verify(verifier, sample.signed_driver);
  EXPECT_EQ(found.verified, Verified::bad);
  EXPECT_THAT(found.why, HasSubstr("changed after it was signed"));
  EXPECT_FALSE(found.resolves);
}

// With another name of the member that isn't the driver.
ByteVector changed(ByteVector catalog) {
  ByteVector name = utf16le_bytes(u"vioscsi.inf");
  auto at = std::search(catalog.begin(), catalog.end(), name.begin(), name.end());
  EXPECT_NE(at, catalog.end());
  *at ^= std::byte{1};
  return catalog;
}

TEST(Verify, ACatalogThatWasChangedSignsNothing) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verifier verifier = verifier_of({{"a.cat", changed(sample.catalog)}});
  Verification found = verify(verifier, sample.bare);
  EXPECT_EQ(found.verified, Verified::bad);
  EXPECT_FALSE(found.resolves);
}

TEST(Verify, AGoodCatalogCountsBesideABadOne) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verifier verifier =
      verifier_of({{"a.cat", changed(sample.catalog)}, {"b.cat", sample.catalog}});
  Verification found = verify(verifier, sample.bare);
  EXPECT_EQ(found.verified, Verified::catalog);
  EXPECT_EQ(found.catalog, "b.cat");
}

TEST(Verify, WhatTheGuestsPolicyDeniesIsBadWhoeverSignedIt) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verifier verifier = verifier_of({});
  Verification before = verify(verifier, sample.signed_driver);
  std::string hash(as_text(before.hash(Algorithm::sha256)->bytes()));
  built::BuiltPolicy built{.files = {{.hash = hash}}, .used_files = {0}};
  auto policy = read_policy(bytes_of(built::policy(built)));
  ASSERT_TRUE(policy);
  verifier.deny_by(*std::move(policy));
  EXPECT_EQ(verify(verifier, sample.signed_driver).verified, Verified::bad);
}

TEST(Verify, ACatalogInTheWayOfADriverIsNoSignedDriver) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  MemoryDevice catalog(read(folder / "vioscsi.cat"));
  Verifier verifier = verifier_of({});
  auto loaded = verifier.verify(catalog, {.use = Use::kernel});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->verified, Verified::unsigned_file);
  EXPECT_FALSE(loaded->resolves);
  auto asked = verifier.verify(catalog, {.takes_catalogs = true});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->verified, Verified::embedded);
}

TEST(Verify, AnyOtherFileIsHashedWhole) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  ByteVector inf = read(folder / "vioscsi.inf");
  Verifier verifier = verifier_of({{"a.cat", sample.catalog}});
  EXPECT_EQ(verify(verifier, inf).verified, Verified::catalog);
  inf.push_back(std::byte{' '});
  EXPECT_EQ(verify(verifier, inf).verified, Verified::unsigned_file);
  EXPECT_EQ(verify(verifier, {}).verified, Verified::unsigned_file);
}

TEST(CatalogIndex, ReadsNothingThatIsKept) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Shelf shelf({{"one.cat", read(folder / "vioscsi.cat")}, {"cut.cat", ByteVector(9)}});
  IndexCache cache;
  auto first = CatalogIndex::read(shelf, {}, &cache);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->is_from_cache());
  EXPECT_TRUE(cache.has_grown());
  EXPECT_EQ(shelf.read_count, 2u);
  auto second = CatalogIndex::read(shelf, {}, &cache);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->is_from_cache());
  EXPECT_EQ(shelf.read_count, 3u);  // the damaged one, which isn't kept
  EXPECT_EQ(second->digest_count(), first->digest_count());
  EXPECT_NE(second->catalogs()[0].problem, "");
}

// What is kept of a catalog may be of another one of its name, size and time.
class OutOfCache : public testing::Test {
 protected:
  // A verifier that has the sample's catalog, and believes that `starts` are in it.
  Verifier verifier_with(const ByteVector& catalog, std::vector<DigestStart> starts) {
    shelf_ =
        std::make_shared<Shelf>(std::map<std::string, ByteVector>{{"a.cat", catalog}});
    IndexCache cache;
    cache.add({.name = "a.cat", .size = catalog.size(), .modified = 0},
              std::move(starts));
    auto index = CatalogIndex::read(*shelf_, {}, &cache);
    EXPECT_TRUE(index && index->is_from_cache());
    return {*std::move(index), shelf_, TrustStore::built_in()};
  }
  static DigestStart start_of(const Digest& digest) {
    DigestStart start{};
    std::copy_n(digest.bytes().begin(), start.size(), start.begin());
    return start;
  }

  std::shared_ptr<Shelf> shelf_;
};

TEST_F(OutOfCache, AFileIsBelievedByTheOneCatalogThatHasIt) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verification plain = verify(verifier_of({{"a.cat", sample.catalog}}), sample.bare);
  Verifier verifier =
      verifier_with(sample.catalog, {start_of(*plain.hash(Algorithm::sha256))});
  Verification found = verify(verifier, sample.bare);
  EXPECT_EQ(found.verified, Verified::catalog);
  EXPECT_EQ(found.catalog, "a.cat");
  EXPECT_EQ(shelf_->read_count, 1u);
}

TEST_F(OutOfCache, AFileIsNotBelievedByACatalogThatLacksIt) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  ByteVector changed = sample.bare;
  changed[changed.size() / 2] ^= std::byte{1};
  Verification plain = verify(verifier_of({{"a.cat", sample.catalog}}), changed);
  ASSERT_EQ(plain.verified, Verified::unsigned_file);
  Verifier verifier =
      verifier_with(sample.catalog, {start_of(*plain.hash(Algorithm::sha256))});
  Verification found = verify(verifier, changed);
  EXPECT_EQ(found.verified, Verified::unsigned_file);
  EXPECT_FALSE(found.resolves);
  EXPECT_THAT(found.catalogs, IsEmpty());
}

TEST_F(OutOfCache, AFileThatIsNotKeptIsLookedForInAllCatalogs) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  Sample sample = read_sample(folder);
  Verifier verifier = verifier_with(sample.catalog, {});
  EXPECT_EQ(verify(verifier, sample.bare).verified, Verified::catalog);
}

TEST(CatalogIndex, HasWhatTheCatalogsHave) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  ByteVector bytes = read(folder / "vioscsi.cat");
  CatalogIndex index;
  index.add("one.cat", bytes);
  index.add("two.cat", bytes);
  index.seal();
  auto catalog = Catalog::parse(bytes);
  ASSERT_TRUE(catalog);
  for (const Member& member : catalog->members()) {
    for (const Digest& digest : member.digests) {
      EXPECT_THAT(index.find(digest), ElementsAre(0, 1));
    }
  }
  EXPECT_THAT(index.find(*Digest::of(Algorithm::sha256, ByteVector(32))), IsEmpty());
}

TEST(CatalogIndex, NamesWhatCannotBeReadAndHoldsNothingOfIt) {
  DRYDOCK_CORPUS_FILE(folder, kDriver);
  ByteVector bytes = read(folder / "vioscsi.cat");
  bytes.resize(bytes.size() / 2);
  CatalogIndex index;
  index.add("cut.cat", bytes);
  index.add("empty.cat", {});
  index.seal();
  EXPECT_EQ(index.digest_count(), 0u);
  EXPECT_NE(index.catalogs()[0].problem, "");
  EXPECT_NE(index.catalogs()[1].problem, "");
}

}  // namespace
}  // namespace drydock::signature
