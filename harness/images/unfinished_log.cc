#include "harness/images/unfinished_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "harness/images/raw_ntfs.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

// Layout: as in the Linux kernel's fs/ntfs3/fslog.c and in logs of Windows 10.

namespace drydock::images {

namespace {

using namespace raw_ntfs;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPageHeader = 0x40;
constexpr std::size_t kRecordHeader = 0x30;
constexpr std::size_t kActionHeader = 0x28;  // with one LCN
constexpr std::uint64_t kSequence = 1;       // its first round

constexpr std::uint16_t kMftEntry = 0x18;  // of the open-attribute table
constexpr std::uint32_t kFinishedTransaction = 0x18;
constexpr std::uint32_t kUnfinishedTransaction = 0x40;

constexpr std::uint16_t kNoop = 0x00;
constexpr std::uint16_t kCompensation = 0x01;
constexpr std::uint16_t kUpdateResidentValue = 0x07;
constexpr std::uint16_t kForget = 0x1b;
constexpr std::uint16_t kOpenAttributes = 0x1d;
constexpr std::uint16_t kDirtyPages = 0x1f;

void put_text(MutableBytes bytes, std::size_t at, std::string_view text) {
  std::ranges::copy(bytes_of(text), bytes.begin() + at);
}

// A file record with its data attribute.
struct File {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  // on the volume
  ByteVector record = {};    // unguarded
  std::size_t data = 0;      // offset of the attribute
};

Result<File> read_file(const BlockDevice& volume, const Geometry& geometry,
                       std::uint64_t number) {
  File file{.number = number, .offset = geometry.record_offset(number)};
  file.record = TRY(read_record(volume, geometry, number));
  auto data = find_attribute(file.record, 0x80);
  if (!data) return not_as_made("a file");
  file.data = *data;
  return file;
}

// Offset and size of $LogFile, whose data is one run.
struct Place {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

Result<Place> find_log(const BlockDevice& volume, const Geometry& geometry) {
  auto file = TRY(read_file(volume, geometry, 2));
  std::size_t pairs = file.data + get(file.record, file.data + 0x20, 2);
  std::size_t count_size = get(file.record, pairs, 1) & 15;
  std::size_t lcn_size = get(file.record, pairs, 1) >> 4;
  if (get(file.record, pairs + 1 + count_size + lcn_size, 1) != 0) {
    return not_as_made("$LogFile");
  }
  std::uint64_t lcn = get(file.record, pairs + 1 + count_size, lcn_size);
  return Place{lcn * geometry.cluster_size,
               get(file.record, file.data + 0x30, 8) / kPage * kPage};
}

// Lays records one after the other, from the first record page on.
class Writer {
 public:
  Writer(std::uint16_t major_version, std::uint64_t size)
      : major_version_(major_version), size_(size), at_(first_page() * kPage) {}

  std::uint64_t first_page() const { return major_version_ >= 2 ? 34 : 4; }
  unsigned sequence_bits() const {
    return 67u - static_cast<unsigned>(std::bit_width(size_));
  }

  struct Chain {
    std::uint32_t transaction = 0;
    std::uint64_t previous = 0;  // LSN; 0: the first of its transaction
  };

  // Returns its LSN.
  std::uint64_t add(std::uint32_t type, const Chain& chain, Bytes data) {
    if (kPage - at_ % kPage < kRecordHeader) at_ += kPage - at_ % kPage;
    if (at_ % kPage == 0) open_page();
    std::uint64_t lsn = kSequence << (64 - sequence_bits()) | at_ >> 3;
    ByteVector header(kRecordHeader);
    put(header, 0x00, 8, lsn);
    put(header, 0x08, 8, chain.previous);
    put(header, 0x10, 8, chain.previous);
    put(header, 0x18, 4, data.size());
    put(header, 0x20, 4, type);
    put(header, 0x24, 4, chain.transaction);
    put(header, 0x28, 2, data.size() > kPage - at_ % kPage - kRecordHeader ? 1 : 0);
    append(lsn, header);
    append(lsn, data);
    put(page(), 0x10, 4, 1);
    put(page(), 0x20, 8, lsn);
    at_ = (at_ + 7) / 8 * 8;
    put(page(), 0x18, 2, at_ % kPage == 0 ? kPage : at_ % kPage);
    return lsn;
  }

  // Writes the pages to the log at `place`: the last one not to its own.
  Done write(BlockDevice& volume, const Place& place) {
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      std::uint64_t home = (first_page() + i) * kPage;
      std::uint64_t at = home;
      if (i + 1 == pages_.size()) {
        at = major_version_ >= 2 ? 7 * kPage : 2 * kPage;
        if (major_version_ >= 2) put(pages_[i], 0x3c, 4, home);
        if (major_version_ < 2) put(pages_[i], 0x08, 8, home);
      }
      guard(pages_[i], 0x28);
      TRY(volume.write(place.offset + at, pages_[i]));
    }
    return {};
  }

