// Input: one byte of choices, the lengths of a hive and of its first log, the
// hive's first sector and bins, two logs.  Whatever they are, recover() ends; a
// hive that it recovers is clean, can be believed and is no larger than what it
// was made of; any other is given back as it lay.

#include <algorithm>
#include <cstdlib>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/marvin32.h"
#include "repair/hive/recovery.h"

namespace drydock::hive {
namespace {

constexpr std::uint8_t kSealHive = 1;  // its checksum is made right
constexpr std::uint8_t kSealLogs = 2;  // and so are theirs, and their hashes

void insist(bool holds) {
  if (!holds) std::abort();
}

void seal_head(ByteVector& file) {
  auto base = load<BaseBlock>(file);
  if (!base) return;
  base->checksum = checksum(*base);
  insist(store(file, 0, *base));
}

void seal_log(ByteVector& log) {
  seal_head(log);
  std::size_t at = kLogUnit;
  while (auto entry = load<LogEntryHeader>(log, at)) {
    std::uint32_t size = entry->size;
    if (size < sizeof(*entry) || size > log.size() - at) return;
    Bytes bytes = Bytes(log).subspan(at, size);
    entry->body_hash = marvin32(bytes.subspan(sizeof(*entry)));
    insist(store(log, at, *entry));
    entry->head_hash = marvin32(bytes.first(offsetof(LogEntryHeader, head_hash)));
    insist(store(log, at, *entry));
    at += size;
  }
}

ByteVector take(Bytes& from, std::size_t size) {
  Bytes taken = from.first(std::min(size, from.size()));
  from = from.subspan(taken.size());
  return {taken.begin(), taken.end()};
}

}  // namespace
}  // namespace drydock::hive

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::hive;
  Bytes input = std::as_bytes(std::span(data, size));
  auto lengths = load<std::array<le16, 2>>(input, 1);
  if (!lengths) return 0;
  auto choices = std::to_integer<std::uint8_t>(input[0]);
  input = input.subspan(5);
  ByteVector head = take(input, sizeof(BaseBlock));
  ByteVector file = head;
  file.resize(kBaseBlockSize);
  ByteVector bins = take(input, (*lengths)[0]);
  file.insert(file.end(), bins.begin(), bins.end());
  LogFile log1{.name = "HIVE.LOG1", .bytes = take(input, (*lengths)[1])};
  LogFile log2{.name = "HIVE.LOG2", .bytes = take(input, input.size())};
  if ((choices & kSealHive) != 0) seal_head(file);
  if ((choices & kSealLogs) != 0) {
    seal_log(log1.bytes);
    seal_log(log2.bytes);
  }
  std::size_t whole = file.size() + log1.bytes.size() + log2.bytes.size();
  std::vector<LogFile> logs{std::move(log1), std::move(log2)};
  Recovery got = recover(file, logs);
  insist(got.report.state == RecoveryState::clean || !describe(got.report).empty());
  if (got.report.state != RecoveryState::recovered) {
    insist(got.file == file);
    insist(got.report.applied.empty());
    return 0;
  }
  insist(!read_header_facts(got.file).dirty());
  insist(bool(believe(got.file)));
  insist(got.file.size() <= whole + kBaseBlockSize);
  insist(got.report.entry_count() != 0 && got.report.page_count() != 0);
  Recovery again = recover(got.file, logs);
  insist(again.report.state == RecoveryState::clean && again.file == got.file);
  return 0;
}
