#include "ntfs/check/inquiry.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// What is kept of one file or cluster run: more would be told to nobody.
constexpr std::size_t kSaidMax = 64;

// Why `file` isn't what an entry takes it for; "" where it is.
std::string what_is_there(const FileTable& table, Reference file) {
  auto record = table.read(file.record);
  if (!record) return "which can't be believed";
  auto header = *load<FileRecordHeader>(*record);
  if ((header.flags & kRecordInUse) == 0) return "which isn't in use";
  if (header.base != 0) {
    return fmt::format("which belongs to record {}",
                       Reference::unpack(header.base).record);
  }
  if (header.sequence != file.sequence) {
    return fmt::format("of sequence {}, which is of {} now", file.sequence,
                       std::uint16_t{header.sequence});
  }
  return {};
}

}  // namespace

Inquiry::Inquiry(const std::set<std::uint64_t>& suspects,
                 std::vector<Disputed> disputed) {
  for (std::uint64_t record : suspects) suspects_[record];
  std::ranges::sort(disputed, {}, &Disputed::first);
  for (const Disputed& clusters : disputed) {
    disputes_.push_back({.clusters = clusters, .owners = {}});
  }
}

Inquiry::Suspect* Inquiry::find(std::uint64_t record) {
  auto found = suspects_.find(record);
  return found == suspects_.end() ? nullptr : &found->second;
}

void Inquiry::name(Reference file, Reference directory, std::u16string_view name) {
  Suspect* suspect = find(file.record);
  if (suspect == nullptr || suspect->names.size() == kSaidMax) return;
  suspect->names.push_back({directory, file, std::u16string(name)});
}

void Inquiry::entry(Reference directory, Reference file, std::u16string_view name) {
  Suspect* suspect = find(file.record);
  if (suspect == nullptr || suspect->entries.size() == kSaidMax) return;
  suspect->entries.push_back({directory, file, std::u16string(name)});
}

void Inquiry::links(Reference file, std::uint16_t count) {
  if (Suspect* suspect = find(file.record)) suspect->link_count = count;
}

void Inquiry::extension(Reference extension, Reference file) {
  Suspect* suspect = find(extension.record);
  if (suspect != nullptr) suspect->belongs_to.push_back(file);
}

void Inquiry::listed(Reference extension, Reference file) {
  Suspect* suspect = find(extension.record);
  if (suspect == nullptr || suspect->listed_by.size() == kSaidMax) return;
  suspect->listed_by.push_back(file);
}

void Inquiry::clusters(std::uint64_t record, const RecordAttribute& attribute,
                       Run run) {
  auto ends_after = [&](const Dispute& one) {
    return one.clusters.first + one.clusters.count <= run.lcn;
  };
  auto at = std::partition_point(disputes_.begin(), disputes_.end(), ends_after);
  for (; at != disputes_.end() && at->clusters.first < run.lcn + run.count; ++at) {
    if (at->owners.size() == kSaidMax) continue;
    at->owners.push_back(fmt::format("record {}, {}", record, describe(attribute)));
    if (!at->record) at->record = record;
  }
}

void Inquiry::conclude_names(std::uint64_t record, const Suspect& suspect,
                             const FileTable& table, ProblemList& report) {
  for (const Name& entry : suspect.entries) {
    if (std::ranges::find(suspect.names, entry) != suspect.names.end()) continue;
    std::string there = what_is_there(table, entry.file);
    if (there.empty()) there = "which has no such name";
    report.error("index.stale",
                 {.record = entry.directory.record, .part = "index $I30"},
                 fmt::format("it lists {} as record {}, {}", to_utf8(entry.name),
                             record, there));
  }
  for (const Name& name : suspect.names) {
    if (std::ranges::find(suspect.entries, name) != suspect.entries.end()) continue;
    std::string there = what_is_there(table, name.directory);
    if (there.empty()) there = "which doesn't list it";
    report.error("index.missing", {.record = record},
                 fmt::format("its name {} is in directory {}, {}", to_utf8(name.name),
                             name.directory.record, there));
  }
  if (suspect.link_count && *suspect.link_count != suspect.names.size() &&
      suspect.names.size() < kSaidMax) {
    report.error("names.count", {.record = record},
                 fmt::format("it counts {} names and has {}", *suspect.link_count,
                             suspect.names.size()));
  }
}

void Inquiry::conclude_lists(std::uint64_t record, const Suspect& suspect,
                             ProblemList& report) {
  for (Reference file : suspect.belongs_to) {
    if (std::ranges::find(suspect.listed_by, file) != suspect.listed_by.end()) continue;
    report.error(
        "list.missing", {.record = record},
        fmt::format("it belongs to record {}, whose attribute list doesn't name "
                    "it",
                    file.record));
  }
}

void Inquiry::conclude_clusters(ProblemList& report) const {
  for (const Dispute& dispute : disputes_) {
    std::string owners;
    for (const std::string& owner : dispute.owners) {
      owners += (owners.empty() ? "" : "; ") + owner;
    }
    report.error(dispute.clusters.shared ? "clusters.shared" : "clusters.free",
                 {.record = dispute.record, .cluster = dispute.clusters.first},
                 fmt::format("{} clusters {}: {}", dispute.clusters.count,
                             dispute.clusters.shared ? "have more than one owner"
                                                     : "are in use and marked free",
                             owners));
  }
}

void Inquiry::conclude(const FileTable& table, ProblemList& report) const {
  for (const auto& [record, suspect] : suspects_) {
    conclude_names(record, suspect, table, report);
    conclude_lists(record, suspect, report);
  }
  conclude_clusters(report);
}

}  // namespace drydock::ntfs
