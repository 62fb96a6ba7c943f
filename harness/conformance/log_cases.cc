// Cases of the VHDX log: which of its entries count, and what they come to.

#include <tuple>

#include "harness/conformance/case.h"
#include "harness/conformance/vhdx_builder.h"

namespace drydock::conformance {

namespace {

// The block 1 of the disk is at kFirst in the table as it lies in the file; entries
// of the log put it at kSecond or kThird.  A cut of the log shows in its value.
constexpr std::uint64_t kFirst = VhdxBuilder::kBlocks;
constexpr std::uint64_t kSecond = kFirst + kMiB;
constexpr std::uint64_t kThird = kSecond + kMiB;

VhdxBuilder make_file() {
  VhdxBuilder file;
  file.add_block(1, 0x33);
  file.bytes.resize(kThird + kMiB);
  std::memset(file.bytes.data() + kFirst, 0x11, kMiB);
  std::memset(file.bytes.data() + kSecond, 0x22, kMiB);
  std::memset(file.bytes.data() + kThird, 0x33, kMiB);
  file.set_block(1, 6, kFirst);
  return file;
}

// An entry that puts block 1 at `place`.
LogEntryText moves_to(const VhdxBuilder& file, std::uint64_t place,
                      std::uint64_t sequence, std::uint64_t tail = 0) {
  LogEntryText text{
      .sequence = sequence, .tail = tail, .last_file_offset = kThird + kMiB};
  text.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = file.bat_page(1, 6, place)}};
  return text;
}

// One that drops block 2, which is there at first.
LogEntryText zeroes_table(std::uint64_t sequence, std::uint64_t tail) {
  LogEntryText text{
      .sequence = sequence, .tail = tail, .last_file_offset = kThird + kMiB};
  text.descriptors = {{.file_offset = VhdxBuilder::kBat, .zero_length = 4096}};
  return text;
}

Case shows(std::string name, std::string about, std::string ground, VhdxBuilder file,
           unsigned value) {
  file.set_log_guid(VhdxBuilder::kLogGuid);
  Case made{.name = "vhdx-log-" + name,
            .about = std::move(about),
            .ground = std::move(ground),
            .virtual_size = 8 * kMiB};
  made.files.push_back({made.name + ".vhdx", std::move(file.bytes)});
  if (value != 0) made.runs = {{kMiB, kMiB, value}};
  return made;
}

Case refused(std::string name, std::string about, std::string ground,
             VhdxBuilder file) {
  Case made =
      shows(std::move(name), std::move(about), std::move(ground), std::move(file), 0);
  made.opens = false;
  return made;
}

Case one_entry() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 7)));
  return shows("one-entry", "one entry", "[MS-VHDX] 2.3.1", file, 0x22);
}

// Entries of 8 KiB each, the middle one the tail.
Case tail_inside() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5, 0)));
  LogEntryText empty{.sequence = 6, .tail = 8192, .last_file_offset = kThird + kMiB};
  file.put_log(8192, log_entry(empty));
  empty.sequence = 7;
  file.put_log(12288, log_entry(empty));
  return shows("tail", "three entries of which the tail leaves out the first",
               "[MS-VHDX] 2.3.3", file, 0x11);
}

Case two_entries() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  file.put_log(8192, log_entry(moves_to(file, kThird, 6)));
  return shows("two-entries", "two entries that write one page, the later last",
               "[MS-VHDX] 2.3.3", file, 0x33);
}

Case newer_sequence() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kThird, 5)));
  file.put_log(0x8000, log_entry(moves_to(file, kSecond, 9, 0x8000)));
  return shows("newer-sequence", "two sequences, of which the newer counts",
               "[MS-VHDX] 2.3.3", file, 0x22);
}

Case wraps() {
  VhdxBuilder file = make_file();
  std::uint64_t at = kMiB - 4096;
  file.put_log(at, log_entry(moves_to(file, kSecond, 5, at)));
  return shows("wrap", "an entry that goes on at the log's start", "[MS-VHDX] 2.3",
               file, 0x22);
}

