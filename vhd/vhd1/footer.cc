#include "vhd/vhd1/footer.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::vhd1 {

namespace {

constexpr std::string_view kCookie = "conectix";

// The most that cylinders, heads and sectors can count.
constexpr std::uint64_t kGeometrySectorsMax = 65535ull * 16 * 255;

bool has_mark(const Footer& footer) {
  return std::string_view(footer.cookie.data(), footer.cookie.size()) == kCookie;
}

bool is_sound(const Footer& footer) {
  return has_mark(footer) && footer.checksum == checksum_of(footer);
}

// The first `length` bytes of a footer at `offset`; the others are zero.
Result<Footer> read_footer(const BlockDevice& file, std::uint64_t offset,
                           std::uint64_t length) {
  Footer footer{};
  TRY(file.read(offset, std::as_writable_bytes(std::span(&footer, 1)).first(length)));
  return footer;
}

// What is at the end: sound, else marked, else a Footer of no mark.
Result<Footer> read_tail(const BlockDevice& file, Footers& found) {
  std::uint64_t size = file.size();
  Footer marked{};
  for (std::uint64_t length : {kFooterSize, kShortFooterSize}) {
    Footer footer = TRY(read_footer(file, size - length, length));
    if (!has_mark(footer) || (found.tail_size != 0 && !is_sound(footer))) continue;
    marked = footer;
    found.tail_size = length;
    found.tail_offset = size - length;
    if (is_sound(footer)) break;
  }
  found.tail_sound = is_sound(marked);
  return marked;
}

// A fixed VHD has but one footer, and its file can't become longer and have it at the
// new end in one moment.  So it grows by powers of two of a sector, the greatest first,
// each time with a footer at the end that tells of the disk as it was; where there is
// none at the end, the one before lies as far from it as one of them.
Result<Footer> find_left_behind(const BlockDevice& file, Footers& found) {
  for (std::uint64_t step = kSectorSize; step < kDiskSizeMax; step *= 2) {
    if (step + kFooterSize > file.size()) break;
    std::uint64_t offset = file.size() - step - kFooterSize;
    Footer footer = TRY(read_footer(file, offset, kFooterSize));
    if (!is_sound(footer) || footer.kind != kFixed) continue;
    std::uint64_t size = disk_size(footer);
    if (size > offset || (offset - size) % (2 * step) != 0) continue;
    found.left_behind = true;
    found.tail_sound = true;
    found.tail_size = kFooterSize;
    found.tail_offset = offset;
    return footer;
  }
  return Footer{};
}

std::uint64_t geometry_size(const Footer& footer) {
  return std::uint64_t{footer.cylinders} * footer.heads * footer.sectors * kSectorSize;
}

// Some change the fields of a footer and not its sum: two files of dfvfs' tests are
// so.  They change its copy alike, and leave zeros where zeros are to be; a fixed VHD
// has no copy, but a size that its file must have.
bool is_unsealed(const Footer& tail, const Footer& copy, const Footers& found) {
  if (found.sound || found.tail_size != kFooterSize || !has_mark(tail)) return false;
  bool plausible = (tail.features & kFeaturesAlways) != 0 && is_zero(tail.reserved) &&
                   tail.current_size % kSectorSize == 0;
  if (!plausible) return false;
  if (tail.kind == kFixed) return tail.current_size == found.tail_offset;
  return std::memcmp(&tail, &copy, sizeof(Footer)) == 0;
}

// "Appendix: CHS Calculation".
void set_geometry(Footer& footer, std::uint64_t size) {
  std::uint64_t total = std::min(size / kSectorSize, kGeometrySectorsMax);
  std::uint64_t sectors = 17;
  std::uint64_t heads = 0;
  std::uint64_t tracks = total / sectors;
  if (total >= 65535ull * 16 * 63) {
    sectors = 255;
    heads = 16;
    tracks = total / sectors;
  } else {
    heads = std::max<std::uint64_t>((tracks + 1023) / 1024, 4);
    if (tracks >= heads * 1024 || heads > 16) {
      sectors = 31;
      heads = 16;
      tracks = total / sectors;
    }
    if (tracks >= heads * 1024) {
      sectors = 63;
      heads = 16;
      tracks = total / sectors;
    }
  }
  footer.cylinders = static_cast<std::uint16_t>(tracks / heads);
  footer.heads = static_cast<std::uint8_t>(heads);
  footer.sectors = static_cast<std::uint8_t>(sectors);
}

}  // namespace

std::uint32_t checksum_of(Footer footer) {
  footer.checksum = 0;
  std::uint32_t sum = 0;
  for (std::byte byte : bytes_of(footer)) sum += std::to_integer<std::uint32_t>(byte);
  return ~sum;
}

void seal(Footer& footer) { footer.checksum = checksum_of(footer); }

Result<std::optional<Footers>> find_footers(const BlockDevice& file) {
  if (file.size() < kFooterSize) return std::nullopt;
  Footers found;
  found.tail_offset = file.size();
  Footer tail = TRY(read_tail(file, found));
  Footer copy = TRY(read_footer(file, 0, kFooterSize));
  // A fixed VHD has no copy: what is at its start is the disk's first sector.
  bool copied = has_mark(copy) && copy.kind != kFixed &&
                !(found.tail_sound && tail.kind == kFixed);
  found.copy_sound = copied && is_sound(copy);
  if (found.tail_size == 0 && !copied) tail = TRY(find_left_behind(file, found));
  if (found.tail_size == 0 && !copied) return std::nullopt;
  found.footer =
      found.tail_sound || !copied || (found.tail_size != 0 && !found.copy_sound) ? tail
                                                                                 : copy;
  found.sound = found.tail_sound || found.copy_sound;
  found.differ = found.tail_sound && found.copy_sound &&
                 std::memcmp(&tail, &copy, kShortFooterSize) != 0;
  found.unsealed = is_unsealed(tail, copy, found);
  return found;
}

bool counts_cylinders(const Footer& footer) {
  std::string_view creator(footer.creator.data(), footer.creator.size());
  return creator == "vpc " || creator == "qemu";
}

std::uint64_t disk_size(const Footer& footer) {
  std::uint64_t size = footer.current_size / kSectorSize * kSectorSize;
  std::uint64_t counted = geometry_size(footer);
  bool at_limit = counted == kGeometrySectorsMax * kSectorSize;
  if (!counts_cylinders(footer) || at_limit || counted == 0) return size;
  return std::min(size, counted);
}

void set_disk_size(Footer& footer, std::uint64_t size) {
  footer.current_size = size;
  set_geometry(footer, size);
  if (disk_size(footer) != size) footer.creator = {'w', 'i', 'n', ' '};
}

std::string creator_of(const Footer& footer) {
  std::string name(footer.creator.begin(), footer.creator.end());
  std::size_t last = name.find_last_not_of(std::string_view(" \0", 2));
  return name.substr(0, last + 1);
}

}  // namespace drydock::vhd1
