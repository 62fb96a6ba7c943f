#include "ntfs/logfile/system_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/record/file_record.h"
#include "ntfs/record/fixups.h"
#include "ntfs/logfile/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// Record `number` at one of its two places; nothing where it can't be believed.
Result<std::optional<ByteVector>> record_at(const BlockDevice& volume,
                                            const BootSector& boot, std::uint64_t table,
                                            std::uint64_t number) {
  ByteVector record(boot.record_size);
  std::uint64_t offset = table + number * boot.record_size;
  if (!checked::within(offset, record.size(), boot.volume_size)) return {std::nullopt};
  TRY(volume.read(offset, record));
  if (!take_fixups(record) || !check_file_record(record)) return {std::nullopt};
  return std::optional(std::move(record));
}

Result<ByteVector> read_record(const BlockDevice& volume, const BootSector& boot,
                               std::uint64_t number) {
  for (std::uint64_t table : {boot.mft_offset, boot.mirror_offset}) {
    auto record = TRY(record_at(volume, boot, table, number));
    if (record) return std::move(*record);
  }
  return Error(Errc::corrupt, "can be believed neither in $MFT nor in its mirror")
      .in(fmt::format("record {}", number));
}

}  // namespace

Result<SystemFile> SystemFile::open(BlockDevice& volume, const BootSector& boot,
                                    std::uint64_t number) {
  auto record = TRY(read_record(volume, boot, number));
  std::string place = fmt::format("record {}", number);
  auto found = TRY(find_attribute(record, kDataType).in(place));
  if (!found) {
    auto listed = TRY(find_attribute(record, kAttributeListType).in(place));
    return Error(listed ? Errc::unsupported : Errc::corrupt,
                 listed ? "its data is described by more than one record"
                        : "it has no data")
        .in(place);
  }
  auto data = load<NonresidentAttribute>(record, found->offset);
  if (!data || !data->header.nonresident || data->lowest_vcn != 0 ||
      data->pairs_offset < sizeof(NonresidentAttribute) ||
      data->pairs_offset >= found->length) {
    return Error(Errc::corrupt, "its data can't be where it says").in(place);
  }
  Bytes pairs = Bytes(record).subspan(found->offset + data->pairs_offset,
                                      found->length - data->pairs_offset);
  auto runs = TRY(decode_runs(pairs, boot.volume_size / boot.cluster_size).in(place));
  std::uint64_t cluster_count = 0;  // No more than the volume has, for each run.
  for (const Run& run : runs) cluster_count += run.count;
  std::uint64_t size = std::min<std::uint64_t>(data->data_size, data->valid_size);
  // $MFT itself may go on in another record: what this one describes will do.
  size = std::min(size, cluster_count * boot.cluster_size);
  return SystemFile(volume, boot.cluster_size, size, std::move(runs));
}

template <class Piece>
Done SystemFile::for_pieces(std::uint64_t offset, std::uint64_t length,
                            Piece piece) const {
  if (!checked::within(offset, length, size_)) {
    return Error(Errc::bad_argument,
                 fmt::format("{} bytes at {} of a file of {}", length, offset, size_));
  }
  std::uint64_t run_start = 0;
  std::uint64_t done = 0;
  for (const Run& run : runs_) {
    std::uint64_t run_size = run.count * cluster_size_;
    std::uint64_t at = offset + done;
    if (done < length && at < run_start + run_size) {
      std::uint64_t part = std::min(length - done, run_start + run_size - at);
      TRY(piece(run.lcn * cluster_size_ + (at - run_start), done, part));
      done += part;
    }
    run_start += run_size;
  }
  return {};
}

SystemFile SystemFile::by_itself(BlockDevice& file) {
  // One run of the smallest clusters there are.
  constexpr std::uint32_t kClusterSize = 512;
  std::uint64_t count = file.size() / kClusterSize;
  return {file, kClusterSize, count * kClusterSize, {{.lcn = 0, .count = count}}};
}

Done SystemFile::read(std::uint64_t offset, MutableBytes into) const {
  return for_pieces(offset, into.size(),
                    [&](std::uint64_t place, std::uint64_t done, std::uint64_t part) {
                      return volume_->read(place, into.subspan(done, part));
                    });
}

Done SystemFile::write(std::uint64_t offset, Bytes from) {
  return for_pieces(offset, from.size(),
                    [&](std::uint64_t place, std::uint64_t done, std::uint64_t part) {
                      return volume_->write(place, from.subspan(done, part));
                    });
}

}  // namespace drydock::ntfs
