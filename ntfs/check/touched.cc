#include "ntfs/check/touched.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ntfs/check/record_check.h"
#include "ntfs/check/system_files.h"
#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"
#include "ntfs/record/name.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// A change of more records than this is looked at in part: the rest would take long.
constexpr std::size_t kTouchedMax = 64 << 10;

// Keeps all that is said of the files that were touched.
class TouchedFiles final : public Witness {
 public:
  explicit TouchedFiles(const std::set<std::uint64_t>& touched) : touched_(touched) {}

  void name(Reference file, Reference directory, std::u16string_view name) override {
    names_.push_back({directory, file, std::u16string(name)});
  }
  void entry(Reference directory, Reference file, std::u16string_view name) override {
    walked_.insert(directory.record);
    if (!touched_.contains(file.record)) return;
    entries_.push_back({directory, file, std::u16string(name)});
  }
  void links(Reference file, std::uint16_t count) override {
    links_[file.record] = count;
  }
  void extension(Reference, Reference) override {}
  void listed(Reference, Reference) override {}
  void clusters(std::uint64_t record, const RecordAttribute& attribute,
                Run run) override {
    runs_.push_back({run, record, describe(attribute)});
  }

  void conclude(const FileTable& table, ProblemList& problems) {
    conclude_names(problems);
    std::ranges::sort(runs_, {}, [](const Owned& owned) { return owned.run.lcn; });
    conclude_shared(problems);
    conclude_bitmap(table, problems);
  }

 private:
  struct Name {
    Reference directory;
    Reference file;
    std::u16string name;
    auto key() const { return std::tuple(file.pack(), directory.pack(), name); }
  };
  struct Owned {
    Run run;
    std::uint64_t record = 0;
    std::string attribute;
  };

  void conclude_names(ProblemList& problems) const;
  void conclude_shared(ProblemList& problems) const;
  void conclude_bitmap(const FileTable& table, ProblemList& problems) const;

  const std::set<std::uint64_t>& touched_;
  std::set<std::uint64_t> walked_;  // directories that have entries
  std::vector<Name> names_;
  std::vector<Name> entries_;
  std::map<std::uint64_t, std::uint16_t> links_;
  std::vector<Owned> runs_;
};

void TouchedFiles::conclude_names(ProblemList& problems) const {
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::u16string>> names;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::u16string>> entries;
  std::map<std::uint64_t, std::size_t> counts;
  for (const Name& name : names_) {
    names.insert(name.key());
    ++counts[name.file.record];
  }
  for (const Name& entry : entries_) entries.insert(entry.key());
  for (const Name& entry : entries_) {
    if (names.contains(entry.key())) continue;
    problems.error("index.stale",
                   {.record = entry.directory.record, .part = "index $I30"},
                   fmt::format("it lists {} as record {}, which has no such name",
                               to_utf8(entry.name), entry.file.record));
  }
  for (const Name& name : names_) {
    if (entries.contains(name.key()) || !walked_.contains(name.directory.record)) {
      continue;
    }
    problems.error("index.missing", {.record = name.file.record},
                   fmt::format("its name {} is in directory {}, which doesn't list it",
                               to_utf8(name.name), name.directory.record));
  }
  for (const auto& [record, count] : links_) {
    auto found = counts.find(record);
    std::size_t held = found == counts.end() ? 0 : found->second;
    if (held == count) continue;
    problems.error("names.count", {.record = record},
                   fmt::format("it counts {} names and has {}", count, held));
  }
}

void TouchedFiles::conclude_shared(ProblemList& problems) const {
  for (std::size_t i = 1; i < runs_.size(); ++i) {
    const Owned& before = runs_[i - 1];
    const Owned& owned = runs_[i];
    if (owned.run.lcn >= before.run.lcn + before.run.count) continue;
    problems.error(
        "clusters.shared", {.record = owned.record, .cluster = owned.run.lcn},
        fmt::format("record {}, {}, has it too", before.record, before.attribute));
  }
}

void TouchedFiles::conclude_bitmap(const FileTable& table,
                                   ProblemList& problems) const {
  auto check = [&]() -> Done {
    auto record = TRY(table.read(kBitmapRecord));
    auto bitmap = TRY(table.find(record, kDataType, u""));
    if (!bitmap) return Error(Errc::corrupt, "there is no $Bitmap");
    for (const Owned& owned : runs_) {
      std::uint64_t first = owned.run.lcn / 8;
      std::uint64_t size = (owned.run.lcn + owned.run.count - 1) / 8 - first + 1;
      ByteVector bits(size);  // An eighth of what one file has clusters.
      TRY(bitmap->read(first, bits));
      std::uint64_t end = owned.run.lcn + owned.run.count;
      for (std::uint64_t lcn = owned.run.lcn; lcn < end; ++lcn) {
        auto byte = std::to_integer<unsigned>(bits[lcn / 8 - first]);
        if ((byte >> lcn % 8 & 1) != 0) continue;
        problems.error(
            "clusters.free", {.record = owned.record, .cluster = lcn},
            fmt::format("{} has it, and it is marked free", owned.attribute));
        break;
      }
    }
    return {};
  };
  auto checked = check();
  if (checked) return;
  problems.error("bitmap.data", {.record = kBitmapRecord}, checked.error().describe());
}

