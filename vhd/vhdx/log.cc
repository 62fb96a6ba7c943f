#include "vhd/vhdx/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/log_entry.h"

namespace drydock::vhdx {

namespace {

// Windows and QEMU make logs of 1 MiB.  A replay holds the log in memory.
constexpr std::uint64_t kLogSizeMax = 64 * kMiB;

// Entries can lie on top of each other only in a log that was made to waste our
// time: an honest one is summed up once, and what older entries have left in
// it, once more.
constexpr std::uint64_t kLogPassMax = 16;

constexpr std::size_t kNone = ~std::size_t{0};

// The log's pages as a ring, and the entries in it.
class Ring {
 public:
  Ring(ByteVector bytes, const Guid& log_guid)
      : bytes_(std::move(bytes)), log_guid_(log_guid) {}

  // Fills in entry() and next(), for every page at which a sound entry starts.
  Done scan();

  std::size_t page_count() const { return bytes_.size() / kPageSize; }
  const std::optional<LogEntryHeader>& entry(std::size_t page) const {
    return entries_[page];
  }
  ByteVector entry_bytes(std::size_t page) const {
    return copy(page, entries_[page]->entry_length);
  }
  // Where the entry that continues the one at `page` starts, or kNone.
  std::size_t next(std::size_t page) const;

 private:
  ByteVector copy(std::size_t page, std::size_t length) const;

  ByteVector bytes_;
  Guid log_guid_;
  std::vector<std::optional<LogEntryHeader>> entries_;
};

Done Ring::scan() {
  entries_.resize(page_count());
  std::uint64_t budget = kLogPassMax * bytes_.size();
  for (std::size_t page = 0; page < page_count(); ++page) {
    Bytes start = Bytes(bytes_).subspan(page * kPageSize, kPageSize);
    auto header = log_entry_at(start, log_guid_, bytes_.size());
    if (!header) continue;
    if (header->entry_length > budget) {
      return Error(Errc::corrupt, "its entries lie on top of each other");
    }
    budget -= header->entry_length;
    if (is_sound_log_entry(copy(page, header->entry_length))) entries_[page] = header;
  }
  return {};
}

ByteVector Ring::copy(std::size_t page, std::size_t length) const {
  ByteVector bytes(length);
  std::size_t at = page * kPageSize;
  std::size_t first = std::min(length, bytes_.size() - at);
  std::memcpy(bytes.data(), bytes_.data() + at, first);
  std::memcpy(bytes.data() + first, bytes_.data(), length - first);
  return bytes;
}

std::size_t Ring::next(std::size_t page) const {
  const LogEntryHeader& header = *entries_[page];
  std::size_t next = (page + header.entry_length / kPageSize) % page_count();
  bool continues =
      entries_[next] && entries_[next]->sequence_number == header.sequence_number + 1;
  return continues ? next : kNone;
}

// For each entry, the last of the run of entries that it belongs to.
std::vector<std::size_t> find_heads(const Ring& ring) {
  std::vector<std::size_t> heads(ring.page_count(), kNone);
  std::vector<std::size_t> path;
  for (std::size_t start = 0; start < heads.size(); ++start) {
    if (!ring.entry(start)) continue;
    path.clear();
    std::size_t page = start;
    while (heads[page] == kNone) {
      path.push_back(page);
      std::size_t next = ring.next(page);
      if (next == kNone) break;
      page = next;
    }
    std::size_t head = heads[page] == kNone ? page : heads[page];
    for (std::size_t passed : path) heads[passed] = head;
  }
  return heads;
}

// The pages at which the active sequence's entries start, in order.
//
// A run of entries is a sequence if the last one's tail is the start of one of
// them, and the sequence begins there.  The newest counts.  [MS-VHDX] 2.3.3 has
// the scan go on at "the current sequence's head", which would never get past
// an entry that stands alone; what is meant is the place after it.
Result<std::vector<std::size_t>> find_active_sequence(const Ring& ring) {
  std::vector<std::size_t> heads = find_heads(ring);
  std::vector<std::size_t> active;
  std::uint64_t newest = 0;
  for (std::size_t head = 0; head < heads.size(); ++head) {
    if (heads[head] != head || ring.entry(head)->sequence_number <= newest) continue;
    std::size_t tail = ring.entry(head)->tail / kPageSize;
    if (heads[tail] != head) continue;
    std::vector<std::size_t> sequence;
    std::uint64_t length = 0;
    for (std::size_t page = tail; page != kNone; page = ring.next(page)) {
      sequence.push_back(page);
      length += ring.entry(page)->entry_length;
    }
    if (length > ring.page_count() * kPageSize) continue;
    newest = ring.entry(head)->sequence_number;
    active = std::move(sequence);
  }
  if (active.empty()) {
    return Error(Errc::corrupt,
                 "the header says that there are entries to replay, and no whole "
                 "sequence of them is here");
  }
  return active;
}

class Replayer {
 public:
  Replayer(const Header& header, std::uint64_t file_size)
      : log_offset_(header.log_offset), log_length_(header.log_length) {
    replay_.file_size = file_size;
  }

