#include "vhd/vhd1/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhd1/fixed_image.h"
#include "vhd/vhd1/writer.h"

namespace drydock::vhd1 {

namespace {

// How much of the table is read at once.
constexpr std::uint64_t kPieceSize = 1 << 20;

// Goes through a file in the order in which a reader does; what can't be understood
// without something that is broken isn't looked at.
class Check {
 public:
  explicit Check(const BlockDevice& file) : file_(file) {}

  Result<std::vector<Problem>> go() {
    auto footers = TRY(find_footers(file_));
    if (!footers) {
      add(Severity::error, "file", "it bears no mark of a VHD");
      return std::move(problems_);
    }
    check_footers(*footers);
    auto container = read_container(file_, *footers);
    if (!container) {
      // A host that can't read is no problem of the image's.
      if (container.error().code() == Errc::io) return std::move(container).error();
      std::string where = "footer";
      for (const auto& place : container.error().places()) where = place;
      add(Severity::error, where, container.error().words());
    } else if (container->header) {
      check_header(*container->header);
      check_places(*container->header);
      check_locators(*container);
      TRY(check_table(*container));
    }
    return std::move(problems_);
  }

 private:
  void add(Severity severity, std::string where, std::string what,
           bool repairable = false) {
    if (problems_.size() == kProblemCountMax) return;
    problems_.push_back({.what = std::move(what),
                         .where = std::move(where),
                         .severity = severity,
                         .repairable = repairable});
  }

  // One that isn't sound is what a power cut leaves, and the other stands in for it.
  void check_footers(const Footers& footers) {
    std::string tail = fmt::format("footer at {:#x}", footers.tail_offset);
    std::string copy = "copy of the footer at 0x0";
    if (footers.left_behind) {
      add(Severity::error, tail, "the file goes on after it: it was about to grow",
          true);
    }
    if (footers.tail_size == kShortFooterSize) {
      add(Severity::warning, tail, "it has 511 bytes, and 512 are the rule",
          !footers.is_fixed());
    }
    bool repairable = footers.sound || footers.unsealed;
    if (!footers.tail_sound) {
      add(footers.sound ? Severity::warning : Severity::error, tail,
          footers.tail_size == 0 ? "it is missing" : "its checksum doesn't hold",
          repairable);
    }
    if (!footers.copy_sound && !footers.is_fixed()) {
      add(footers.sound ? Severity::warning : Severity::error, copy,
          "it is missing, or its checksum doesn't hold", repairable);
    }
    if (footers.differ) {
      add(Severity::error, copy, "it and the footer differ: readers may take either",
          true);
    }
    if (footers.sound && footers.footer.saved != std::byte{0}) {
      add(Severity::warning, tail, "it says that the machine's state was saved");
    }
  }

  void check_header(const Header& header) {
    if (header.fields.checksum == checksum_of(header.fields)) return;
    add(Severity::error, "header", "its checksum doesn't hold", true);
  }

  void check_places(const Header& header) {
    for (const Header::Part& part : header.parts()) {
      if (part.offset % kSectorSize == 0) continue;
      add(Severity::warning, fmt::format("{} at {:#x}", part.name, part.offset),
          "it doesn't begin at a sector, so that writing to it isn't safe");
    }
  }

  void check_locators(const Container& container) {
    if (!container.is_differencing()) return;
    const Header& header = *container.header;
    if (Guid{.bytes = header.fields.parent_id}.is_zero()) {
      add(Severity::error, "header", "the parent's id is all zeros");
    }
    if (facts_of(container).parent_paths.empty()) {
      add(Severity::error, "header", "it doesn't say where the parent is");
    }
    for (const Header::Part& part : header.locators()) {
      std::string where = fmt::format("parent locator at {:#x}", part.offset);
      if (part.length > kLocatorLengthMax) {
        add(Severity::error, where,
            fmt::format("its {} bytes are more than the {} of any path", part.length,
                        kLocatorLengthMax));
      } else if (!checked::within(part.offset, part.length, container.data_end())) {
        add(Severity::error, where,
            fmt::format("its {} bytes aren't within the file", part.length));
      } else {
        parts_.push_back(part);
      }
    }
    for (const Header::Part& part : parts_) {
      for (const Header::Part& other : header.parts()) {
        if (!checked::overlap(part.offset, part.length, other.offset, other.length)) {
          continue;
        }
        add(Severity::error, fmt::format("parent locator at {:#x}", part.offset),
            fmt::format("it is on top of {}", other.name));
      }
    }
  }

