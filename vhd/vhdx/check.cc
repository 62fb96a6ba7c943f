#include "vhd/vhdx/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/vhdx/check_bat.h"
#include "vhd/vhdx/checksum.h"
#include "vhd/vhdx/container.h"
#include "vhd/vhdx/writer.h"

namespace drydock::vhdx {

namespace {

std::string copy_name(std::string_view name, std::size_t copy, std::uint64_t offset) {
  return fmt::format("{} {} at {:#x}", name, copy + 1, offset);
}

// Goes through a file in the order in which a reader does; what can't be understood
// without something that is broken isn't looked at.
class Check {
 public:
  explicit Check(const DevicePtr& file) : file_(file) {}

  Result<std::vector<Problem>> go() {
    TRY(check_file_size());
    TRY(check_headers());
    auto container = read_container(file_);
    if (!container) {
      // A host that can't read is no problem of the image's.
      if (container.error().code() == Errc::io) return std::move(container).error();
      add_error(container.error(), "container");
      return std::move(problems_);
    }
    check_log(*container);
    TRY(check_region_tables(*container->view));
    TRY(check_marks(*container));
    check_parent(*container);
    TRY(check_bat(*container, problems_));
    return std::move(problems_);
  }

 private:
  void add(Severity severity, std::string where, std::string what,
           bool repairable = false) {
    problems_.push_back({.what = std::move(what),
                         .where = std::move(where),
                         .severity = severity,
                         .repairable = repairable});
  }
  void add_error(const Error& error, const std::string& fallback) {
    std::string where;
    for (const std::string& place : error.places()) {
      where += (where.empty() ? "" : ", ") + place;
    }
    add(Severity::error, where.empty() ? fallback : where, error.words());
  }

  // Blocks are placed at whole MiB; what ends in between was cut or grown by others.
  Done check_file_size() {
    if (file_->size() < kHeaderSectionSize) {
      add(Severity::error, "file",
          fmt::format("its {} bytes are less than the 1 MiB of headers",
                      file_->size()));
    } else if (file_->size() % kAlignment != 0) {
      add(Severity::warning, "file",
          fmt::format("its {} bytes aren't whole MiB", file_->size()));
    }
    return {};
  }

  // One copy that isn't sound is what a power cut leaves, and harmless.
  Done check_headers() {
    for (std::size_t i = 0; i < kHeaderOffsets.size(); ++i) {
      if (file_->size() < kHeaderOffsets[i] + kHeaderSize) return {};
      ByteVector page =
          TRY(read_bytes(*file_, kHeaderOffsets[i], kHeaderSize, kHeaderSize));
      auto header = *load<Header>(page);
      std::string where = copy_name("header", i, kHeaderOffsets[i]);
      std::uint32_t checksum = header.checksum;
      if (header.signature != kHeaderSignature) {
        add(Severity::warning, where, "it doesn't begin with \"head\"", true);
      } else if (checksum != checksum_of(page)) {
        add(Severity::warning, where,
            fmt::format("its checksum {:#010x} doesn't match {:#010x}", checksum,
                        checksum_of(page)),
            true);
      }
    }
    return {};
  }

  void check_log(const Container& container) {
    if (!container.replayed) return;
    add(Severity::warning, "log",
        fmt::format("its {} entries wait to be replayed",
                    container.replayed->replay().entry_count),
        true);
  }

  Done check_region_tables(const BlockDevice& view) {
    std::array<ByteVector, 2> copies;
    bool both_sound = true;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copies[i] = TRY(
          read_bytes(view, kRegionTableOffsets[i], kRegionTableSize, kRegionTableSize));
      auto header = *load<RegionTableHeader>(copies[i]);
      std::uint32_t checksum = header.checksum;
      std::string where = copy_name("region table", i, kRegionTableOffsets[i]);
      if (header.signature == kRegionSignature && checksum == checksum_of(copies[i])) {
        continue;
      }
      both_sound = false;
      add(Severity::warning, where,
          header.signature != kRegionSignature
              ? "it doesn't begin with \"regi\""
              : fmt::format("its checksum {:#010x} doesn't match {:#010x}", checksum,
                            checksum_of(copies[i])),
          true);
    }
    if (both_sound && copies[0] != copies[1]) {
      add(Severity::error, "region tables",
          "both are sound, and they differ: readers may take either");
    }
    return {};
  }

  // The marks that make a reader who doesn't know an item or a region stop.  What
  // lacks them is read all the same.
  Done check_marks(const Container& container) {
    ByteVector table =
        TRY(read_bytes(*container.view, container.regions.metadata.offset,
                       kMetadataTableSize, kMetadataTableSize));
    std::uint16_t count = load<MetadataTableHeader>(table)->entry_count;
    for (std::size_t i = 0; i < count; ++i) {
      auto entry = *load<MetadataTableEntry>(
          table, sizeof(MetadataTableHeader) + i * sizeof(MetadataTableEntry));
      bool known = std::ranges::find(kRequiredItems, entry.id) != kRequiredItems.end();
      if (known && (entry.flags & kMetadataRequired) == 0) {
        add(Severity::warning, "metadata item " + to_string(entry.id),
            "it isn't marked as required");
      }
    }
    return {};
  }

  void check_parent(const Container& container) {
    const Metadata& metadata = container.metadata;
    if (metadata.incomplete) {
      add(Severity::error, "metadata item " + to_string(kIncompleteFile),
          "a conversion into this file began and hasn't ended");
    }
    if (!metadata.has_parent) return;
    if (!metadata.parent.link_id) {
      add(Severity::error, "parent locator", "parent_linkage is missing or no GUID");
    }
    if (metadata.parent.link_id2) {
      add(Severity::warning, "parent locator",
          "a merge into the parent began and hasn't ended");
    }
    if (metadata.parent.paths.empty()) {
      add(Severity::error, "parent locator", "it has no path to the parent");
    }
  }

  static constexpr std::array kRequiredItems = {kFileParameters,     kVirtualDiskSize,
                                                kVirtualDiskId,      kLogicalSectorSize,
                                                kPhysicalSectorSize, kParentLocator};

  DevicePtr file_;
  std::vector<Problem> problems_;
};

}  // namespace

Result<bool> is_marked(const BlockDevice& file) {
  if (file.size() < sizeof(le64)) return false;
  ByteVector mark = TRY(read_bytes(file, 0, sizeof(le64), sizeof(le64)));
  return *load<le64>(mark) == kFileSignature;
}

Result<std::vector<Problem>> check(const DevicePtr& file) {
  auto problems = TRY(Check(file).go());
  if (problems.size() > kProblemCountMax) problems.resize(kProblemCountMax);
  return problems;
}

Done mend(const DevicePtr& file, const MakeGuid& make_guid) {
  // Only what can be read to its end is touched.
  Container container = TRY(read_container(file));
  Headers headers = std::move(container.headers);
  if (container.replayed) {
    TRY(settle_log(*file, headers, container.replayed->replay(), make_guid).in("log"));
  }
  // Both headers anew, one after the other.
  Header next = headers.current();
  next.file_write_guid = TRY(make_guid());
  TRY(headers.update(*file, next));
  // The copy that isn't sound is nobody's: a torn one is no worse.
  if (auto repair = TRY(find_region_table_repair(*file))) {
    TRY(file->write(repair->offset, repair->bytes));
  }
  return file->flush();
}

}  // namespace drydock::vhdx
