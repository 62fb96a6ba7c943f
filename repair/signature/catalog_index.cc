#include "repair/signature/catalog_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/catalog.h"
#include "vhd/base/try.h"

namespace drydock::signature {

CatalogIndex::Entry CatalogIndex::entry_of(const Digest& digest,
                                           std::uint32_t catalog) {
  Entry entry{.start = {}, .catalog = catalog};
  Bytes bytes = digest.bytes();
  std::copy_n(bytes.begin(), std::min(bytes.size(), entry.start.size()),
              entry.start.begin());
  return entry;
}

void CatalogIndex::add(const std::string& name, Bytes content) {
  IndexedCatalog catalog;
  catalog.name = name;
  catalog.size = content.size();
  auto number = static_cast<std::uint32_t>(catalogs_.size());
  std::size_t before = entries_.size();
  auto walked = for_each_member_digest(content, [&](const MemberDigest& member) {
    entries_.push_back(entry_of(member.digest, number));
    return true;
  });
  if (walked) {
    catalog.digest_count = entries_.size() - before;
  } else {
    entries_.resize(before);
    catalog.problem = walked.error().describe();
  }
  catalogs_.push_back(std::move(catalog));
}

void CatalogIndex::seal() {
  std::sort(entries_.begin(), entries_.end());
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  entries_.shrink_to_fit();
}

Result<CatalogIndex> CatalogIndex::read(const CatalogFolder& folder,
                                        const Progress& progress) {
  std::vector<CatalogFolder::Name> names = TRY(folder.names());
  std::uint64_t total = 0;
  for (const CatalogFolder::Name& name : names) total += name.size;
  CatalogIndex index;
  std::uint64_t done = 0;
  for (const CatalogFolder::Name& name : names) {
    if (auto content = folder.read(name.name)) {
      index.add(name.name, *content);
    } else {
      IndexedCatalog unread;
      unread.name = name.name;
      unread.size = name.size;
      unread.problem = content.error().words();
      index.catalogs_.push_back(std::move(unread));
    }
    done += name.size;
    if (progress) TRY(progress(done, total));
  }
  index.seal();
  return index;
}

std::vector<std::size_t> CatalogIndex::find(const Digest& digest) const {
  Entry first = entry_of(digest, 0);
  std::vector<std::size_t> found;
  for (auto at = std::ranges::lower_bound(entries_, first);
       at != entries_.end() && at->start == first.start; ++at) {
    found.push_back(at->catalog);
  }
  return found;
}

}  // namespace drydock::signature