Case sequence_wraps() {
  VhdxBuilder file = make_file();
  std::uint64_t at = kMiB - 8192;
  file.put_log(at, log_entry(moves_to(file, kThird, 5, at)));
  LogEntryText last{.sequence = 6, .tail = at, .last_file_offset = kThird + kMiB};
  file.put_log(0, log_entry(last));
  return shows("sequence-wrap", "a sequence whose second entry is at the log's start",
               "[MS-VHDX] 2.3", file, 0x33);
}

Case torn_head() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  file.put_log(8192, log_entry(moves_to(file, kThird, 6)));
  file.bytes[VhdxBuilder::kLog + 8192 + 6000] ^= std::byte{1};
  return shows("torn-head", "a last entry whose checksum doesn't hold",
               "[MS-VHDX] 2.3.1.1", file, 0x22);
}

// The newer one's tail is an entry that it doesn't follow.
Case gap() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  file.put_log(8192, log_entry(moves_to(file, kThird, 7)));
  return shows("gap", "an entry, then one whose number isn't the next",
               "[MS-VHDX] 2.3.3", file, 0x22);
}

// Its checksum holds, and one page of it was never written.
Case stale_sector() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  ByteVector entry = log_entry(moves_to(file, kThird, 6));
  put(entry, 8192 - 4, 4, 77);
  put_checksum(entry);
  file.put_log(8192, entry);
  return shows("stale-sector", "a last entry of which one sector has another number",
               "[MS-VHDX] 2.3.1.4", file, 0x22);
}

Case empty_entry() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry({.sequence = 3, .last_file_offset = kThird + kMiB}));
  return shows("empty-entry", "an entry without descriptors", "[MS-VHDX] 2.3.1.1", file,
               0x11);
}

Case zero_descriptor() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(zeroes_table(5, 0)));
  return shows("zero-descriptor", "an entry that zeroes a page of the table",
               "[MS-VHDX] 2.3.1.2", file, 0);
}

Case zeros_then_data() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(zeroes_table(5, 0)));
  file.put_log(4096, log_entry(moves_to(file, kThird, 6)));
  return shows("zeros-then-data", "a page zeroed by one entry and written by the next",
               "[MS-VHDX] 2.3.3", file, 0x33);
}

// 127 descriptors have no room in the first page of an entry.
Case many_descriptors() {
  VhdxBuilder file = make_file();
  LogEntryText text = moves_to(file, kSecond, 5);
  for (std::uint64_t i = 1; i < 127; ++i) {
    text.descriptors.push_back(
        {.file_offset = VhdxBuilder::kBat + 4096 * i, .page = ByteVector(4096)});
  }
  file.put_log(0, log_entry(text));
  return shows("many-descriptors", "an entry of 127 descriptors", "[MS-VHDX] 2.3.1",
               file, 0x22);
}

Case grows_file() {
  VhdxBuilder file = make_file();
  LogEntryText text = moves_to(file, kThird + kMiB, 5);
  text.last_file_offset = kThird + 2 * kMiB;
  file.put_log(0, log_entry(text));
  return shows("grows-file", "a LastFileOffset past the file's end", "[MS-VHDX] 2.3.3",
               file, 0);
}

Case other_guid() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  LogEntryText newer = moves_to(file, kThird, 9, 8192);
  newer.guid = "99999999-2222-3333-4444-555555555555";
  file.put_log(8192, log_entry(newer));
  return shows("other-guid", "a newer entry of an older log beside it",
               "[MS-VHDX] 2.3.2", file, 0x22);
}

Case clean_and_stale() {
  VhdxBuilder file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  Case made = shows("clean", "a log that isn't in use, with an old entry in it",
                    "[MS-VHDX] 2.2.2", file, 0x11);
  VhdxBuilder clean = make_file();
  clean.put_log(0, log_entry(moves_to(clean, kSecond, 5)));
  made.files[0].bytes = clean.bytes;
  return made;
}

