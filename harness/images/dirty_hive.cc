#include "harness/images/dirty_hive.h"

#include <algorithm>
#include <cstring>

#include "vhd/base/endian.h"
#include "vhd/base/try.h"

// Written from msuhanov/regf, "Format of transaction log files".

namespace drydock::images {

namespace {

constexpr std::size_t kHead = 4096;  // of a hive; its bins follow
constexpr std::size_t kPage = 4096;  // by which Windows tells what changed
constexpr std::size_t kSector = 512;

// Of the header.
constexpr std::size_t kSequence1At = 4;
constexpr std::size_t kSequence2At = 8;
constexpr std::size_t kTimeAt = 12;
constexpr std::size_t kTypeAt = 28;
constexpr std::size_t kBinsSizeAt = 40;
constexpr std::size_t kChecksumAt = 508;

void put32(ByteVector& bytes, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<std::byte>(number >> 8 * i & 0xff);
  }
}

std::uint32_t get32(Bytes bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) {
    number = number << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return number;
}

void append32(ByteVector& bytes, std::size_t number) {
  bytes.resize(bytes.size() + 4);
  put32(bytes, bytes.size() - 4, static_cast<std::uint32_t>(number));
}

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void fill_sector(ByteVector& bytes) {
  while (bytes.size() % kSector != 0) bytes.push_back(std::byte{0});
}

void seal(ByteVector& head, std::uint32_t sequence1, std::uint32_t sequence2) {
  put32(head, kSequence1At, sequence1);
  put32(head, kSequence2At, sequence2);
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < kChecksumAt; at += 4) sum ^= get32(head, at);
  if (sum == 0) sum = 1;
  if (sum == 0xffffffff) sum = 0xfffffffe;
  put32(head, kChecksumAt, sum);
}

// Marvin32, as a stream of words.
std::uint64_t marvin(Bytes bytes) {
  std::uint32_t a = 0x7a4e55c5;
  std::uint32_t b = 0x82ef4d88;
  auto turn = [](std::uint32_t x, int by) { return x << by | x >> (32 - by); };
  auto feed = [&](std::uint32_t word) {
    a += word;
    b ^= a;
    a = turn(a, 20);
    a += b;
    b = turn(b, 9);
    b ^= a;
    a = turn(a, 27);
    a += b;
    b = turn(b, 19);
  };
  // Entries are multiples of four bytes, and so is all of them that is hashed.
  for (std::size_t at = 0; at < bytes.size(); at += 4) feed(get32(bytes, at));
  feed(0x80);
  feed(0);
  return static_cast<std::uint64_t>(b) << 32 | a;
}

void put_hash(ByteVector& entry, std::size_t at, std::uint64_t hash) {
  put32(entry, at, static_cast<std::uint32_t>(hash));
  put32(entry, at + 4, static_cast<std::uint32_t>(hash >> 32));
}

// Offsets of the pages of the bins that differ, or are new.
std::vector<std::size_t> changed_pages(Bytes before, Bytes after) {
  std::vector<std::size_t> pages;
  std::size_t end = kHead + get32(after, kBinsSizeAt);
  std::size_t old_end = kHead + get32(before, kBinsSizeAt);
  for (std::size_t at = kHead; at < end; at += kPage) {
    bool same =
        at + kPage <= old_end && std::memcmp(&before[at], &after[at], kPage) == 0;
    if (!same) pages.push_back(at - kHead);
  }
  return pages;
}

bool is_hive(Bytes bytes) {
  return bytes.size() >= kHead + kPage && std::memcmp(bytes.data(), "regf", 4) == 0 &&
         get32(bytes, kBinsSizeAt) % kPage == 0 &&
         get32(bytes, kBinsSizeAt) <= bytes.size() - kHead;
}

