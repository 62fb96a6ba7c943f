#include "repair/hive/recovery.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

// Sequence numbers wrap: of two, the one that is less than half the way round
// ahead is the later.
bool precedes(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

Error refused(std::string why) { return Error(Errc::corrupt, std::move(why)); }

// A log whose header can be believed.
struct Usable {
  const LogFile* file = nullptr;
  BaseBlock header;

  std::uint32_t sequence() const { return header.sequence1; }
  LogFormat format() const { return log_format(header); }
  // ".LOG1" and ".LOG2" are used together, ".LOG" on its own.
  bool is_of_pair() const {
    std::string name = ascii_lower(file->name);
    return name.ends_with(".log1") || name.ends_with(".log2");
  }
};

// One hive and its logs, from the choice of logs to the hive's new header.
class Replay {
 public:
  Replay(Bytes file, const HeaderFacts& header, const std::vector<LogFile>& logs,
         RecoveryReport& report)
      : old_size_(file.size()),
        header_(header),
        base_(load<BaseBlock>(file).value_or(BaseBlock())),
        report_(report) {
    // A copy that has room to grow isn't made twice.
    std::uint64_t room = old_size_;
    for (const LogFile& log : logs) room += log.bytes.size();
    file_.reserve(room);
    file_.assign(file.begin(), file.end());
  }

  // What couldn't be applied is an Error, after which the bytes are of no use.
  Done run(const std::vector<LogFile>& logs);
  ByteVector take_file() && { return std::move(file_); }

 private:
  std::vector<Usable> choose(const std::vector<LogFile>& logs);
  Done apply_entries_logs(std::vector<Usable> logs);
  Done apply_entries(const Usable& log);
  Done apply_entry(const LogEntry& entry);
  Done apply_dirty_vector_logs(std::vector<Usable> logs);
  Done apply_dirty_vector(const Usable& log);
  void take_base_block(const Usable& log);
  Done grow(std::uint32_t bins_size);
  void put(const Page& page);
  void fill_missing_bins();
  void finish();

  void unused(const Usable& log, std::string_view why) {
    report_.unused.push_back(fmt::format("{}: {}", log.file->name, why));
  }
  // The time by which a log of the old format is known to belong to this hive.
  std::uint64_t time_to_match() const;

  std::uint64_t old_size_;
  std::uint64_t log_size_ = 0;  // of all logs that are used
  ByteVector file_;
  HeaderFacts header_;
  BaseBlock base_;
  RecoveryReport& report_;
  // Of each 4 KiB of the bins, whether a log had bytes for it.
  std::vector<bool> written_;
  // Of the last entry applied; nothing before the first.
  std::optional<std::uint32_t> last_sequence_;
};

// Those of one format that Windows would look at; the rest is said to be unused.
// LOG1 and LOG2 come before LOG, which may be left from installation, and the
// newer format before the older.
std::vector<Usable> Replay::choose(const std::vector<LogFile>& logs) {
  std::vector<Usable> usable;
  for (const LogFile& log : logs) {
    auto header = read_log_header(log.bytes);
    if (header) {
      usable.push_back({.file = &log, .header = *header});
    } else {
      std::string why =
          is_zero(log.bytes) ? "nothing is in it" : header.error().words();
      report_.unused.push_back(fmt::format("{}: {}", log.name, why));
    }
  }
  auto rank = [](const Usable& log) {
    return (log.format() == LogFormat::entries ? 0 : 2) + (log.is_of_pair() ? 0 : 1);
  };
  if (usable.empty()) return usable;
  int best = rank(*std::min_element(
      usable.begin(), usable.end(),
      [&](const Usable& a, const Usable& b) { return rank(a) < rank(b); }));
  std::vector<Usable> chosen;
  for (const Usable& log : usable) {
    if (rank(log) == best) {
      chosen.push_back(log);
      log_size_ += log.file->bytes.size();
    } else {
      unused(log, "others come before it");
    }
  }
  return chosen;
}

Done Replay::run(const std::vector<LogFile>& logs) {
  std::vector<Usable> chosen = choose(logs);
  if (chosen.empty()) return refused("none of its logs can be read");
  bool entries = chosen[0].format() == LogFormat::entries;
  TRY(entries ? apply_entries_logs(std::move(chosen))
              : apply_dirty_vector_logs(std::move(chosen)));
  finish();
  return believe(file_);
}

void Replay::take_base_block(const Usable& log) {
  base_ = log.header;
  base_.type = 0;
  report_.base_block_replaced = true;
}

// The bins may not outgrow what the file and the logs have bytes for: what grows,
// Windows logs whole, so more isn't Windows', and would be memory for nothing.
Done Replay::grow(std::uint32_t bins_size) {
  std::uint64_t size = std::uint64_t{kBaseBlockSize} + bins_size;
  if (size > kHiveSizeMax || size > kBaseBlockSize + old_size_ + log_size_) {
    return refused(
        fmt::format("a hive of {} bytes with logs of {} can't have {} bytes of bins",
                    old_size_, log_size_, bins_size));
  }
  if (size > file_.size()) file_.resize(size);
  if (written_.size() < bins_size / kBinUnit) written_.resize(bins_size / kBinUnit);
  base_.bins_size = bins_size;
  return {};
}

void Replay::put(const Page& page) {
  std::copy(page.bytes.begin(), page.bytes.end(),
            file_.begin() + kBaseBlockSize + page.offset);
  std::size_t end = page.offset + page.bytes.size();
  for (std::size_t at = page.offset / kBinUnit; at * kBinUnit < end; ++at) {
    written_[at] = true;
  }
}

Done Replay::apply_entries_logs(std::vector<Usable> logs) {
  std::stable_sort(logs.begin(), logs.end(), [](const Usable& a, const Usable& b) {
    return precedes(a.sequence(), b.sequence());
  });
  if (!header_.checksum_right) {
    // As Windows does it: of the log with the latest entries alone.
    for (std::size_t i = 0; i + 1 < logs.size(); ++i) {
      unused(logs[i], fmt::format("{} is newer, whose header the hive needs",
                                  logs.back().file->name));
    }
    take_base_block(logs.back());
    return apply_entries(logs.back());
  }
  for (const Usable& log : logs) {
    if (!last_sequence_ && precedes(log.sequence(), header_.sequence2)) {
      unused(log, fmt::format("it begins with entry {}, before the hive's {}",
                              log.sequence(), header_.sequence2));
    } else if (last_sequence_ && log.sequence() != *last_sequence_ + 1) {
      unused(log, fmt::format("it begins with entry {}, not with {}", log.sequence(),
                              *last_sequence_ + 1));
    } else {
      TRY(apply_entries(log));
    }
  }
  if (last_sequence_) return {};
  return refused(fmt::format("none of its logs continues it ({})",
                             fmt::join(report_.unused, "; ")));
}

// An entry that isn't whole, or isn't next, ends a log: a write was cut off there,
// or what follows is left from an earlier round.
Done Replay::apply_entries(const Usable& log) {
  AppliedLog applied;
  applied.name = log.file->name;
  applied.first_sequence = log.sequence();
  std::uint32_t expected = log.sequence();
  std::size_t at = kLogUnit;
  for (;; ++expected) {
    auto entry = read_log_entry(log.file->bytes, at);
    if (!entry) {
      applied.end = entry.error().code() == Errc::not_found
                        ? entry.error().words()
                        : fmt::format("the entry at 0x{:x} isn't whole: {}", at,
                                      entry.error().words());
      break;
    }
    if (entry->sequence != expected) {
      applied.end = fmt::format("the entry at 0x{:x} is {}, not {}", at,
                                entry->sequence, expected);
      break;
    }
    TRY(apply_entry(*entry).in(
        fmt::format("entry {} of {}", entry->sequence, log.file->name)));
    applied.last_sequence = entry->sequence;
    ++applied.entry_count;
    applied.page_count += entry->pages.size();
    at += entry->size;
  }
  if (applied.entry_count == 0) {
    return refused(fmt::format("{} has no entry {}: {}", log.file->name, log.sequence(),
                               applied.end));
  }
  report_.applied.push_back(std::move(applied));
  return {};
}

Done Replay::apply_entry(const LogEntry& entry) {
  TRY(grow(entry.bins_size));
  for (const Page& page : entry.pages) put(page);
  base_.flags = (base_.flags & ~base_flag::transactions) |
                (entry.flags & base_flag::transactions);
  last_sequence_ = entry.sequence;
  return {};
}

std::uint64_t Replay::time_to_match() const {
  if (header_.checksum_right) return base_.last_written;
  auto bin = load<BinHeader>(file_, kBaseBlockSize);
  return bin ? std::uint64_t{bin->last_written} : 0;
}

// A log of the old format belongs to the hive whose header bears the same time.
// Where that header is broken the first bin's time stands for it, which is older
// where the log was written and the bins weren't yet.  A second log that is newer
// than the first holds all that the first did, and more.
Done Replay::apply_dirty_vector_logs(std::vector<Usable> logs) {
  std::uint64_t time = time_to_match();
  const Usable* chosen = nullptr;
  bool belongs = false;
  for (const Usable& log : logs) {
    std::uint64_t its = log.header.last_written;
    belongs = belongs || (header_.checksum_right ? its == time : its >= time);
    if (chosen == nullptr || its > chosen->header.last_written) chosen = &log;
  }
  for (const Usable& log : logs) {
    if (&log != chosen) unused(log, fmt::format("{} is newer", chosen->file->name));
  }
  if (!belongs) {
    return refused(fmt::format("{} was written at another time than the hive",
                               chosen->file->name));
  }
  if (!header_.checksum_right) take_base_block(*chosen);
  return apply_dirty_vector(*chosen).in(chosen->file->name);
}

Done Replay::apply_dirty_vector(const Usable& log) {
  std::vector<Page> pages = TRY(read_dirty_pages(log.file->bytes, log.header));
  TRY(grow(log.header.bins_size));
  for (const Page& page : pages) put(page);
  base_.last_written = log.header.last_written;
  last_sequence_ = log.sequence();
  if (header_.checksum_right && precedes(*last_sequence_, header_.sequence1)) {
    last_sequence_ = header_.sequence1;
  }
  report_.applied.push_back({.name = log.file->name,
                             .format = LogFormat::dirty_vector,
                             .first_sequence = log.sequence(),
                             .last_sequence = log.sequence(),
                             .entry_count = 1,
                             .page_count = pages.size(),
                             .end = "the log ends"});
  return {};
}

// Bins that were logged, or came into being, without a header get one and hold
// nothing, as Windows has it.  Others are left to believe().
void Replay::fill_missing_bins() {
  std::uint32_t end = base_.bins_size;
  std::uint32_t at = 0;
  while (at < end) {
    auto bin = load<BinHeader>(file_, std::size_t{kBaseBlockSize} + at);
    if (!bin) return;
    bool right = bin->signature == kBinSignature && bin->offset == at &&
                 bin->size >= kBinUnit && bin->size % kBinUnit == 0 &&
                 bin->size <= end - at;
    if (right) {
      at += bin->size;
      continue;
    }
    std::size_t place = std::size_t{kBaseBlockSize} + at;
    if (!written_[at / kBinUnit] && place < old_size_) return;
    BinHeader dummy;
    dummy.signature = kBinSignature;
    dummy.offset = at;
    dummy.size = kBinUnit;
    std::fill_n(file_.begin() + place, kBinUnit, std::byte{0});
    bool fits = store(file_, place, dummy) &&
                store(file_, place + sizeof(dummy),
                      le32(kBinUnit - static_cast<std::uint32_t>(sizeof(dummy))));
    if (!fits) return;
    ++report_.dummy_bin_count;
    at += kBinUnit;
  }
}

// Windows 10 leaves the number of the last entry and one, and touches nothing
// else of the header of a hive whose header was whole.
void Replay::finish() {
  if (report_.applied.back().format == LogFormat::entries) fill_missing_bins();
  report_.sequence = last_sequence_.value_or(header_.sequence1) + 1;
  base_.sequence1 = report_.sequence;
  base_.sequence2 = report_.sequence;
  base_.checksum = checksum(base_);
  static_cast<void>(store(file_, 0, base_));  // grow() has made room for it.
}

bool nothing_in(const std::vector<LogFile>& logs) {
  return std::all_of(logs.begin(), logs.end(),
                     [](const LogFile& log) { return is_zero(log.bytes); });
}

}  // namespace

