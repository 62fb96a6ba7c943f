#include "ntfs/fat/clusters.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/fat/table.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

// Entries of a table, when all of it is counted: all that FAT12 and FAT16 can have.
constexpr std::uint32_t kCountedAtOnce = 64 * 1024;

template <class... T>
Error corrupt(fmt::format_string<T...> words, T&&... numbers) {
  return Error(Errc::corrupt, fmt::format(words, std::forward<T>(numbers)...));
}

// For one that no chain may lead to.
std::string cluster_words(std::uint32_t cluster) {
  if (cluster == kFree) return "a free cluster";
  if (cluster == kBad) return "a bad cluster";
  return fmt::format("cluster {}, past the last", cluster);
}

// Calls `visit(device offset, offset in the range, length)` for each part of
// the chain's range that lies in one piece on the device.
template <class Visit>
Done for_each_piece(const Chain& chain, const Geometry& geometry, std::uint64_t offset,
                    std::uint64_t length, const Visit& visit) {
  std::uint64_t size = std::uint64_t(chain.count()) * geometry.cluster_size;
  if (!checked::within(offset, length, size)) {
    return corrupt("bytes {} to {} are past the {} clusters of the chain", offset,
                   offset + length, chain.count());
  }
  std::uint64_t done = 0;
  while (done < length) {
    std::uint64_t at = offset + done;
    auto index = static_cast<std::uint32_t>(at / geometry.cluster_size);
    const Chain::Run& run = chain.run_of(index);
    std::uint64_t skip = at - std::uint64_t(run.start) * geometry.cluster_size;
    std::uint64_t held = std::uint64_t(run.count) * geometry.cluster_size - skip;
    std::uint64_t piece = std::min(held, length - done);
    TRY(visit(geometry.offset_of(run.first) + skip, done, piece));
    done += piece;
  }
  return {};
}

}  // namespace

Result<Clusters> Clusters::open(DevicePtr device) {
  std::array<std::byte, kBootSectorSize> boot;
  if (device->size() < boot.size()) {
    return corrupt("{} bytes are too few for a boot sector", device->size());
  }
  TRY(device->read(0, boot).in("boot sector"));
  Geometry geometry = TRY(read_geometry(boot, device->size()).in("boot sector"));
  Clusters clusters(std::move(device), geometry);
  // The low byte of entry 0 repeats the boot sector's media (page 18), which no
  // reader insists on; but a table that was wiped or overwritten shows here.
  std::uint32_t media = TRY(clusters.next(0).in("FAT")) & 0xFF;
  if (media < 0xF0) {
    return corrupt("the table starts with {:#04x}, which is no media byte", media)
        .in("FAT");
  }
  return clusters;
}

Result<std::uint32_t> Clusters::next(std::uint32_t cluster) const {
  return read_entry(cache_, geometry_, geometry_.active_table, cluster);
}

Done Clusters::set_next(std::uint32_t cluster, std::uint32_t value) {
  std::uint32_t old = TRY(next(cluster));
  for (std::uint32_t table = 0; table < geometry_.table_count; ++table) {
    if (!geometry_.mirrored && table != geometry_.active_table) continue;
    std::uint32_t entry = TRY(read_entry(cache_, geometry_, table, cluster));
    if (entry != old) {
      return corrupt("the tables differ at cluster {}: {:#x} in table {} against {:#x}",
                     cluster, entry, table, old)
          .in("FAT");
    }
    TRY(write_entry(cache_, geometry_, table, cluster, value));
  }
  return {};
}

Result<std::string> Clusters::unclean() const {
  TableState table = TRY(read_state(cache_, geometry_).in("FAT"));
  if ((geometry_.state & kStateDirty) != 0) {
    return "its boot sector says that it was not dismounted";
  }
  if (!table.clean) return "its table says that it was not dismounted";
  if ((geometry_.state & kStateErrors) != 0 || !table.no_errors) {
    return "it says that it had disk errors";
  }
  return std::string();
}

Result<Chain> Clusters::chain(std::uint32_t first, std::uint32_t count_max) const {
  Chain chain;
  if (first == 0) return chain;
  if (!geometry_.holds(first)) {
    return corrupt("a chain can't start at cluster {:#x}: they are {} to {}", first,
                   kFirstCluster, geometry_.cluster_end() - 1)
        .in("FAT");
  }
  // Brent's way to find a circle: the landmark moves on ever more seldom, and a
  // chain that turns in circles comes back to it.
  std::uint32_t landmark = 0;
  std::uint32_t next_landmark = 1;
  for (std::uint32_t cluster = first; cluster < kEndMin;) {
    if (cluster == landmark) {
      return corrupt("the chain from cluster {} comes back to {}", first, cluster)
          .in("FAT");
    }
    if (chain.count() == count_max) {
      return corrupt("the chain from cluster {} is longer than {} clusters", first,
                     count_max)
          .in("FAT");
    }
    chain.append(cluster);
    if (chain.count() == next_landmark) {
      landmark = cluster;
      next_landmark *= 2;
    }
    std::uint32_t after = TRY(next(cluster).in("FAT"));
    if (after < kEndMin && !geometry_.holds(after)) {
      return corrupt("the chain from cluster {} goes from {} to {}", first, cluster,
                     cluster_words(after))
          .in("FAT");
    }
    cluster = after;
  }
  return chain;
}

std::uint32_t Clusters::count_for(std::uint64_t size) const {
  return static_cast<std::uint32_t>(checked::div_up(size, geometry_.cluster_size));
}