Done refuse_others(Bytes before, Bytes after) {
  if (!is_hive(before) || !is_hive(after)) {
    return Error(Errc::bad_argument, "one of them is no hive");
  }
  if (changed_pages(before, after).empty()) {
    return Error(Errc::bad_argument, "the two hives hold the same");
  }
  return {};
}

// The first sector of a log.
ByteVector log_head(Bytes hive, std::uint32_t type, std::uint32_t sequence) {
  ByteVector head(hive.begin(), hive.begin() + kSector);
  put32(head, kTypeAt, type);
  seal(head, sequence, sequence);
  return head;
}

ByteVector make_entry(Bytes after, const std::vector<std::size_t>& pages,
                      std::uint32_t sequence) {
  ByteVector entry;
  append(entry, bytes_of("HvLE"));
  append32(entry, 0);  // its size, below
  append32(entry, 0);  // flags
  append32(entry, sequence);
  append32(entry, get32(after, kBinsSizeAt));
  append32(entry, pages.size());
  entry.resize(40);  // two hashes, below
  for (std::size_t page : pages) {
    append32(entry, page);
    append32(entry, kPage);
  }
  for (std::size_t page : pages) append(entry, after.subspan(kHead + page, kPage));
  fill_sector(entry);
  put32(entry, 4, static_cast<std::uint32_t>(entry.size()));
  put_hash(entry, 24, marvin(Bytes(entry).subspan(40)));
  put_hash(entry, 32, marvin(Bytes(entry).first(32)));
  return entry;
}

// The hive as it was when a write that it never saw was begun.
ByteVector begun(Bytes before, std::uint32_t sequence1, std::uint32_t sequence2) {
  ByteVector hive(before.begin(), before.end());
  seal(hive, sequence1, sequence2);
  return hive;
}

}  // namespace

Result<DirtyHive> make_dirty_with_entries(Bytes before, Bytes after,
                                          std::uint32_t entry_count,
                                          std::uint32_t sequence) {
  TRY(refuse_others(before, after));
  std::vector<std::size_t> pages = changed_pages(before, after);
  entry_count = std::clamp<std::uint32_t>(entry_count, 1,
                                          static_cast<std::uint32_t>(pages.size()));
  DirtyHive dirty;
  dirty.hive = begun(before, sequence + 1, sequence);
  std::uint32_t in_first = (entry_count + 1) / 2;
  dirty.log1 = log_head(before, 6, sequence);
  if (entry_count > 1) dirty.log2 = log_head(before, 6, sequence + in_first);
  for (std::uint32_t i = 0; i < entry_count; ++i) {
    std::vector<std::size_t> share(
        pages.begin() + pages.size() * i / entry_count,
        pages.begin() + pages.size() * (i + 1) / entry_count);
    append(i < in_first ? dirty.log1 : dirty.log2,
           make_entry(after, share, sequence + i));
  }
  return dirty;
}

Result<DirtyHive> make_dirty_with_vector(Bytes before, Bytes after,
                                         std::uint32_t sequence) {
  TRY(refuse_others(before, after));
  std::vector<std::size_t> pages = changed_pages(before, after);
  DirtyHive dirty;
  dirty.hive = begun(before, sequence, sequence - 1);
  ByteVector head(after.begin(), after.begin() + kSector);
  std::copy_n(before.begin() + kTimeAt, 8, head.begin() + kTimeAt);
  dirty.log1 = log_head(head, 1, sequence);
  append(dirty.log1, bytes_of("DIRT"));
  // One bit for a sector, so one byte for a page.
  std::size_t bitmap_at = dirty.log1.size();
  dirty.log1.resize(bitmap_at + get32(after, kBinsSizeAt) / kPage);
  for (std::size_t page : pages) dirty.log1[bitmap_at + page / kPage] = std::byte{0xff};
  fill_sector(dirty.log1);
  for (std::size_t page : pages) {
    append(dirty.log1, after.subspan(kHead + page, kPage));
  }
  return dirty;
}

}  // namespace drydock::images
