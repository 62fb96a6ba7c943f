#include "repair/cli/catalog_cache.h"

#include <fmt/format.h>

#include "repair/cli/host_file.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using signature::IndexCache;

Result<IndexCache> read_cache(const std::string& path) {
  return IndexCache::decode(TRY(read_host_file(path, IndexCache::kSizeMax))).in(path);
}

Done write_cache(const IndexCache& cache, const std::string& path) {
  ByteVector bytes = cache.encode();
  if (bytes.size() > IndexCache::kSizeMax) {
    return Error(Errc::no_space, fmt::format("it would have more than {} MiB: remove "
                                             "it, or name another",
                                             IndexCache::kSizeMax >> 20))
        .in(path);
  }
  HostFile file = TRY(HostFile::create(path));
  TRY(file.append(bytes));
  return file.keep();
}

}  // namespace

std::optional<IndexCache> read_catalog_cache(const std::string& path, Report& report) {
  if (path.empty()) return std::nullopt;
  auto cache = read_cache(path);
  if (cache) return *std::move(cache);
  if (cache.error().code() == Errc::not_found) return IndexCache();
  report.note(fmt::format("drydock: {}; it is left alone: remove it, or name another\n",
                          cache.error().describe()));
  return std::nullopt;
}

void keep_catalog_cache(const IndexCache& cache, const std::string& path,
                        Report& report) {
  if (!cache.has_grown()) return;
  Done done = write_cache(cache, path);
  if (!done) {
    report.note(fmt::format("drydock: the catalogs aren't kept: {}\n",
                            done.error().describe()));
  }
}

}  // namespace drydock::cli
