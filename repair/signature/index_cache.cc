#include "repair/signature/index_cache.h"

#include <algorithm>
#include <string_view>

#include "repair/signature/digest.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

constexpr std::string_view kMagic = "drydkcat";
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kFirst = 40;  // where the catalogs begin

struct Header {
  le64 size;
  le64 modified;
  le32 start_count;
  le32 name_length;
};
static_assert(sizeof(Header) == 24);

Digest hash_of(Bytes bytes) {
  Hasher hasher(Algorithm::sha256);
  hasher.add(bytes);
  return hasher.finish();
}

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Error cut() { return Error(Errc::corrupt, "a catalog in it ends too early"); }

}  // namespace

IndexCache::Key IndexCache::key_of(const CatalogFolder::Name& catalog) {
  return {ascii_lower(catalog.name), catalog.size, catalog.modified};
}

Result<IndexCache> IndexCache::decode(Bytes bytes) {
  if (bytes.size() < kFirst ||
      !std::ranges::equal(bytes.first(kMagic.size()), bytes_of(kMagic))) {
    return Error(Errc::corrupt, "it isn't what catalogs are kept in");
  }
  Bytes rest = bytes.subspan(kFirst);
  if (!std::ranges::equal(hash_of(rest).bytes(),
                          bytes.subspan(kMagic.size(), kHashSize))) {
    return Error(Errc::corrupt, "its hash isn't that of its bytes");
  }
  IndexCache cache;
  while (!rest.empty()) {
    auto header = load<Header>(rest, 0);
    if (!header) return cut();
    rest = rest.subspan(sizeof(Header));
    std::size_t name_length = header->name_length;
    std::size_t start_count = header->start_count;
    if (name_length > rest.size() ||
        start_count > (rest.size() - name_length) / sizeof(DigestStart)) {
      return cut();
    }
    std::string name(reinterpret_cast<const char*>(rest.data()), name_length);
    std::vector<DigestStart> starts(start_count);
    std::copy_n(rest.data() + name_length, start_count * sizeof(DigestStart),
                reinterpret_cast<std::byte*>(starts.data()));
    rest = rest.subspan(name_length + start_count * sizeof(DigestStart));
    Key key(std::move(name), header->size, header->modified);
    cache.catalogs_.insert_or_assign(std::move(key), std::move(starts));
  }
  return cache;
}

ByteVector IndexCache::encode() const {
  ByteVector rest;
  for (const auto& [key, starts] : catalogs_) {
    const auto& [name, size, modified] = key;
    Header header{.size = size,
                  .modified = modified,
                  .start_count = static_cast<std::uint32_t>(starts.size()),
                  .name_length = static_cast<std::uint32_t>(name.size())};
    append(rest, bytes_of(header));
    append(rest, bytes_of(std::string_view(name)));
    append(rest, std::as_bytes(std::span(starts)));
  }
  ByteVector out;
  append(out, bytes_of(kMagic));
  append(out, hash_of(rest).bytes());
  append(out, rest);
  return out;
}

const std::vector<DigestStart>* IndexCache::find(
    const CatalogFolder::Name& catalog) const {
  auto found = catalogs_.find(key_of(catalog));
  return found == catalogs_.end() ? nullptr : &found->second;
}

void IndexCache::add(const CatalogFolder::Name& catalog,
                     std::vector<DigestStart> starts) {
  catalogs_.insert_or_assign(key_of(catalog), std::move(starts));
  has_grown_ = true;
}

}  // namespace drydock::signature
