#include "vhd/bitlocker/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/bitlocker/format.h"

namespace drydock::bitlocker {

namespace {

Done check_region(const Region& region, const Metadata& metadata,
                  std::string_view name) {
  bool whole = region.offset % metadata.sector_size == 0 &&
               region.size % metadata.sector_size == 0;
  if (whole && checked::within(region.offset, region.size, metadata.size)) return {};
  return Error(Errc::corrupt,
               fmt::format("{} has {} bytes at {}, in a volume of {}", name,
                           region.size, region.offset, metadata.size));
}

// Appends what lies at `target` and is seen at `offset`, parted where the encrypted
// part of the volume ends.
void append(std::vector<Stretch>& stretches, const Metadata& metadata,
            std::uint64_t offset, std::uint64_t size, std::uint64_t target) {
  std::uint64_t boundary =
      metadata.state == State::decrypted ? 0 : metadata.encrypted_size;
  std::uint64_t encrypted = target < boundary ? std::min(size, boundary - target) : 0;
  if (encrypted > 0) {
    stretches.push_back({Stretch::Kind::encrypted, offset, encrypted, target});
  }
  if (encrypted < size) {
    stretches.push_back({Stretch::Kind::plain, offset + encrypted, size - encrypted,
                         target + encrypted});
  }
}

}  // namespace

Result<std::vector<Stretch>> layout_of(const Metadata& metadata) {
  if (metadata.encrypted_size % metadata.sector_size != 0) {
    return Error(Errc::corrupt,
                 fmt::format("{} bytes are encrypted, which aren't whole "
                             "sectors of {}",
                             metadata.encrypted_size, metadata.sector_size));
  }
  std::vector<Region> own(metadata.copies.begin(), metadata.copies.end());
  for (const Region& copy : own) {
    TRY(check_region(copy, metadata, "a copy of the metadata"));
  }
  std::vector<Stretch> stretches;
  std::uint64_t at = 0;
  if (metadata.version == 1) {
    at = std::min<std::uint64_t>(kVistaHeadSize, metadata.size);
    std::uint64_t first = std::min<std::uint64_t>(metadata.sector_size, at);
    stretches.push_back({Stretch::Kind::vista_boot, 0, first, 0});
    if (first < at) {
      stretches.push_back({Stretch::Kind::plain, first, at - first, first});
    }
  } else {
    TRY(check_region(metadata.head, metadata, "the volume's head"));
    own.push_back(metadata.head);
    at = metadata.head.size;
    append(stretches, metadata, 0, at, metadata.head.offset);
  }
  std::ranges::sort(own, {}, &Region::offset);
  for (const Region& region : own) {
    if (region.size == 0) continue;
    if (region.offset < at) {
      return Error(Errc::corrupt, fmt::format("BitLocker's own {} bytes at {} overlap "
                                              "what lies before",
                                              region.size, region.offset));
    }
    append(stretches, metadata, at, region.offset - at, at);
    stretches.push_back(
        {Stretch::Kind::zeros, region.offset, region.size, region.offset});
    at = region.offset + region.size;
  }
  append(stretches, metadata, at, metadata.size - at, at);
  return stretches;
}

}  // namespace drydock::bitlocker
