#include "repair/signature/catalog_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/catalog.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

DigestStart start_of(const Digest& digest) {
  DigestStart start{};
  Bytes bytes = digest.bytes();
  std::copy_n(bytes.begin(), std::min(bytes.size(), start.size()), start.begin());
  return start;
}

// Of each digest in a catalog; fails as walking it does.
Result<std::vector<DigestStart>> starts_in(Bytes catalog) {
  std::vector<DigestStart> starts;
  TRY(for_each_member_digest(catalog, [&](const MemberDigest& member) {
    starts.push_back(start_of(member.digest));
    return true;
  }));
  return starts;
}

}  // namespace

void CatalogIndex::add(IndexedCatalog catalog, const std::vector<DigestStart>& starts) {
  auto number = static_cast<std::uint32_t>(catalogs_.size());
  for (const DigestStart& start : starts) {
    entries_.push_back({.start = start, .catalog = number});
  }
  catalog.digest_count = starts.size();
  catalogs_.push_back(std::move(catalog));
}

void CatalogIndex::add(const std::string& name, Bytes content) {
  IndexedCatalog catalog;
  catalog.name = name;
  catalog.size = content.size();
  auto starts = starts_in(content);
  if (!starts) catalog.problem = starts.error().describe();
  add(std::move(catalog), starts ? *starts : std::vector<DigestStart>());
}

void CatalogIndex::seal() {
  std::sort(entries_.begin(), entries_.end());
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  entries_.shrink_to_fit();
}

Result<CatalogIndex> CatalogIndex::read(const CatalogFolder& folder,
                                        const Progress& progress, IndexCache* cache) {
  std::vector<CatalogFolder::Name> names = TRY(folder.names());
  std::uint64_t total = 0;
  for (const CatalogFolder::Name& name : names) total += name.size;
  CatalogIndex index;
  std::uint64_t done = 0;
  for (const CatalogFolder::Name& name : names) {
    IndexedCatalog catalog{.name = name.name, .size = name.size, .problem = {}};
    const auto* kept = cache != nullptr ? cache->find(name) : nullptr;
    if (kept != nullptr) {
      index.is_from_cache_ = true;
      index.add(std::move(catalog), *kept);
    } else if (auto content = folder.read(name.name); !content) {
      catalog.problem = content.error().words();
      index.add(std::move(catalog), {});
    } else if (auto starts = starts_in(*content); !starts) {
      catalog.problem = starts.error().describe();
      index.add(std::move(catalog), {});
    } else {
      index.add(std::move(catalog), *starts);
      if (cache != nullptr) cache->add(name, *std::move(starts));
    }
    done += name.size;
    if (progress) TRY(progress(done, total));
  }
  index.seal();
  return index;
}

std::vector<std::size_t> CatalogIndex::find(const Digest& digest) const {
  Entry first{.start = start_of(digest), .catalog = 0};
  std::vector<std::size_t> found;
  for (auto at = std::ranges::lower_bound(entries_, first);
       at != entries_.end() && at->start == first.start; ++at) {
    found.push_back(at->catalog);
  }
  return found;
}

}  // namespace drydock::signature