 private:
  MutableBytes page() { return pages_.back(); }

  void open_page() {
    ByteVector bytes(kPage);
    put_text(bytes, 0, "RCRD");
    put(bytes, 0x14, 2, 1);
    put(bytes, 0x16, 2, 1);
    pages_.push_back(std::move(bytes));
    at_ += kPageHeader;
  }

  void append(std::uint64_t lsn, Bytes bytes) {
    while (!bytes.empty()) {
      if (at_ % kPage == 0) open_page();
      put(page(), 0x08, 8, lsn);
      std::size_t part = std::min(bytes.size(), kPage - at_ % kPage);
      std::ranges::copy(bytes.first(part), page().begin() + at_ % kPage);
      bytes = bytes.subspan(part);
      at_ += part;
    }
  }

  std::uint16_t major_version_;
  std::uint64_t size_;
  std::uint64_t at_;
  std::vector<ByteVector> pages_;
};

struct Halves {
  std::uint16_t redo = kNoop;
  std::uint16_t undo = kNoop;
  ByteVector redo_bytes = {};
  ByteVector undo_bytes = {};
};

// An action on the data of `file`, or on nothing.
ByteVector action(const Geometry& geometry, const File* file, const Halves& halves) {
  std::size_t redo_size = (halves.redo_bytes.size() + 7) / 8 * 8;
  ByteVector bytes(kActionHeader + redo_size + (halves.undo_bytes.size() + 7) / 8 * 8);
  put(bytes, 0x00, 2, halves.redo);
  put(bytes, 0x02, 2, halves.undo);
  put(bytes, 0x04, 2, kActionHeader);
  put(bytes, 0x06, 2, halves.redo_bytes.size());
  put(bytes, 0x08, 2, kActionHeader + redo_size);
  put(bytes, 0x0a, 2, halves.undo_bytes.size());
  put(bytes, 0x0c, 2, kMftEntry);
  std::ranges::copy(halves.redo_bytes, bytes.begin() + kActionHeader);
  std::ranges::copy(halves.undo_bytes, bytes.begin() + kActionHeader + redo_size);
  if (file == nullptr) return bytes;
  std::uint64_t offset = file->number * geometry.record_size;
  std::uint64_t vcn = offset / geometry.cluster_size;
  put(bytes, 0x0e, 2, 1);
  put(bytes, 0x10, 2, file->data);
  put(bytes, 0x12, 2, get(file->record, file->data + 0x14, 2));
  put(bytes, 0x14, 2, offset % geometry.cluster_size / kSector);
  put(bytes, 0x16, 2, geometry.record_size / kSector);
  put(bytes, 0x18, 8, vcn);
  put(bytes, 0x20, 8, geometry.mft_lcn + vcn);
  return bytes;
}

// A dump of a table of `count` entries, of which those in `entries` are in use.
ByteVector table(const Geometry& geometry, std::uint16_t operation, std::size_t count,
                 const std::vector<ByteVector>& entries) {
  std::size_t size = entries[0].size();
  ByteVector bytes(0x18 + count * size);
  put(bytes, 0, 2, size);
  put(bytes, 2, 2, count);
  put(bytes, 4, 2, entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::ranges::copy(entries[i], bytes.begin() + 0x18 + i * size);
    put(bytes, 0x18 + i * size, 4, 0xffffffff);
  }
  return action(geometry, nullptr, {operation, kNoop, bytes, {}});
}

ByteVector open_mft() {
  ByteVector entry(0x28);
  put(entry, 0x08, 4, 0x80);
  put(entry, 0x10, 8, std::uint64_t{1} << 48);  // record 0, sequence 1
  return entry;
}

ByteVector dirty_page(const Geometry& geometry, const File& file, std::uint64_t lsn) {
  ByteVector entry(0x28);
  std::uint64_t vcn = file.number * geometry.record_size / geometry.cluster_size;
  put(entry, 0x04, 4, kMftEntry);
  put(entry, 0x08, 4, geometry.cluster_size);
  put(entry, 0x0c, 4, 1);
  put(entry, 0x10, 8, vcn);
  put(entry, 0x18, 8, lsn);
  put(entry, 0x20, 8, geometry.mft_lcn + vcn);
  return entry;
}

// The change of all of a file's data to `fill`.
Halves filled(const File& file, std::byte fill) {
  std::size_t size = get(file.record, file.data + 0x10, 4);
  Bytes value = Bytes(file.record)
                    .subspan(file.data + get(file.record, file.data + 0x14, 2), size);
  return {kUpdateResidentValue, kUpdateResidentValue, ByteVector(size, fill),
          ByteVector(value.begin(), value.end())};
}

Done write_filled(BlockDevice& volume, File file, std::byte fill, std::uint64_t lsn) {
  std::size_t value = file.data + get(file.record, file.data + 0x14, 2);
  std::ranges::fill(
      MutableBytes(file.record).subspan(value, get(file.record, file.data + 0x10, 4)),
      fill);
  put(file.record, 0x08, 8, lsn);
  guard(file.record, get(file.record, 4, 2));
  return volume.write(file.offset, file.record);
}

// How the log was left: in use, or dismounted in order.
enum class Left : std::uint16_t { in_use = 0, closed = 2 };

Done write_restart_pages(BlockDevice& volume, const Place& place, const Writer& writer,
                         std::uint16_t major_version, std::uint64_t checkpoint,
                         Left left) {
  ByteVector page(kPage);
  put_text(page, 0, "RSTR");
  put(page, 0x10, 4, kPage);
  put(page, 0x14, 4, kPage);
  put(page, 0x18, 2, 0x30);
  put(page, 0x1a, 2, major_version >= 2 ? 0 : 1);
  put(page, 0x1c, 2, major_version);
  auto area = MutableBytes(page).subspan(0x30);
  put(area, 0x00, 8, checkpoint);
  put(area, 0x08, 2, 1);
  put(area, 0x0a, 2, 0xffff);
  put(area, 0x0e, 2, static_cast<std::uint16_t>(left));
  put(area, 0x10, 4, writer.sequence_bits());
  put(area, 0x14, 2, 0xe0);
  put(area, 0x16, 2, 0x40);
  put(area, 0x18, 8, place.size);
  put(area, 0x20, 4, 112);
  put(area, 0x24, 2, kRecordHeader);
  put(area, 0x26, 2, kPageHeader);
  auto client = area.subspan(0x40);
  put(client, 0x00, 8, checkpoint);
  put(client, 0x08, 8, checkpoint);
  put(client, 0x10, 4, 0xffffffff);
  put(client, 0x1c, 4, 8);
  for (std::size_t i = 0; i < 4; ++i) put(client, 0x20 + 2 * i, 1, "NTFS"[i]);
  guard(page, 0x1e);
  TRY(volume.write(place.offset, page));
  return volume.write(place.offset + kPage, page);
}

}  // namespace

Done lay_unfinished_log(BlockDevice& volume, const UnfinishedLog& log) {
  auto geometry = TRY(read_geometry(volume));
  auto place = TRY(find_log(volume, geometry));
  auto finished = TRY(read_file(volume, geometry, log.finished_record));
  auto unfinished = TRY(read_file(volume, geometry, log.unfinished_record));
  Writer writer(log.major_version, place.size);
  auto act = [&](const Writer::Chain& chain, const File* file, const Halves& halves) {
    return writer.add(1, chain, action(geometry, file, halves));
  };

  // What is dirty at the checkpoint was so since a record before it.
  std::uint64_t first = act({}, nullptr, {});
  std::uint64_t attributes =
      writer.add(1, {}, table(geometry, kOpenAttributes, 110, {open_mft()}));
  std::uint64_t pages = writer.add(
      1, {}, table(geometry, kDirtyPages, 8, {dirty_page(geometry, finished, first)}));
  ByteVector checkpoint(112);
  put(checkpoint, 0x00, 4, 1);
  put(checkpoint, 0x08, 8, first);
  put(checkpoint, 0x10, 8, attributes);
  put(checkpoint, 0x20, 8, pages);
  std::uint64_t restart = writer.add(2, {}, checkpoint);

  std::uint64_t change =
      act({kFinishedTransaction, 0}, &finished, filled(finished, log.finished));
  std::uint64_t begun =
      act({kUnfinishedTransaction, 0}, &unfinished, filled(unfinished, log.unfinished));
  if (log.operation) {
    change = act({kFinishedTransaction, change}, &finished, {*log.operation, kNoop});
  }
  act({kFinishedTransaction, change}, nullptr, {kForget, kCompensation});
  TRY(write_filled(volume, unfinished, log.unfinished, begun));
  TRY(writer.write(volume, place));
  return write_restart_pages(volume, place, writer, log.major_version, restart,
                             Left::in_use);
}

Done lay_fast_start_log(BlockDevice& volume) {
  auto geometry = TRY(read_geometry(volume));
  auto place = TRY(find_log(volume, geometry));
  Writer writer(2, place.size);
  std::uint64_t restart = writer.add(2, {}, ByteVector(112));
  TRY(writer.write(volume, place));
  return write_restart_pages(volume, place, writer, 2, restart, Left::closed);
}

}  // namespace drydock::images