// The first free cluster from `from` on, around the end.
Result<std::uint32_t> Clusters::find_free(std::uint32_t from) const {
  if (!geometry_.holds(from)) from = kFirstCluster;
  std::uint32_t cluster = from;
  do {
    if (TRY(next(cluster).in("FAT")) == kFree) return cluster;
    if (++cluster == geometry_.cluster_end()) cluster = kFirstCluster;
  } while (cluster != from);
  return Error(Errc::no_space, fmt::format("all {} clusters of the volume are in use",
                                           geometry_.cluster_count));
}

Done Clusters::extend(Chain& chain, std::uint32_t count) {
  if (count == 0) return {};
  if (count > geometry_.cluster_count) {
    return Error(Errc::no_space, fmt::format("{} more clusters are more than the {} of "
                                             "the whole volume",
                                             count, geometry_.cluster_count));
  }
  auto hints = TRY(info());
  std::uint32_t hint = hints ? std::uint32_t(hints->next_free) : kFirstCluster;
  std::uint32_t from = chain.empty() ? hint : chain.last() + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t cluster = TRY(find_free(from));
    TRY(set_next(cluster, kEnd));
    if (!chain.empty()) TRY(set_next(chain.last(), cluster));
    chain.append(cluster);
    from = cluster + 1;
  }
  return note(-static_cast<std::int64_t>(count), from);
}

Done Clusters::cut(Chain& chain, std::uint32_t count) {
  if (count >= chain.count()) return {};
  std::uint32_t freed = chain.count() - count;
  std::uint32_t next_free = chain.at(count);
  for (std::uint32_t i = count; i < chain.count(); ++i) {
    TRY(set_next(chain.at(i), kFree));
  }
  chain.cut(count);
  if (!chain.empty()) TRY(set_next(chain.last(), kEnd));
  return note(freed, next_free);
}

// FSInfo, if there is one that bears its marks.
Result<std::optional<InfoSector>> Clusters::info() const {
  if (geometry_.info_offset == 0) return std::optional<InfoSector>();
  auto info = TRY(cache_.load_at<InfoSector>(geometry_.info_offset).in("FSInfo"));
  bool marked = info.lead_signature == kInfoLead && info.signature == kInfoSignature &&
                info.trail_signature == kInfoTrail;
  return marked ? std::optional(info) : std::nullopt;
}

// Keeps FSInfo right after `change` clusters became free, or -`change` used.
Done Clusters::note(std::int64_t change, std::uint32_t next_free) {
  auto noted = TRY(info());
  if (!noted) return {};
  std::int64_t count = std::int64_t(noted->free_count) + change;
  if (noted->free_count > geometry_.cluster_count || count < 0 ||
      count > geometry_.cluster_count) {
    count = TRY(count_free());  // it was wrong before
  }
  noted->free_count = static_cast<std::uint32_t>(count);
  noted->next_free = geometry_.holds(next_free) ? next_free : kFirstCluster;
  return cache_.store_at(geometry_.info_offset, *noted).in("FSInfo");
}

Result<std::uint32_t> Clusters::free_count() const {
  auto noted = TRY(info());
  if (noted && noted->free_count <= geometry_.cluster_count) {
    return std::uint32_t(noted->free_count);
  }
  return count_free();
}

Result<std::uint32_t> Clusters::count_free() const {
  std::uint32_t count = 0;
  ByteVector bytes;
  for (std::uint32_t first = 0; first < geometry_.cluster_end();) {
    std::uint32_t entries = std::min(geometry_.cluster_end() - first, kCountedAtOnce);
    // FAT12's last may end in a byte that the next would share.
    bytes.resize(entry_offset(geometry_.kind, entries) +
                 (geometry_.kind == Kind::fat12 ? 1 : 0));
    TRY(cache_
            .read(geometry_.tables_offset +
                      geometry_.active_table * geometry_.table_size +
                      entry_offset(geometry_.kind, first),
                  bytes)
            .in("FAT"));
    for (std::uint32_t i = first == 0 ? kFirstCluster : 0; i < entries; ++i) {
      if (entry_in(bytes, geometry_.kind, i) == kFree) ++count;
    }
    first += entries;
  }
  return count;
}

// Where the range is of the root that isn't in clusters.
Result<std::uint64_t> Clusters::place_in_root(std::uint64_t offset,
                                              std::uint64_t length) const {
  if (checked::within(offset, length, geometry_.root_size)) {
    return geometry_.root_offset + offset;
  }
  return corrupt("bytes {} to {} are past the {} of the root", offset, offset + length,
                 geometry_.root_size);
}

Done Clusters::read_structure(const Chain& chain, std::uint64_t offset,
                              MutableBytes into) const {
  if (chain.empty()) return cache_.read(TRY(place_in_root(offset, into.size())), into);
  return for_each_piece(chain, geometry_, offset, into.size(),
                        [&](auto at, auto done, auto length) {
                          return cache_.read(at, into.subspan(done, length));
                        });
}

Done Clusters::write_structure(const Chain& chain, std::uint64_t offset, Bytes from) {
  if (chain.empty()) return cache_.write(TRY(place_in_root(offset, from.size())), from);
  return for_each_piece(chain, geometry_, offset, from.size(),
                        [&](auto at, auto done, auto length) {
                          return cache_.write(at, from.subspan(done, length));
                        });
}

Done Clusters::read_data(const Chain& chain, std::uint64_t offset,
                         MutableBytes into) const {
  return for_each_piece(chain, geometry_, offset, into.size(),
                        [&](auto at, auto done, auto length) {
                          return cache_.device()->read(at, into.subspan(done, length));
                        });
}

Done Clusters::write_data(const Chain& chain, std::uint64_t offset, Bytes from) {
  return for_each_piece(chain, geometry_, offset, from.size(),
                        [&](auto at, auto done, auto length) {
                          return cache_.write_through(at, from.subspan(done, length));
                        });
}

}  // namespace drydock::fat
