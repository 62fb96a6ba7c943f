#include "repair/signature/index_cache.h"

#include <gmock/gmock.h>

namespace drydock::signature {
namespace {

using testing::HasSubstr;

const CatalogFolder::Name kOem = {.name = "oem3.cat", .size = 300, .modified = 7};

IndexCache sample() {
  IndexCache cache;
  cache.add(kOem, {{std::byte{1}}, {std::byte{2}}});
  cache.add({.name = "Empty.cat", .size = 9, .modified = 0}, {});
  return cache;
}

TEST(IndexCache, GivesWhatItWasGiven) {
  auto cache = IndexCache::decode(sample().encode());
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->size(), 2u);
  EXPECT_FALSE(cache->has_grown());
  const auto* starts = cache->find(kOem);
  ASSERT_NE(starts, nullptr);
  EXPECT_THAT(*starts, testing::ElementsAre(DigestStart{std::byte{1}},
                                            DigestStart{std::byte{2}}));
  EXPECT_EQ(cache->encode(), sample().encode());
}

TEST(IndexCache, KnowsACatalogByNameSizeAndTime) {
  IndexCache cache = sample();
  CatalogFolder::Name other = kOem;
  other.name = "OEM3.CAT";  // the same, since Windows' names ignore case
  EXPECT_NE(cache.find(other), nullptr);
  other = kOem;
  other.size = 301;
  EXPECT_EQ(cache.find(other), nullptr);
  other = kOem;
  other.modified = 8;
  EXPECT_EQ(cache.find(other), nullptr);
}

TEST(IndexCache, RefusesEveryChangedByteAndEveryLength) {
  const ByteVector whole = sample().encode();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    ByteVector changed = whole;
    changed[i] ^= std::byte{0x10};
    auto cache = IndexCache::decode(changed);
    ASSERT_FALSE(cache) << i;
    EXPECT_EQ(cache.error().code(), Errc::corrupt);
    EXPECT_FALSE(IndexCache::decode(Bytes(whole).first(i))) << i;
  }
}

TEST(IndexCache, TellsAForeignFileFromADamagedOne) {
  auto foreign = IndexCache::decode(ByteVector(100));
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().words(), HasSubstr("isn't what catalogs are kept in"));
  ByteVector damaged = sample().encode();
  damaged.back() ^= std::byte{1};
  auto cache = IndexCache::decode(damaged);
  ASSERT_FALSE(cache);
  EXPECT_THAT(cache.error().words(), HasSubstr("hash"));
}

}  // namespace
}  // namespace drydock::signature
