// Which catalogs of a folder hold a hash.
//
// Code integrity at boot reads the catalogs of CatRoot themselves, and not CatRoot2's
// index of them (seen on Server 2022); so does this.  Each file is walked once, and no
// signature is looked at: who finds a hash here reads the catalog and judges it
// (verify.h), which costs a thousand times as much and is asked of one or two.
//
// It keeps the first 16 bytes of each digest: 20 bytes for each that a catalog holds,
// some 10 MB for a whole CatRoot.  They may come from what was kept of another guest's
// catalogs (index_cache.h).

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "repair/signature/catalog_folder.h"
#include "repair/signature/digest.h"
#include "repair/signature/index_cache.h"
#include "vhd/progress.h"

namespace drydock::signature {

struct IndexedCatalog {
  std::string name;        // "oem3.cat"
  std::uint64_t size = 0;  // in bytes
  std::size_t digest_count = 0;
  // Why nothing of it is in the index: "the file is empty"; "" where all of it is.
  std::string problem;
};

class CatalogIndex {
 public:
  // Of no catalogs.
  CatalogIndex() = default;

  // Reads every catalog of `folder`, but those that `cache` has; it gets the others.
  // One that can't be read or walked is in catalogs() with its problem.  Fails as
  // CatalogFolder::names() and `progress`, which counts bytes, do.
  static Result<CatalogIndex> read(const CatalogFolder& folder,
                                   const Progress& progress = {},
                                   IndexCache* cache = nullptr);

  // Adds one catalog, last in catalogs().  find() may be called after seal().
  void add(const std::string& name, Bytes content);
  void seal();

  // By name, without regard to case.
  const std::vector<IndexedCatalog>& catalogs() const { return catalogs_; }

  // The indices in catalogs() of those that hold `digest`, ascending.
  std::vector<std::size_t> find(const Digest& digest) const;
  bool holds(const Digest& digest) const { return !find(digest).empty(); }

  // Whether some of it is from a cache: what is found may not be in the catalog, and
  // what isn't found may be.
  bool is_from_cache() const { return is_from_cache_; }

  // Digests of all catalogs together.
  std::size_t digest_count() const { return entries_.size(); }

 private:
  struct Entry {
    DigestStart start;
    std::uint32_t catalog;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  void add(IndexedCatalog catalog, const std::vector<DigestStart>& starts);

  std::vector<IndexedCatalog> catalogs_;
  std::vector<Entry> entries_;  // sorted once sealed
  bool is_from_cache_ = false;
};

}  // namespace drydock::signature
