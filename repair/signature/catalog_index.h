// Which catalogs of a folder hold a hash.
//
// Code integrity at boot reads the catalogs of CatRoot themselves, and not CatRoot2's
// index of them (seen on Server 2022); so does this.  Each file is walked once, and no
// signature is looked at: who finds a hash here reads the catalog and judges it
// (verify.h), which costs a thousand times as much and is asked of one or two.
//
// It keeps the first 16 bytes of each digest: 20 bytes for each that a catalog holds,
// some 10 MB for a whole CatRoot.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "repair/signature/catalog_folder.h"
#include "repair/signature/digest.h"
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

  // Reads every catalog of `folder`.  One that can't be read or walked is in
  // catalogs() with its problem.  Fails as CatalogFolder::names() and `progress`, which
  // counts bytes, do.
  static Result<CatalogIndex> read(const CatalogFolder& folder,
                                   const Progress& progress = {});

  // Adds one catalog, last in catalogs().  find() may be called after seal().
  void add(const std::string& name, Bytes content);
  void seal();

  // By name, without regard to case.
  const std::vector<IndexedCatalog>& catalogs() const { return catalogs_; }

  // The indices in catalogs() of those that hold `digest`, ascending.
  std::vector<std::size_t> find(const Digest& digest) const;
  bool holds(const Digest& digest) const { return !find(digest).empty(); }

  // Digests of all catalogs together.
  std::size_t digest_count() const { return entries_.size(); }

 private:
  struct Entry {
    std::array<std::byte, 16> start;
    std::uint32_t catalog;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  static Entry entry_of(const Digest& digest, std::uint32_t catalog);

  std::vector<IndexedCatalog> catalogs_;
  std::vector<Entry> entries_;  // sorted once sealed
};

}  // namespace drydock::signature
