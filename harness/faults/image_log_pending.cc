// A writer of the image that died between its log and its tables: the block
// allocation table's sectors are in the log, whole, and in their place is what
// was there before any block was allocated.  Whoever ignores the log sees an
// empty disk.
//
// The file is changed by numbers from [MS-VHDX] alone, and shares nothing with
// the code that reads it.

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

constexpr std::uint64_t kUnit = 4096;  // of the log, [MS-VHDX] 2.3
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kHeaders[] = {64 << 10, 128 << 10};  // 2.2.2
constexpr std::uint64_t kRegionTable = 192 << 10;            // 2.2.3
constexpr std::size_t kDescriptorsMax = 126;  // in an entry's first sector

// BAT's region, 2DC27766-F623-4200-9D64-115E9BFD4A08, as it lies on disk.
constexpr unsigned char kBatRegion[] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                        0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08};

using Sector = std::array<unsigned char, kUnit>;

std::uint64_t get(const Sector& sector, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | sector[at + i];
  return value;
}

void put(Sector& sector, std::size_t at, int size, std::uint64_t value) {
  for (int i = 0; i < size; ++i) {
    sector[at + i] = static_cast<unsigned char>(value >> (8 * i));
  }
}

// CRC-32C, a bit at a time.
std::uint32_t crc32c(const std::vector<Sector>& sectors) {
  std::uint32_t crc = ~0u;
  for (const Sector& sector : sectors) {
    for (unsigned char byte : sector) {
      crc ^= byte;
      for (int bit = 0; bit < 8; ++bit) {
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
      }
    }
  }
  return ~crc;
}

class ImageFile {
 public:
  explicit ImageFile(const std::filesystem::path& path)
      : stream_(path, std::ios::in | std::ios::out | std::ios::binary),
        size_(std::filesystem::file_size(path)) {}

  std::uint64_t size() const { return size_; }
  Sector read(std::uint64_t offset) {
    Sector sector{};
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(reinterpret_cast<char*>(sector.data()), sector.size());
    return sector;
  }
  void write(std::uint64_t offset, const Sector& sector) {
    stream_.seekp(static_cast<std::streamoff>(offset));
    stream_.write(reinterpret_cast<const char*>(sector.data()), sector.size());
  }
  Done finish() {
    stream_.flush();
    if (stream_) return {};
    return Error(Errc::io, "the image's file can't be read or written");
  }

 private:
  std::fstream stream_;
  std::uint64_t size_;
};

// Where the header in force lies: of two, that with the greater number.
std::uint64_t header_in_force(ImageFile& file) {
  std::uint64_t first = get(file.read(kHeaders[0]), 8, 8);
  std::uint64_t second = get(file.read(kHeaders[1]), 8, 8);
  return first > second ? kHeaders[0] : kHeaders[1];
}

// Where the BAT lies, and how many bytes it takes; 0 for none.
struct Region {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
Region bat_region(ImageFile& file) {
  Sector table = file.read(kRegionTable);
  std::uint64_t count = std::min<std::uint64_t>(get(table, 8, 4), 16);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::size_t at = 16 + i * 32;
    if (std::memcmp(&table[at], kBatRegion, sizeof kBatRegion) != 0) continue;
    return {get(table, at + 16, 8), get(table, at + 24, 4)};
  }
  return {};
}

struct Page {
  std::uint64_t offset = 0;
  Sector bytes{};
};

// An entry that puts `pages` in their places, [MS-VHDX] 2.3.1.
std::vector<Sector> log_entry(const std::vector<Page>& pages, const Sector& log_id,
                              std::uint64_t sequence, std::uint64_t file_size) {
  std::vector<Sector> entry(1 + pages.size());
  Sector& head = entry[0];
  std::memcpy(head.data(), "loge", 4);
  put(head, 8, 4, entry.size() * kUnit);
  put(head, 12, 4, 0);  // Tail: this entry, at the log's start
  put(head, 16, 8, sequence);
  put(head, 24, 4, pages.size());
  std::memcpy(&head[32], log_id.data(), 16);
  put(head, 48, 8, file_size);
  put(head, 56, 8, (file_size + kMiB - 1) / kMiB * kMiB);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const Sector& page = pages[i].bytes;
    std::size_t at = 64 + i * 32;
    std::memcpy(&head[at], "desc", 4);
    std::memcpy(&head[at + 4], &page[kUnit - 4], 4);
    std::memcpy(&head[at + 8], page.data(), 8);
    put(head, at + 16, 8, pages[i].offset);
    put(head, at + 24, 8, sequence);
    Sector& data = entry[1 + i];
    std::memcpy(data.data(), "data", 4);
    put(data, 4, 4, sequence >> 32);
    std::memcpy(&data[8], &page[8], kUnit - 12);
    put(data, kUnit - 4, 4, sequence & 0xffffffff);
  }
  put(head, 4, 4, crc32c(entry));
  return entry;
}

class ImageLogPending final : public Fault {
 public:
  std::string_view id() const override { return "image.log-pending"; }
  std::string_view summary() const override {
    return "the image's last writer died before its log was in the tables";
  }
  Result<std::string> inflict(Patient&, const Parameters&,
                              std::uint64_t) const override {
    return std::string();
  }
  Result<std::string> inflict_on_image(const std::filesystem::path& image,
                                       std::uint64_t seed) const override {
    ImageFile file(image);
    std::uint64_t at = header_in_force(file);
    Sector header = file.read(at);
    Region bat = bat_region(file);
    if (std::memcmp(header.data(), "head", 4) != 0 || bat.size == 0) {
      return Error(Errc::bad_argument, "only a VHDX has a log: build one");
    }
    std::vector<Page> pages;
    for (std::uint64_t offset = bat.offset; offset < bat.offset + bat.size;
         offset += kUnit) {
      Sector sector = file.read(offset);
      if (sector == Sector{}) continue;
      pages.push_back({offset, sector});
    }
    if (pages.empty() || pages.size() > kDescriptorsMax) {
      return Error(Errc::unsupported,
                   fmt::format("{} sectors of its allocation table are in use, and one "
                               "log entry takes 1 to {}",
                               pages.size(), kDescriptorsMax));
    }
    Sector log_id{};
    std::mt19937_64 random(seed);
    put(log_id, 0, 8, random());
    put(log_id, 8, 8, random() | 1);
    std::vector<Sector> entry = log_entry(pages, log_id, 7, file.size());
    std::uint64_t log = get(header, 72, 8);
    if (entry.size() * kUnit > get(header, 68, 4)) {
      return Error(Errc::no_space, "its log is too small for its allocation table");
    }
    for (std::size_t i = 0; i < entry.size(); ++i) {
      file.write(log + i * kUnit, entry[i]);
    }
    for (const Page& page : pages) file.write(page.offset, Sector{});
    std::memcpy(&header[48], log_id.data(), 16);
    // Both headers, the one not in force first, so that the log is in force by
    // either.
    for (std::uint64_t place : {kHeaders[0] + kHeaders[1] - at, at}) {
      put(header, 8, 8, get(header, 8, 8) + 1);
      put(header, 4, 4, 0);
      put(header, 4, 4, crc32c({header}));
      file.write(place, header);
    }
    TRY(file.finish());
    return fmt::format("{} sectors of the allocation table are in the log only",
                       pages.size());
  }
};

}  // namespace

const Fault& image_log_pending() {
  static const ImageLogPending fault;
  return fault;
}

}  // namespace drydock::faults