class TouchedCheck {
 public:
  TouchedCheck(const FileTable& table, const std::vector<ByteRange>& changed,
               ProblemList& problems)
      : table_(table), changed_(changed), problems_(problems) {}

  Done run();

 private:
  Done find_records();
  Done find_directories();
  Done find_directory_of(std::uint64_t offset);
  void add_companions();

  const FileTable& table_;
  const std::vector<ByteRange>& changed_;
  ProblemList& problems_;
  std::set<std::uint64_t> touched_;
};

Done TouchedCheck::find_records() {
  std::uint32_t size = table_.boot().record_size;
  for (const ByteRange& range : changed_) {
    for (const auto& part : table_.data().parts_at(range.offset, range.length)) {
      std::uint64_t end = checked::div_up(part.offset + part.length, size);
      for (std::uint64_t number = part.offset / size; number < end; ++number) {
        if (number >= table_.record_count()) break;
        if (touched_.size() == kTouchedMax) return {};
        touched_.insert(number);
      }
    }
  }
  return {};
}

// An index block doesn't say whose it is, but its first entry says where it is.
Done TouchedCheck::find_directory_of(std::uint64_t offset) {
  ByteVector block(table_.boot().index_size);
  if (!checked::within(offset, block.size(), table_.boot().volume_size)) return {};
  TRY(table_.volume().read(offset, block));
  if (as_text(Bytes(block).first(4)) != "INDX" || !take_fixups(block)) return {};
  auto header = load<IndexBlockHeader>(block);
  std::size_t at = offsetof(IndexBlockHeader, index) + header->index.entries_offset;
  auto entry = load<IndexEntry>(block, at);
  if (!entry || (entry->flags & kEntryIsLast) != 0) return {};
  auto parent = load<le64>(block, at + sizeof(IndexEntry));
  if (parent) touched_.insert(Reference::unpack(*parent).record);
  return {};
}

Done TouchedCheck::find_directories() {
  std::uint32_t unit = table_.boot().index_size;
  for (const ByteRange& range : changed_) {
    std::uint64_t end = range.offset + range.length;
    for (std::uint64_t at = range.offset / unit * unit; at < end; at += unit) {
      if (touched_.size() >= kTouchedMax) return {};
      TRY(find_directory_of(at));
    }
  }
  return {};
}

// A file is looked at with all of its records, or none.
void TouchedCheck::add_companions() {
  std::set<std::uint64_t> more;
  for (std::uint64_t number : touched_) {
    auto record = table_.read(number);
    if (!record) continue;
    auto header = *load<FileRecordHeader>(*record);
    if ((header.flags & kRecordInUse) == 0) continue;
    std::uint64_t base =
        header.base == 0 ? number : Reference::unpack(header.base).record;
    more.insert(base);
    auto file = table_.read(base);
    if (!file) continue;
    auto entries = table_.list_of(*file);
    if (!entries) continue;  // Told where the list is checked.
    for (const ListedAttribute& entry : *entries) more.insert(entry.record.record);
  }
  touched_.merge(more);
}

Done TouchedCheck::run() {
  TRY(find_records());
  TRY(find_directories());
  std::erase_if(touched_,
                [&](std::uint64_t number) { return number >= table_.record_count(); });
  add_companions();
  check_mirror(table_, problems_);
  SystemFacts facts;
  facts.record_bitmap = read_record_bitmap(table_, problems_);
  facts.upcase = check_upcase(table_, problems_);
  TouchedFiles witness(touched_);
  Survey survey{table_, facts, problems_, witness, WalkBudget(table_)};
  ByteVector record(table_.boot().record_size);
  for (std::uint64_t number : touched_) {
    if (number >= table_.record_count()) continue;
    TRY(table_.read_raw(number, record));
    check_record(survey, number, record);
  }
  witness.conclude(table_, problems_);
  return {};
}

}  // namespace

Result<VolumeCheck> check_touched(const BlockDevice& device,
                                  const std::vector<ByteRange>& changed) {
  ProblemList problems;
  problems.result().file_system = "ntfs";
  FoundBootSector boot = TRY(check_boot_sectors(device, problems));
  FileTable table = TRY(FileTable::open(device, boot.boot));
  TRY(TouchedCheck(table, changed, problems).run());
  return std::move(problems.result());
}

}  // namespace drydock::ntfs