std::string_view to_string(RecoveryState state) {
  switch (state) {
    case RecoveryState::clean:
      return "clean";
    case RecoveryState::recovered:
      return "recovered";
    case RecoveryState::unlogged:
      return "unlogged";
    case RecoveryState::not_recoverable:
      return "not_recoverable";
  }
  return "?";
}

std::uint64_t RecoveryReport::entry_count() const {
  std::uint64_t count = 0;
  for (const AppliedLog& log : applied) count += log.entry_count;
  return count;
}

std::uint64_t RecoveryReport::page_count() const {
  std::uint64_t count = 0;
  for (const AppliedLog& log : applied) count += log.page_count;
  return count;
}

std::string describe_replay(const RecoveryReport& report) {
  std::vector<std::string> names;
  for (const AppliedLog& log : report.applied) names.push_back(log.name);
  std::uint64_t entries = report.entry_count();
  std::uint64_t pages = report.page_count();
  return fmt::format("replayed {} {} ({} {}) from {}", entries,
                     entries == 1 ? "entry" : "entries", pages,
                     pages == 1 ? "page" : "pages", fmt::join(names, " and "));
}

std::string describe(const RecoveryReport& report) {
  switch (report.state) {
    case RecoveryState::clean:
      return "";
    case RecoveryState::unlogged:
      return fmt::format("{}, and no log holds anything: it is taken as it lies",
                         report.why_dirty);
    case RecoveryState::not_recoverable:
      return fmt::format("{}, and its logs can't be applied: {}", report.why_dirty,
                         report.reason);
    case RecoveryState::recovered:
      break;
  }
  return fmt::format("{}: {}", report.why_dirty, describe_replay(report));
}

Recovery recover(ByteVector file, const std::vector<LogFile>& logs) {
  HeaderFacts header = read_header_facts(file);
  Recovery result;
  RecoveryReport& report = result.report;
  report.sequence = header.sequence1;
  if (!header.dirty()) {
    result.file = std::move(file);
    return result;
  }
  report.why_dirty = header.why_dirty();
  if (header.checksum_right && nothing_in(logs)) {
    report.state = RecoveryState::unlogged;
    result.file = std::move(file);
    return result;
  }
  Replay replay(file, header, logs, report);
  Done done =
      nothing_in(logs) ? Done(refused("no log holds anything")) : replay.run(logs);
  if (done) {
    report.state = RecoveryState::recovered;
    result.file = std::move(replay).take_file();
    return result;
  }
  report.state = RecoveryState::not_recoverable;
  report.reason = done.error().describe();
  report.applied.clear();
  report.base_block_replaced = false;
  report.dummy_bin_count = 0;
  report.sequence = header.sequence1;
  result.file = std::move(file);
  return result;
}

}  // namespace drydock::hive