  Done add(LogChange change) {
    if (change.length == 0) return {};
    TRY(check_target(change.file_offset, change.length));
    std::uint64_t end = change.file_offset + change.length;
    replay_.file_size = std::max(replay_.file_size, end);
    if (change.contents.empty()) {
      add_zeros(change.file_offset, end);
    } else {
      replay_.pages.insert_or_assign(change.file_offset, std::move(change.contents));
    }
    return {};
  }

  Done grow(std::uint64_t last_file_offset) {
    if (last_file_offset > kFileSizeMax) {
      return Error(Errc::corrupt,
                   fmt::format("it grows the file to {} bytes", last_file_offset));
    }
    auto size = *checked::align_up(last_file_offset, kAlignment);
    replay_.file_size = std::max(replay_.file_size, size);
    return {};
  }

  Replay take() { return std::move(replay_); }

 private:
  // The headers and the log itself aren't changed through the log.
  Done check_target(std::uint64_t offset, std::uint64_t length) const {
    if (offset >= kRegionTableOffsets[0] &&
        checked::within(offset, length, kFileSizeMax) &&
        !checked::overlap(offset, length, log_offset_, log_length_)) {
      return {};
    }
    return Error(
        Errc::corrupt,
        fmt::format("it writes {} bytes at {:#x}, where nothing can be that is "
                    "changed through the log",
                    length, offset));
  }

  void add_zeros(std::uint64_t begin, std::uint64_t end) {
    replay_.pages.erase(replay_.pages.lower_bound(begin),
                        replay_.pages.lower_bound(end));
    auto& zeros = replay_.zeros;
    auto next = zeros.upper_bound(begin);
    if (next != zeros.begin() && std::prev(next)->second >= begin) --next;
    while (next != zeros.end() && next->first <= end) {
      begin = std::min(begin, next->first);
      end = std::max(end, next->second);
      next = zeros.erase(next);
    }
    zeros.emplace(begin, end);
  }

  std::uint64_t log_offset_;
  std::uint64_t log_length_;
  Replay replay_;
};

}  // namespace

Result<Replay> read_log(const BlockDevice& file, const Header& header) {
  std::uint16_t version = header.log_version;
  if (version != kLogVersion) {
    return Error(
        Errc::unsupported,
        fmt::format("there are entries to replay in a log of version {}; {} is "
                    "known",
                    version, kLogVersion));
  }
  std::uint64_t length = header.log_length;
  if (length > kLogSizeMax) {
    return Error(Errc::unsupported,
                 fmt::format("there are entries to replay in a log of {} bytes; {} can "
                             "be",
                             length, kLogSizeMax));
  }
  if (!checked::within(header.log_offset, length, file.size())) {
    return Error(Errc::corrupt,
                 fmt::format("it ends past the file's end at {:#x}", file.size()));
  }
  Ring ring(TRY(read_bytes(file, header.log_offset, length, kLogSizeMax)),
            header.log_guid);
  TRY(ring.scan());
  std::vector<std::size_t> sequence = TRY(find_active_sequence(ring));
  const LogEntryHeader& head = *ring.entry(sequence.back());
  std::uint64_t flushed = head.flushed_file_offset;
  if (file.size() < flushed) {
    return Error(Errc::corrupt,
                 fmt::format("the file has been cut: it had {} bytes when the log was "
                             "written, and has {}",
                             flushed, file.size()));
  }
  Replayer replayer(header, file.size());
  for (std::size_t page : sequence) {
    std::uint64_t number = ring.entry(page)->sequence_number;
    for (LogChange& change : log_entry_changes(ring.entry_bytes(page))) {
      TRY(replayer.add(std::move(change)).in(fmt::format("entry {}", number)));
    }
  }
  TRY(replayer.grow(head.last_file_offset));
  Replay replay = replayer.take();
  replay.entry_count = sequence.size();
  return replay;
}

Done write_replay(const Replay& replay, BlockDevice& file) {
  std::uint64_t old_size = file.size();
  if (old_size < replay.file_size) TRY(file.resize(replay.file_size));
  for (auto [begin, end] : replay.zeros) {
    // What has just grown is zero.
    if (begin < old_size) TRY(file.zero(begin, std::min(end, old_size) - begin));
  }
  for (const auto& [offset, contents] : replay.pages) {
    TRY(file.write(offset, contents));
  }
  return {};
}

}  // namespace drydock::vhdx
