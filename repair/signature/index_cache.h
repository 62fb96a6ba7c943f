// What the catalogs of one guest hold, kept for the next: of machines that came from
// one image nearly all catalogs are the same files.
//
// A catalog is taken for the one that is kept where name, size and time of change
// agree. No verdict rests on that alone: who finds a hash by it reads that catalog and
// looks for the hash, and who finds none reads them all (verify.h).
//
//     0   "drydkcat"            8 bytes
//     8   SHA-256 of the rest   32
//     40  catalogs, each: size, modified (8 bytes each), count of starts, length of the
//         name (4 each), the name, the starts (16 each); numbers are little-endian

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "repair/signature/catalog_folder.h"

namespace drydock::signature {

// The first 16 bytes of a digest, which tell it from all others.
using DigestStart = std::array<std::byte, 16>;

class IndexCache {
 public:
  // The largest that is read: some ten Windows with all their updates.
  static constexpr std::size_t kSizeMax = std::size_t{128} << 20;

  // Of nothing.
  IndexCache() = default;
  // corrupt where `bytes` are no cache, or not all of one.
  static Result<IndexCache> decode(Bytes bytes);
  ByteVector encode() const;

  // nullptr where that catalog isn't kept.
  const std::vector<DigestStart>* find(const CatalogFolder::Name& catalog) const;
  void add(const CatalogFolder::Name& catalog, std::vector<DigestStart> starts);

  // Whether it holds what it didn't hold as it was decoded.
  bool has_grown() const { return has_grown_; }
  std::size_t size() const { return catalogs_.size(); }

 private:
  using Key = std::tuple<std::string, std::uint64_t, FileTime>;
  static Key key_of(const CatalogFolder::Name& catalog);

  std::map<Key, std::vector<DigestStart>> catalogs_;
  bool has_grown_ = false;
};

}  // namespace drydock::signature
