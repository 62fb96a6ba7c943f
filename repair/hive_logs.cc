#include "repair/hive_logs.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// The start of a log: a copy of the hive's own header.  Layout as in the hive;
// msuhanov's "Windows registry file format specification" describes both.
struct LogHeader {
  le32 signature;           // +0x0  "regf"
  le32 primary_sequence;    // +0x4
  le32 secondary_sequence;  // +0x8
};
static_assert(OnDisk<LogHeader> && sizeof(LogHeader) == 12);

// An entry of the log format that Windows 8.1 brought.
struct LogEntry {
  le32 signature;  // +0x0  "HvLE"
  le32 size;       // +0x4  in bytes, a multiple of 512
  le32 flags;      // +0x8
  le32 sequence;   // +0xc
};
static_assert(OnDisk<LogEntry> && sizeof(LogEntry) == 16);

constexpr std::uint32_t kHeaderSignature = 0x66676572;  // "regf"
constexpr std::uint32_t kEntrySignature = 0x454c7648;   // "HvLE"
// Entries start at, and are multiples of, this.
constexpr std::uint64_t kEntryUnit = 512;
// Of one log.  Windows lets them grow to some tens of MiB before it flushes.
constexpr std::uint64_t kLogSizeMax = std::uint64_t{256} << 20;
constexpr std::size_t kChunkSize = std::size_t{1} << 20;

// Looks at every place where an entry can start rather than from entry to
// entry, because remnants of an earlier round lie behind the last one.  What
// is within an entry isn't looked at: pages of the hive may hold anything.
Result<std::uint32_t> greatest_sequence(const BlockDevice& log) {
  std::uint32_t greatest = 0;
  if (log.size() > kLogSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("a log of {} bytes is larger than any", log.size()));
  }
  ByteVector chunk;
  std::uint64_t skip_to = kEntryUnit;
  for (std::uint64_t start = 0; start < log.size(); start += kChunkSize) {
    chunk.resize(std::min<std::uint64_t>(kChunkSize, log.size() - start));
    TRY(log.read(start, chunk));
    if (auto header = load<LogHeader>(chunk);
        start == 0 && header && header->signature == kHeaderSignature) {
      greatest =
          std::max<std::uint32_t>(header->primary_sequence, header->secondary_sequence);
    }
    for (std::uint64_t at = 0; at < chunk.size(); at += kEntryUnit) {
      if (start + at < skip_to) continue;
      auto entry = load<LogEntry>(chunk, at);
      if (!entry || entry->signature != kEntrySignature) continue;
      greatest = std::max<std::uint32_t>(greatest, entry->sequence);
      if (entry->size % kEntryUnit == 0) skip_to = start + at + entry->size;
    }
  }
  return greatest;
}

}  // namespace

Result<std::uint32_t> greatest_log_sequence(const FileSystem& volume,
                                            std::string_view path) {
  std::uint32_t greatest = 0;
  for (std::string_view suffix : {".LOG", ".LOG1", ".LOG2"}) {
    std::string name = fmt::format("{}{}", path, suffix);
    Result<File> file = volume.find(name);
    if (!file && file.error().code() == Errc::not_found) continue;
    if (!file) return std::move(file).error();
    if (file->is_directory()) continue;
    DevicePtr data = TRY(file->data().in(name));
    greatest = std::max(greatest, TRY(greatest_sequence(*data).in(name)));
  }
  return greatest;
}

}  // namespace drydock::repair