Case clean_version() {
  Case made = shows("clean-version", "a log of version 1 that isn't in use",
                    "[MS-VHDX] 2.2.2", make_file(), 0x11);
  VhdxBuilder file = make_file();
  for (std::size_t slot : {0u, 1u}) {
    put(file.bytes, VhdxBuilder::kHeader[slot] + 64, 2, 1);
    file.seal_header(slot);
  }
  made.files[0].bytes = file.bytes;
  return made;
}

// The table moves to where kThird's block was: both copies of the region table and
// the new table are in one entry.
Case region_table() {
  VhdxBuilder file = make_file();
  std::uint64_t moved = kThird;
  std::memset(file.bytes.data() + moved, 0, kMiB);
  LogEntryText text{.sequence = 5, .last_file_offset = kThird + kMiB};
  ByteVector table(file.bytes.begin() + 0x30000, file.bytes.begin() + 0x40000);
  put(table, 16 + 16, 8, moved);
  put_checksum(table);
  for (std::uint64_t copy : VhdxBuilder::kRegionTable) {
    text.descriptors.push_back(
        {.file_offset = copy, .page = ByteVector(table.begin(), table.begin() + 4096)});
  }
  text.descriptors.push_back(
      {.file_offset = moved, .page = file.bat_page(1, 6, kSecond)});
  file.put_log(0, log_entry(text));
  return shows("region-table", "an entry that moves the block allocation table",
               "[MS-VHDX] 2.2.3", file, 0x22);
}

void add_refusals(std::vector<Case>& cases) {
  cases.push_back(
      refused("no-entry", "a log GUID, and no entry", "[MS-VHDX] 2.3.3", make_file()));
  VhdxBuilder file = make_file();
  file.put_log(8192, log_entry(moves_to(file, kThird, 7, 0)));
  cases.push_back(refused("no-tail", "an entry whose tail is where no entry is",
                          "[MS-VHDX] 2.3.3", file));
  file = make_file();
  LogEntryText text = moves_to(file, kSecond, 5);
  text.flushed_file_offset = kThird + 8 * kMiB;
  file.put_log(0, log_entry(text));
  cases.push_back(refused("cut-file", "a file shorter than its FlushedFileOffset",
                          "[MS-VHDX] 2.3.3", file));
  for (auto [name, about, target] :
       {std::tuple("writes-header", "an entry that writes to a header",
                   VhdxBuilder::kHeader[0]),
        std::tuple("writes-log", "an entry that writes to the log itself",
                   VhdxBuilder::kLog + 0x80000)}) {
    file = make_file();
    text = moves_to(file, kSecond, 5);
    text.descriptors.push_back({.file_offset = target, .page = ByteVector(4096)});
    file.put_log(0, log_entry(text));
    cases.push_back(refused(name, about, "[MS-VHDX] 2.3.1.3", file));
  }
  file = make_file();
  file.put_log(0, log_entry(moves_to(file, kSecond, 5)));
  Case version = refused("version", "a log of version 1 with entries to replay",
                         "[MS-VHDX] 2.2.2", file);
  for (std::uint64_t header : VhdxBuilder::kHeader) {
    MutableBytes page = MutableBytes(version.files[0].bytes).subspan(header, 4096);
    put(page, 64, 2, 1);
    put_checksum(page);
  }
  cases.push_back(version);
}

}  // namespace

std::vector<Case> vhdx_log_cases() {
  std::vector<Case> cases = {one_entry(),
                             two_entries(),
                             tail_inside(),
                             newer_sequence(),
                             wraps(),
                             sequence_wraps(),
                             torn_head(),
                             gap(),
                             stale_sector(),
                             empty_entry(),
                             zero_descriptor(),
                             zeros_then_data(),
                             many_descriptors(),
                             grows_file(),
                             other_guid(),
                             clean_and_stale(),
                             clean_version(),
                             region_table()};
  add_refusals(cases);
  return cases;
}

}  // namespace drydock::conformance