  Done check_table(const Container& container) {
    const Header& header = *container.header;
    for (const Header::Part& part : header.parts()) parts_.push_back(part);
    std::uint64_t count = checked::div_up(container.virtual_size, header.block_size());
    std::vector<Place> places;
    for (std::uint64_t first = 0; first < count;) {
      std::uint64_t length =
          std::min(kPieceSize, (count - first) * std::uint64_t{sizeof(be32)});
      ByteVector piece = TRY(read_bytes(
          file_, header.table_offset() + first * sizeof(be32), length, kPieceSize));
      for (std::size_t at = 0; at < piece.size(); at += sizeof(be32), ++first) {
        std::uint32_t sector = *load<be32>(piece, at);
        if (sector == kNoBlock) continue;
        check_place(container, {sector * kSectorSize, first}, places);
      }
      if (problems_.size() == kProblemCountMax) return {};
    }
    check_overlaps(container, std::move(places));
    return {};
  }

  struct Place {
    std::uint64_t offset;
    std::uint64_t block;
  };

  void check_place(const Container& container, Place place,
                   std::vector<Place>& places) {
    const Header& header = *container.header;
    std::uint64_t used =
        header.bitmap_size() +
        std::min(header.block_size(),
                 container.virtual_size - place.block * header.block_size());
    if (!checked::within(place.offset, used, container.data_end())) {
      add(Severity::error, fmt::format("block {}", place.block),
          fmt::format("its bitmap and its bytes, {} at {:#x}, aren't within the {:#x} "
                      "that there are for blocks",
                      used, place.offset, container.data_end()));
      return;
    }
    std::uint64_t length = header.bitmap_size() + header.block_size();
    for (const Header::Part& part : parts_) {
      if (!checked::overlap(place.offset, length, part.offset, part.length)) continue;
      add(Severity::error, fmt::format("block {}", place.block),
          fmt::format("it is at {:#x}, on top of {}", place.offset, part.name));
    }
    places.push_back(place);
  }

  void check_overlaps(const Container& container, std::vector<Place> places) {
    std::uint64_t length =
        container.header->bitmap_size() + container.header->block_size();
    std::ranges::sort(places, {}, &Place::offset);
    for (std::size_t i = 1; i < places.size(); ++i) {
      const Place& before = places[i - 1];
      if (places[i].offset - before.offset >= length) continue;
      add(Severity::error, fmt::format("block {}", places[i].block),
          fmt::format("it is at {:#x}, on top of block {} at {:#x}", places[i].offset,
                      before.block, before.offset));
    }
  }

  const BlockDevice& file_;
  std::vector<Problem> problems_;
  std::vector<Header::Part> parts_;  // where no block may be
};

// Gives an unsealed image its sums.  The header's first: once a footer is sound, a
// header must be.
Done seal_all(BlockDevice& file, const Container& container) {
  Footer footer = container.footers.footer;
  seal(footer);
  if (container.header) {
    DynamicHeader header = container.header->fields;
    seal(header);
    TRY(file.write(container.header->offset, bytes_of(header).first(kSectorSize)));
    TRY(file.flush());
    TRY(file.write(0, bytes_of(footer)));
    TRY(file.flush());
  }
  TRY(file.write(container.footers.tail_offset, bytes_of(footer)));
  return file.flush();
}

}  // namespace

Result<std::vector<Problem>> check(const BlockDevice& file) { return Check(file).go(); }

Done mend(const DevicePtr& file) {
  auto footers = TRY(find_footers(*file));
  if (!footers) return Error(Errc::corrupt, "the file bears no mark of a VHD");
  // Only what can be read to its end is touched.
  Container container = TRY(read_container(*file, *footers));
  if (container.header) {
    Blocks blocks = TRY(Blocks::load(file, container));
    if (footers->unsealed) return seal_all(*file, container);
    TRY(Writer(*file, container, blocks, nullptr).begin());
  } else {
    if (footers->unsealed) return seal_all(*file, container);
    TRY(FixedImage::open(file, container, true));
  }
  return file->flush();
}

}  // namespace drydock::vhd1
