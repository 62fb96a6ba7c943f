#include "vhd/vhdx/region_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/checksum.h"

namespace drydock::vhdx {

namespace {

bool is_sound(Bytes table) {
  auto header = *load<RegionTableHeader>(table);
  return header.signature == kRegionSignature &&
         header.checksum == checksum_of(table) && header.entry_count <= kRegionCountMax;
}

Result<ByteVector> read_copy(const BlockDevice& file, std::size_t copy) {
  return read_bytes(file, kRegionTableOffsets[copy], kRegionTableSize,
                    kRegionTableSize);
}

Result<ByteVector> read_sound_copy(const BlockDevice& file) {
  for (std::size_t copy = 0; copy < 2; ++copy) {
    ByteVector table = TRY(read_copy(file, copy));
    if (is_sound(table)) return table;
  }
  return Error(Errc::corrupt, "neither copy's checksum holds");
}

Done check_place(const Region& region, std::uint64_t file_size) {
  if (region.offset % kAlignment == 0 && region.length % kAlignment == 0 &&
      region.length != 0 && region.offset >= kHeaderSectionSize &&
      checked::within(region.offset, region.length, file_size)) {
    return {};
  }
  return Error(Errc::corrupt,
               fmt::format("its {} bytes at {:#x} aren't whole MiB between the first "
                           "and the file's end at {:#x}",
                           region.length, region.offset, file_size));
}

Done check_overlaps(std::vector<Region> places) {
  std::ranges::sort(places, {}, &Region::offset);
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i].offset - places[i - 1].offset < places[i - 1].length) {
      return Error(Errc::corrupt,
                   fmt::format("the regions (or the log) at {:#x} and {:#x} overlap",
                               places[i - 1].offset, places[i].offset));
    }
  }
  return {};
}

Done add(RegionTable& regions, const RegionTableEntry& entry, std::uint64_t file_size) {
  Region region{.id = entry.id, .offset = entry.file_offset, .length = entry.length};
  std::string place = "region " + to_string(region.id);
  if (std::ranges::find(regions.all, region.id, &Region::id) != regions.all.end()) {
    return Error(Errc::corrupt, "it is listed twice").in(place);
  }
  TRY(check_place(region, file_size).in(place));
  if (region.id == kBatRegion) {
    regions.bat = region;
  } else if (region.id == kMetadataRegion) {
    regions.metadata = region;
  } else if (entry.required != 0) {
    return Error(Errc::unsupported,
                 "it is required to read this file, and isn't known here")
        .in(place);
  }
  regions.all.push_back(region);
  return {};
}

}  // namespace

Result<RegionTable> read_region_table(const BlockDevice& file, const Header& header) {
  ByteVector table = TRY(read_sound_copy(file));
  std::uint32_t count = load<RegionTableHeader>(table)->entry_count;
  RegionTable regions;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::size_t at = sizeof(RegionTableHeader) + i * sizeof(RegionTableEntry);
    TRY(add(regions, *load<RegionTableEntry>(table, at), file.size()));
  }
  if (regions.bat.length == 0) return Error(Errc::corrupt, "there is no BAT region");
  if (regions.metadata.length == 0) {
    return Error(Errc::corrupt, "there is no metadata region");
  }
  Region log{.id = {}, .offset = header.log_offset, .length = header.log_length};
  TRY(check_place(log, file.size()).in("log"));
  std::vector<Region> places = regions.all;
  places.push_back(log);
  TRY(check_overlaps(std::move(places)));
  return regions;
}

Result<std::optional<RegionTableRepair>> find_region_table_repair(
    const BlockDevice& file) {
  std::array<ByteVector, 2> copies;
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i] = TRY(read_copy(file, i));
  std::array<bool, 2> sound = {is_sound(copies[0]), is_sound(copies[1])};
  if (sound[0] == sound[1]) return std::nullopt;
  std::size_t good = sound[0] ? 0 : 1;
  return RegionTableRepair{.offset = kRegionTableOffsets[1 - good],
                           .bytes = std::move(copies[good])};
}

}  // namespace drydock::vhdx
